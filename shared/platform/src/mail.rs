//! Mail to people.
//!
//! **Invariant:** an address or a text of a mail appears in no log and no error.

#[cfg(test)]
mod conformance;
mod memory;
mod ses;

use std::fmt;

use async_trait::async_trait;
use domain::email::Email;

pub use memory::MemoryMailer;
pub use ses::Ses;

use crate::error::Error;

/// One mail to one person; its `Debug` shows what is not personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: Email,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// What sort of mail it is, for the sender's statistics, such as `order-confirmed`: ASCII letters, digits, `-` and `_`.
    pub kind: &'static str,
    /// What the mail is about, the same in each repetition, such as the event's id; it goes out as [`REFERENCE_HEADER`],
    /// by which a mailbox or a person who searches can tell a repeat.
    pub reference: String,
}

/// The header that carries [`Mail::reference`].
pub const REFERENCE_HEADER: &str = "X-Souk-Reference";

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("kind", &self.kind)
            .field("reference", &self.reference)
            .finish_non_exhaustive()
    }
}

/// Sends mail; a mail may arrive twice when the answer to its sending was lost.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the mail over for delivery.
    ///
    /// # Errors
    /// [`Error::Rejected`] when this mail will never be taken, for its address or its content;
    /// [`Error::Unavailable`] when it may be later.
    async fn send(&self, mail: &Mail) -> Result<(), Error>;
}
