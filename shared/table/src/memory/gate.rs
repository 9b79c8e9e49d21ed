use async_trait::async_trait;

use crate::Key;

/// Stands before each call of a memory table: may delay it, and says how it goes wrong.
#[async_trait]
pub trait Gate: Send + Sync {
    async fn enter(&self, call: &Call) -> Fault;
}

/// A call as a [`Gate`] sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub kind: Kind,
    /// The items that are read or written; of a query its partition, with an empty sort key.
    pub keys: Vec<Key>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Get,
    BatchGet,
    Query,
    Write,
    Transact,
}

impl Kind {
    pub fn is_write(self) -> bool {
        matches!(self, Self::Write | Self::Transact)
    }
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The call fails and has no effect.
    Before(Failure),
    /// The call has its effect, whatever it is, and its answer is lost: [`crate::Error::Unavailable`].
    After,
}

/// What a call without effect answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Unavailable,
    Throttled,
    /// Of writes only; a read goes on.
    Conflict,
}
