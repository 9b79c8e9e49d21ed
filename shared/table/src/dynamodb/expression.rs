//! Conditions and updates compiled to DynamoDB's expressions. Names and values are placeholders always: no attribute is a
//! reserved word, and no value is ever parsed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Write};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use super::attributes::to_attribute;
use crate::schema::{PK, TTL};
use crate::update::Change;
use crate::{Condition, Update};

pub(super) type Names = HashMap<String, String>;
pub(super) type Values = HashMap<String, AttributeValue>;

/// The placeholders of one request.
pub(super) struct Expression {
    now: i64,
    names: Vec<String>,
    values: Vec<AttributeValue>,
}

impl Expression {
    pub(super) fn new(now: i64) -> Self {
        Self { now, names: Vec::new(), values: Vec::new() }
    }

    /// DynamoDB refuses an empty map, so that there is none.
    pub(super) fn placeholders(self) -> (Option<Names>, Option<Values>) {
        let names = self.names.into_iter().enumerate();
        let names: Names = names.map(|(n, name)| (Name(n).text().into_owned(), name)).collect();
        let values = self.values.into_iter().enumerate();
        let values: Values = values.map(|(n, value)| (Place(n).text().into_owned(), value)).collect();
        (Some(names).filter(|names| !names.is_empty()), Some(values).filter(|values| !values.is_empty()))
    }

    /// The place of a name among the placeholders.
    pub(super) fn name(&mut self, name: &str) -> Name {
        let known = self.names.iter().position(|one| one == name);
        Name(known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        }))
    }

    pub(super) fn text(&mut self, text: &str) -> Place {
        self.attribute(AttributeValue::S(text.to_owned()))
    }

    fn value(&mut self, value: Value) -> Place {
        self.attribute(to_attribute(value))
    }

    fn number(&mut self, number: i64) -> Place {
        self.attribute(AttributeValue::N(number.to_string()))
    }

    fn attribute(&mut self, value: AttributeValue) -> Place {
        self.values.push(value);
        Place(self.values.len() - 1)
    }

    pub(super) fn condition(&mut self, condition: Condition) -> String {
        let mut text = String::with_capacity(64);
        self.write_condition(&mut text, condition);
        text
    }

    fn write_condition(&mut self, to: &mut String, condition: Condition) {
        match condition {
            Condition::Absent => {
                let (pk, ttl, now) = (self.name(PK), self.name(TTL), self.number(self.now));
                put(to, format_args!("attribute_not_exists({pk}) OR {ttl} < {now}"));
            }
            Condition::Present => put(to, format_args!("attribute_exists({})", self.name(PK))),
            Condition::Equals(name, value) => {
                put(to, format_args!("{} = {}", self.name(&name), self.value(value)));
            }
            Condition::OneOf(name, values) => {
                put(to, format_args!("{} IN (", self.name(&name)));
                for (n, value) in values.into_iter().enumerate() {
                    let comma = if n == 0 { "" } else { ", " };
                    put(to, format_args!("{comma}{}", self.value(value)));
                }
                to.push(')');
            }
            Condition::AtLeast(name, least) => {
                put(to, format_args!("{} >= {}", self.name(&name), self.number(least)));
            }
            Condition::AtMost(name, most) => {
                put(to, format_args!("{} <= {}", self.name(&name), self.number(most)));
            }
            Condition::Lacks(name) => put(to, format_args!("attribute_not_exists({})", self.name(&name))),
            Condition::All(parts) => self.write_joined(to, parts, " AND "),
            Condition::Any(parts) => self.write_joined(to, parts, " OR "),
        }
    }

    /// DynamoDB refuses doubled parentheses: a part has them only where it is joined itself.
    fn write_joined(&mut self, to: &mut String, parts: Vec<Condition>, with: &str) {
        let alone = parts.len() == 1;
        for (n, part) in parts.into_iter().enumerate() {
            if n > 0 {
                to.push_str(with);
            }
            if !alone && is_joined(&part) {
                to.push('(');
                self.write_condition(to, part);
                to.push(')');
            } else {
                self.write_condition(to, part);
            }
        }
    }

    pub(super) fn update(&mut self, update: Update) -> String {
        let (mut sets, mut adds, mut removes) =
            (Clause::of("SET "), Clause::of("ADD "), Clause::of("REMOVE "));
        for (name, change) in update.changes {
            let name = self.name(&name);
            match change {
                Change::Set(value) => sets.part(format_args!("{name} = {}", self.value(value))),
                Change::SetIfAbsent(value) => {
                    sets.part(format_args!("{name} = if_not_exists({name}, {})", self.value(value)));
                }
                Change::Append(values) => {
                    let (none, more) =
                        (self.value(Value::Array(Vec::new())), self.value(Value::Array(values)));
                    sets.part(format_args!("{name} = list_append(if_not_exists({name}, {none}), {more})"));
                }
                Change::Add(amount) => adds.part(format_args!("{name} {}", self.number(amount))),
                Change::Remove => removes.part(format_args!("{name}")),
            }
        }
        let clauses = [sets, adds, removes].into_iter().filter(|clause| clause.parts > 0);
        clauses.map(|clause| clause.text).collect::<Vec<_>>().join(" ")
    }
}

/// The placeholder of a name.
pub(super) struct Name(usize);

/// The placeholder of a value.
pub(super) struct Place(usize);

// Most requests have no more than these, and printing numbers took a fiftieth of a whole call.
const NAMES: [&str; 24] = [
    "#n0", "#n1", "#n2", "#n3", "#n4", "#n5", "#n6", "#n7", "#n8", "#n9", "#n10", "#n11", "#n12", "#n13",
    "#n14", "#n15", "#n16", "#n17", "#n18", "#n19", "#n20", "#n21", "#n22", "#n23",
];
const PLACES: [&str; 24] = [
    ":v0", ":v1", ":v2", ":v3", ":v4", ":v5", ":v6", ":v7", ":v8", ":v9", ":v10", ":v11", ":v12", ":v13",
    ":v14", ":v15", ":v16", ":v17", ":v18", ":v19", ":v20", ":v21", ":v22", ":v23",
];

impl Name {
    fn text(&self) -> Cow<'static, str> {
        NAMES.get(self.0).map_or_else(|| format!("#n{}", self.0).into(), |name| (*name).into())
    }
}

impl Place {
    fn text(&self) -> Cow<'static, str> {
        PLACES.get(self.0).map_or_else(|| format!(":v{}", self.0).into(), |place| (*place).into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// What an update does under one verb.
struct Clause {
    text: String,
    parts: usize,
}

impl Clause {
    fn of(verb: &str) -> Self {
        Self { text: verb.to_owned(), parts: 0 }
    }

    fn part(&mut self, part: fmt::Arguments<'_>) {
        if self.parts > 0 {
            self.text.push_str(", ");
        }
        put(&mut self.text, part);
        self.parts += 1;
    }
}

/// Text takes whatever is written to it.
fn put(to: &mut String, text: fmt::Arguments<'_>) {
    let _always = to.write_fmt(text);
}

fn is_joined(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => match parts.as_slice() {
            [only] => is_joined(only),
            _ => true,
        },
        Condition::Absent => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_part_has_one_pair_of_parentheses() {
        let mut expression = Expression::new(7);
        let nested =
            Condition::Any(vec![Condition::All(vec![Condition::Absent]), Condition::equals("state", "open")]);
        let condition = Condition::All(vec![Condition::All(vec![nested]), Condition::at_least("n", 1)]);
        assert_eq!(
            expression.condition(condition),
            "((attribute_not_exists(#n0) OR #n1 < :v0) OR #n2 = :v1) AND #n3 >= :v2"
        );
        let (names, values) = expression.placeholders();
        assert_eq!(names.unwrap()["#n1"], "ttl");
        assert_eq!(values.unwrap()[":v0"], AttributeValue::N("7".to_owned()));
    }

    #[test]
    fn there_are_placeholders_for_as_many_as_are_asked_for() {
        let mut expression = Expression::new(7);
        let values: Vec<_> = (0..60).map(|n| n.to_string()).collect();
        let condition = expression.condition(Condition::one_of("state", values.iter().map(String::as_str)));
        let (_, values) = expression.placeholders();
        let values = values.unwrap();
        assert_eq!(values.len(), 60);
        assert!(
            condition
                .split([' ', ',', '(', ')'])
                .filter(|word| word.starts_with(':'))
                .all(|word| values.contains_key(word))
        );
        assert_eq!(values[":v59"], AttributeValue::S("59".to_owned()));
    }

    #[test]
    fn an_update_groups_its_changes_by_verb() {
        let mut expression = Expression::new(7);
        let update =
            Update::new().remove("a").add("b", -2).set("c", 1).append("d", vec![]).set_if_absent("e", "x");
        assert_eq!(
            expression.update(update),
            "SET #n2 = :v1, #n3 = list_append(if_not_exists(#n3, :v2), :v3), #n4 = if_not_exists(#n4, :v4) \
             ADD #n1 :v0 REMOVE #n0"
        );
    }
}
