use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{Mail, Mailer};
use crate::{
    error::Error,
    fault::{self, Gate, Open},
    guarded::Guarded,
};

/// A mailer in this process: it keeps what was sent.
pub struct MemoryMailer {
    sent: Guarded<Vec<Mail>>,
    gate: Arc<dyn Gate>,
}

impl MemoryMailer {
    pub fn new() -> Self {
        Self::behind(Arc::new(Open))
    }

    /// Makes a mailer whose calls go through `gate`.
    pub fn behind(gate: Arc<dyn Gate>) -> Self {
        Self { sent: Guarded::default(), gate }
    }

    /// Answers all that was sent, in order.
    pub fn sent(&self) -> Vec<Mail> {
        self.sent.with(|sent| sent.clone())
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<(), Error> {
        fault::pass(&*self.gate, "mail.send", || {
            self.sent.with(|sent| sent.push(mail.clone()));
            Ok(())
        })
        .await
    }
}

impl Default for MemoryMailer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryMailer").finish_non_exhaustive()
    }
}
