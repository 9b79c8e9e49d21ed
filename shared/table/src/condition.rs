use std::borrow::Cow;

use serde_json::Value;

/// What must hold for an item, as it is now, for a write to happen.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Condition {
    /// There is no item, or one whose `ttl` has passed.
    Absent,
    /// There is an item.
    Present,
    Equals(Cow<'static, str>, Value),
    /// The attribute is there and equals one of the values (1 to 99).
    OneOf(Cow<'static, str>, Vec<Value>),
    /// The attribute is there and at least this.
    AtLeast(Cow<'static, str>, i64),
    /// The attribute is there and at most this.
    AtMost(Cow<'static, str>, i64),
    /// The item lacks the attribute (an absent item lacks all).
    Lacks(Cow<'static, str>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

impl Condition {
    pub fn equals(attribute: &'static str, value: impl Into<Value>) -> Self {
        Self::Equals(attribute.into(), value.into())
    }

    pub fn one_of<V: Into<Value>>(attribute: &'static str, values: impl IntoIterator<Item = V>) -> Self {
        Self::OneOf(attribute.into(), values.into_iter().map(Into::into).collect())
    }

    pub fn at_least(attribute: &'static str, least: i64) -> Self {
        Self::AtLeast(attribute.into(), least)
    }

    pub fn at_most(attribute: &'static str, most: i64) -> Self {
        Self::AtMost(attribute.into(), most)
    }

    pub fn lacks(attribute: &'static str) -> Self {
        Self::Lacks(attribute.into())
    }

    /// Both must hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut all) => {
                all.push(other);
                Self::All(all)
            }
            one => Self::All(vec![one, other]),
        }
    }

    /// One of both must hold.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut any) => {
                any.push(other);
                Self::Any(any)
            }
            one => Self::Any(vec![one, other]),
        }
    }
}
