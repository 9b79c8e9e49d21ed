/// The cause of an [`Error`], kept as it came.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a port did not do what was asked, told apart by what a caller does next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer, throttling, or a fault of the service: the call may have taken effect. Repeat.
    #[error("the service did not answer")]
    Unavailable(#[source] Source),
    /// The service refuses this call and would refuse its repetition: a bad address, a body too large, a right that is missing.
    #[error("the service refused the call")]
    Rejected(#[source] Source),
    /// An object has that key already, and the call was not to replace one; nothing was written.
    #[error("an object is there already")]
    Exists,
}

impl Error {
    pub(crate) fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable(source.into())
    }

    pub(crate) fn rejected(source: impl Into<Source>) -> Self {
        Self::Rejected(source.into())
    }

    /// Answers whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
