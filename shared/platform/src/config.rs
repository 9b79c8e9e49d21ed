//! Configuration out of the environment, read once at cold start.
//!
//! **Invariant:** a function starts with all of its configuration or not at all, and the error names every variable that is missing or
//! malformed, never a value. A function reads it in one go:
//!
//! ```
//! # use platform::{Env, config::ConfigError};
//! # fn main() -> Result<(), ConfigError> {
//! # let env = Env::of([("TABLE_NAME", "souk"), ("SOFT_HOLD_S", "900")]);
//! let (table, hold) = env.read(|env| (env.text("TABLE_NAME"), env.seconds("SOFT_HOLD_S")))?;
//! # assert_eq!((table.as_str(), hold.as_secs()), ("souk", 900));
//! # Ok(())
//! # }
//! ```

use std::{cell::RefCell, collections::BTreeMap, fmt, time::Duration};

use url::Url;

use crate::secret::Secret;

/// The environment's variables, as they were when it was taken; `Debug` shows their names alone.
#[derive(Clone)]
pub struct Env(BTreeMap<String, String>);

/// Reads variables and notes those at fault; what it gives in their place goes nowhere, because [`Env::read`] then fails.
pub struct Reader<'a> {
    variables: &'a BTreeMap<String, String>,
    faults: RefCell<Vec<ConfigFault>>,
}

/// A variable and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    pub name: String,
    pub problem: &'static str,
}

/// Variables are missing or malformed; all of them are named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<ConfigFault>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("configuration:")?;
        for (at, fault) in self.0.iter().enumerate() {
            write!(f, "{} {} {}", if at == 0 { "" } else { "," }, fault.name, fault.problem)?;
        }
        Ok(())
    }
}

impl Env {
    /// Takes the process's environment; a variable that is not Unicode is as good as missing.
    pub fn process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// Takes these variables in place of the process's.
    pub fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with every variable that `read` asked for and that is missing or malformed.
    pub fn read<T>(&self, read: impl FnOnce(&Reader<'_>) -> T) -> Result<T, ConfigError> {
        let reader = Reader { variables: &self.0, faults: RefCell::default() };
        let read = read(&reader);
        let faults = reader.faults.into_inner();
        if faults.is_empty() { Ok(read) } else { Err(ConfigError(faults)) }
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Reader<'_> {
    /// A text that is not empty.
    pub fn text(&self, name: &str) -> String {
        self.required(name, "", |text| Some(text.to_owned())).unwrap_or_default()
    }

    /// A text, or nothing where the variable is missing or empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|text| !text.is_empty()).cloned()
    }

    /// A text that may be empty, but has to be there.
    pub fn possibly_empty(&self, name: &str) -> String {
        self.variables.get(name).cloned().unwrap_or_else(|| {
            self.fault(name, "is missing");
            String::new()
        })
    }

    /// A text that may not be seen.
    pub fn secret(&self, name: &str) -> Secret<String> {
        Secret::new(self.text(name))
    }

    /// A duration in whole seconds, at least one.
    pub fn seconds(&self, name: &str) -> Duration {
        let seconds = |text: &str| text.parse().ok().filter(|seconds| *seconds > 0);
        Duration::from_secs(self.required(name, "is not a number of seconds", seconds).unwrap_or_default())
    }

    /// An absolute URL of http or https, without the slash at its end, so that paths can be joined to it.
    pub fn url(&self, name: &str) -> String {
        self.required(name, "is not a URL of http or https", http_url).unwrap_or_default()
    }

    /// [`url`](Self::url), or nothing where the variable is missing or empty.
    pub fn optional_url(&self, name: &str) -> Option<String> {
        self.optional(name).map(|_| self.url(name))
    }

    /// `true` or `false`; false where the variable is missing.
    pub fn flag(&self, name: &str) -> bool {
        self.optional(name).is_some()
            && self.required(name, "is neither true nor false", |text| text.parse().ok()).unwrap_or_default()
    }

    /// Texts between commas, at least one.
    pub fn list(&self, name: &str) -> Vec<String> {
        let list = |text: &str| {
            let items: Vec<_> =
                text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect();
            (!items.is_empty()).then_some(items)
        };
        self.required(name, "is an empty list", list).unwrap_or_default()
    }

    fn required<T>(
        &self,
        name: &str,
        problem: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let Some(text) = self.variables.get(name).filter(|text| !text.is_empty()) else {
            self.fault(name, "is missing");
            return None;
        };
        let value = parse(text);
        if value.is_none() {
            self.fault(name, problem);
        }
        value
    }

    fn fault(&self, name: &str, problem: &'static str) {
        self.faults.borrow_mut().push(ConfigFault { name: name.to_owned(), problem });
    }
}

fn http_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let known = matches!(url.scheme(), "http" | "https") && url.has_host();
    known.then(|| text.trim_end_matches('/').to_owned())
}

/// Reads one variable for what has to start before configuration does.
#[allow(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_missing_or_malformed_is_named_at_once() {
        let env = Env::of([
            ("SOFT_HOLD_S", "soon"),
            ("STOREFRONT_URL", "shop.example"),
            ("EMPTY", ""),
            ("FLAG", "yes"),
            ("LIST", " , "),
        ]);
        let error = env
            .read(|env| {
                env.text("TABLE_NAME");
                env.seconds("SOFT_HOLD_S");
                env.url("STOREFRONT_URL");
                env.secret("EMPTY");
                env.flag("FLAG");
                env.list("LIST");
                env.possibly_empty("COOKIE_PREFIX");
            })
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "configuration: TABLE_NAME is missing, SOFT_HOLD_S is not a number of seconds, STOREFRONT_URL is not a URL of http or https, \
             EMPTY is missing, FLAG is neither true nor false, LIST is an empty list, COOKIE_PREFIX is missing"
        );
    }

    #[test]
    fn values_are_read_as_what_they_are() {
        let env = Env::of([
            ("S", "900"),
            ("U", "http://127.0.0.1:4566/"),
            ("F", "true"),
            ("L", "a, b"),
            ("E", ""),
            ("K", "sk_test_1"),
        ]);
        let read = env.read(|env| {
            assert_eq!(env.seconds("S"), Duration::from_secs(900));
            assert_eq!(env.url("U"), "http://127.0.0.1:4566");
            assert_eq!((env.flag("F"), env.flag("NONE")), (true, false));
            assert_eq!(env.list("L"), ["a", "b"]);
            assert_eq!(
                (env.optional("E"), env.optional_url("NONE"), env.possibly_empty("E")),
                (None, None, String::new())
            );
            assert!(env.secret("K").is("sk_test_1"));
        });
        assert_eq!(read, Ok(()));
    }

    #[test]
    fn neither_debug_nor_an_error_shows_a_value() {
        let env = Env::of([("STRIPE_API_KEY", "sk_live_1")]);
        let error = env.read(|env| env.seconds("STRIPE_API_KEY")).unwrap_err();
        assert!(!format!("{env:?} {error:?} {error}").contains("sk_live"));
    }
}
