//! Conditions and updates compiled to DynamoDB's expressions. Names and values are placeholders always: no attribute is a
//! reserved word, and no value is ever parsed.

use std::collections::HashMap;

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
        let names: Names =
            self.names.into_iter().enumerate().map(|(n, name)| (format!("#n{n}"), name)).collect();
        let values: Values =
            self.values.into_iter().enumerate().map(|(n, value)| (format!(":v{n}"), value)).collect();
        (Some(names).filter(|names| !names.is_empty()), Some(values).filter(|values| !values.is_empty()))
    }

    pub(super) fn name(&mut self, name: &str) -> String {
        let known = self.names.iter().position(|one| one == name);
        let place = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        format!("#n{place}")
    }

    pub(super) fn text(&mut self, text: &str) -> String {
        self.attribute(AttributeValue::S(text.to_owned()))
    }

    fn value(&mut self, value: Value) -> String {
        self.attribute(to_attribute(value))
    }

    fn number(&mut self, number: i64) -> String {
        self.attribute(AttributeValue::N(number.to_string()))
    }

    fn attribute(&mut self, value: AttributeValue) -> String {
        self.values.push(value);
        format!(":v{}", self.values.len() - 1)
    }

    pub(super) fn condition(&mut self, condition: Condition) -> String {
        match condition {
            Condition::Absent => {
                let (pk, ttl, now) = (self.name(PK), self.name(TTL), self.number(self.now));
                format!("attribute_not_exists({pk}) OR {ttl} < {now}")
            }
            Condition::Present => format!("attribute_exists({})", self.name(PK)),
            Condition::Equals(name, value) => format!("{} = {}", self.name(&name), self.value(value)),
            Condition::OneOf(name, values) => {
                let values: Vec<_> = values.into_iter().map(|value| self.value(value)).collect();
                format!("{} IN ({})", self.name(&name), values.join(", "))
            }
            Condition::AtLeast(name, least) => format!("{} >= {}", self.name(&name), self.number(least)),
            Condition::AtMost(name, most) => format!("{} <= {}", self.name(&name), self.number(most)),
            Condition::Lacks(name) => format!("attribute_not_exists({})", self.name(&name)),
            Condition::All(parts) => self.joined(parts, " AND "),
            Condition::Any(parts) => self.joined(parts, " OR "),
        }
    }

    /// DynamoDB refuses doubled parentheses: a part has them only where it is joined itself.
    fn joined(&mut self, mut parts: Vec<Condition>, with: &str) -> String {
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return self.condition(only);
        }
        let parts: Vec<_> =
            parts
                .into_iter()
                .map(|part| {
                    if is_joined(&part) {
                        format!("({})", self.condition(part))
                    } else {
                        self.condition(part)
                    }
                })
                .collect();
        parts.join(with)
    }

    pub(super) fn update(&mut self, update: Update) -> String {
        let (mut sets, mut adds, mut removes) = (Vec::new(), Vec::new(), Vec::new());
        for (name, change) in update.changes {
            let name = self.name(&name);
            match change {
                Change::Set(value) => sets.push(format!("{name} = {}", self.value(value))),
                Change::SetIfAbsent(value) => {
                    sets.push(format!("{name} = if_not_exists({name}, {})", self.value(value)));
                }
                Change::Append(values) => {
                    let (none, more) =
                        (self.value(Value::Array(Vec::new())), self.value(Value::Array(values)));
                    sets.push(format!("{name} = list_append(if_not_exists({name}, {none}), {more})"));
                }
                Change::Add(amount) => adds.push(format!("{name} {}", self.number(amount))),
                Change::Remove => removes.push(name),
            }
        }
        let clauses = [("SET", sets), ("ADD", adds), ("REMOVE", removes)];
        let clauses = clauses.iter().filter(|(_, parts)| !parts.is_empty());
        clauses.map(|(verb, parts)| format!("{verb} {}", parts.join(", "))).collect::<Vec<_>>().join(" ")
    }
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
