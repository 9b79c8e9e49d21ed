//! Form-encoded parameters with brackets (`metadata[order_id]=…`), read strictly.

use std::collections::BTreeMap;

use super::refusal::Refusal;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Param {
    Text(String),
    Group(Params),
}

/// The parameters of a request, as a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, Param>);

impl Params {
    /// Reads a form body or a query; of a name that comes twice the last counts.
    pub fn from_form(form: &str) -> Self {
        let mut params = Self::default();
        for (name, value) in url::form_urlencoded::parse(form.as_bytes()) {
            params.put(&path_of(&name), value.into_owned());
        }
        params
    }

    /// Sets `name` (no brackets), for callers in this process.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), Param::Text(value.into()));
        self
    }

    /// Sets `name[key]` for each pair.
    #[must_use]
    pub fn with_group(mut self, name: &str, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let group: BTreeMap<_, _> = pairs.into_iter().map(|(key, value)| (key, Param::Text(value))).collect();
        if !group.is_empty() {
            self.0.insert(name.to_owned(), Param::Group(Self(group)));
        }
        self
    }

    /// Sets `first[second][…]`.
    #[must_use]
    pub fn with_path(mut self, path: &[&str], value: &str) -> Self {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.put(&path, value.to_owned());
        self
    }

    fn put(&mut self, path: &[String], value: String) {
        let Some((first, rest)) = path.split_first() else { return };
        let name = if first.is_empty() { self.0.len().to_string() } else { first.clone() };
        if rest.is_empty() {
            self.0.insert(name, Param::Text(value));
            return;
        }
        let slot = self.0.entry(name).or_insert_with(|| Param::Group(Self::default()));
        if let Param::Text(_) = slot {
            *slot = Param::Group(Self::default());
        }
        if let Param::Group(group) = slot {
            group.put(rest, value);
        }
    }

    /// Refuses whatever is not among `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(Refusal::invalid(
                "parameter_unknown",
                name,
                format!("Received unknown parameter: {name}"),
            )),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Param::Text(text)) if text.is_empty() => Ok(None),
            Some(Param::Text(text)) => Ok(Some(text)),
            Some(Param::Group(_)) => Err(invalid("string", name)),
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or_else(|| {
            Refusal::invalid("parameter_missing", name, format!("Missing required param: {name}."))
        })
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.text(name)?.map(|text| text.parse().map_err(|_| invalid("integer", name))).transpose()
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.text(name)?.map(|text| text.parse().map_err(|_| invalid("boolean", name))).transpose()
    }

    pub(super) fn group(&self, name: &str) -> Result<Option<&Self>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Param::Group(group)) => Ok(Some(group)),
            Some(Param::Text(_)) => Err(invalid("hash", name)),
        }
    }

    /// Whether `expand[]` names a field.
    pub(super) fn expands(&self, field: &str) -> Result<bool, Refusal> {
        let Some(fields) = self.group("expand")? else { return Ok(false) };
        Ok(fields.0.values().any(|named| *named == Param::Text(field.to_owned())))
    }

    /// At most 50 pairs, 40 characters to the name and 500 to the value. Source: <https://docs.stripe.com/api/metadata>.
    pub(super) fn metadata(&self) -> Result<BTreeMap<String, String>, Refusal> {
        // `metadata=` stands for none.
        let empty = matches!(self.0.get("metadata"), Some(Param::Text(text)) if text.is_empty());
        let Some(group) = (if empty { None } else { self.group("metadata")? }) else {
            return Ok(BTreeMap::new());
        };
        let mut pairs = BTreeMap::new();
        for (key, value) in &group.0 {
            let Param::Text(value) = value else {
                return Err(invalid("string", &format!("metadata[{key}]")));
            };
            if key.chars().count() > 40 || value.chars().count() > 500 || group.0.len() > 50 {
                return Err(Refusal::invalid(
                    "parameter_invalid_string",
                    "metadata",
                    "Metadata is too long.",
                ));
            }
            pairs.insert(key.clone(), value.clone());
        }
        Ok(pairs)
    }
}

fn invalid(expected: &str, name: &str) -> Refusal {
    Refusal::invalid(&format!("parameter_invalid_{expected}"), name, format!("Invalid {expected}: {name}"))
}

fn path_of(name: &str) -> Vec<String> {
    match name.strip_suffix(']').and_then(|inner| inner.split_once('[')) {
        Some((head, rest)) => {
            std::iter::once(head).chain(rest.split("][")).take(8).map(str::to_owned).collect()
        }
        None => vec![name.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_become_a_tree() {
        let params = Params::from_form(
            "amount=5&metadata%5Border_id%5D=ord_1&metadata[tenant]=a%20b&a[b][c]=1&x[]=p&x[]=q",
        );
        assert_eq!(params.integer("amount").ok().flatten(), Some(5));
        let metadata = params.metadata().ok().unwrap();
        assert_eq!(metadata["order_id"], "ord_1");
        assert_eq!(metadata["tenant"], "a b");
        let inner = params.group("a").ok().flatten().unwrap().group("b").ok().flatten().unwrap();
        assert_eq!(inner.text("c").ok().flatten(), Some("1"));
        let x = params.group("x").ok().flatten().unwrap();
        assert_eq!((x.text("0").ok().flatten(), x.text("1").ok().flatten()), (Some("p"), Some("q")));
    }

    #[test]
    fn a_name_that_is_not_known_is_refused() {
        let params = Params::from_form("amount=5&moon=1");
        assert!(params.only(&["amount", "moon"]).is_ok());
        assert!(params.only(&["amount"]).is_err());
    }

    #[test]
    fn the_order_of_a_form_does_not_matter() {
        let one = Params::from_form("metadata[a]=1&metadata[b]=2&amount=3");
        assert_eq!(one, Params::from_form("amount=3&metadata[b]=2&metadata[a]=1"));
    }
}
