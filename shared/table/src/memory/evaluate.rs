//! Conditions and updates as DynamoDB's expressions compute them.

use serde_json::{Number, Value};

use crate::limits::Refusal;
use crate::schema::TTL;
use crate::update::Change;
use crate::{Condition, Doc, Update};

/// Answers whether the time of an item has passed.
pub(super) fn is_expired(doc: &Doc, now: i64) -> bool {
    doc.get(TTL).and_then(integer).is_some_and(|ttl| ttl < i128::from(now))
}

/// Evaluates a condition on what lies there; only [`Condition::Absent`] looks at the time.
pub(super) fn holds(condition: &Condition, doc: Option<&Doc>, now: i64) -> bool {
    let attribute = |name: &str| doc.and_then(|doc| doc.get(name));
    let number = |name: &str| attribute(name).and_then(integer);
    match condition {
        Condition::Absent => doc.is_none_or(|doc| is_expired(doc, now)),
        Condition::Present => doc.is_some(),
        Condition::Equals(name, value) => attribute(name) == Some(value),
        Condition::OneOf(name, values) => attribute(name).is_some_and(|found| values.contains(found)),
        Condition::AtLeast(name, least) => number(name).is_some_and(|found| found >= i128::from(*least)),
        Condition::AtMost(name, most) => number(name).is_some_and(|found| found <= i128::from(*most)),
        Condition::Lacks(name) => attribute(name).is_none(),
        Condition::All(parts) => parts.iter().all(|part| holds(part, doc, now)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, doc, now)),
    }
}

/// Answers the document as the update leaves it. An expired item that still lies there is changed, not made anew.
pub(super) fn updated(update: &Update, doc: Option<&Doc>) -> Result<Doc, Refusal> {
    let mut doc = doc.cloned().unwrap_or_default();
    for (name, change) in &update.changes {
        let name = name.as_ref();
        match change {
            Change::Set(value) => {
                doc.insert(name.to_owned(), value.clone());
            }
            Change::SetIfAbsent(value) => {
                doc.entry(name).or_insert_with(|| value.clone());
            }
            Change::Add(amount) => {
                let sum = sum(name, doc.get(name), *amount)?;
                doc.insert(name.to_owned(), Value::Number(sum));
            }
            Change::Append(values) => match doc.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(list) => list.extend(values.iter().cloned()),
                _ => return Err(Refusal::Operand(name.to_owned())),
            },
            Change::Remove => {
                doc.remove(name);
            }
        }
    }
    Ok(doc)
}

fn sum(name: &str, old: Option<&Value>, amount: i64) -> Result<Number, Refusal> {
    let old = match old {
        None => 0,
        Some(old) => integer(old).ok_or_else(|| Refusal::Operand(name.to_owned()))?,
    };
    Number::from_i128(old + i128::from(amount)).ok_or_else(|| Refusal::Range(name.to_owned()))
}

fn integer(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}
