use crate::Item;

/// Why the table did not do what was asked, told apart by what a caller does next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A condition did not hold; nothing was written. At least one action is named.
    #[error("a condition did not hold")]
    ConditionFailed(Vec<Failed>),
    /// Another transaction touched one of the items at the same time; nothing was written. Repeat.
    #[error("another transaction was in the way")]
    Conflict,
    /// The partition or the table is over its throughput; nothing was written. Repeat later.
    #[error("throttled")]
    Throttled,
    /// No answer, or a fault of the service: the call may have taken effect. Repeat what is idempotent, or read first.
    #[error("the table did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request itself is wrong: too many actions, an item named twice, a float, an item over 400 KB. A fault of ours.
    #[error("the table refused the request")]
    Rejected(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An action of a failed write: its position and the item that it met.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    pub action: usize,
    pub item: Option<Item>,
}

impl Error {
    /// Answers the actions whose conditions failed, none for other errors.
    pub fn failed(&self) -> &[Failed] {
        match self {
            Self::ConditionFailed(failed) => failed,
            _ => &[],
        }
    }

    pub fn is_condition_failed(&self) -> bool {
        matches!(self, Self::ConditionFailed(_))
    }
}
