//! What goes wrong with requests, on demand.

use serde::{Deserialize, Serialize};

use super::events::spend;

/// Switches for requests to the API; absent ones are off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// So many changes take effect, and their answers never arrive.
    pub timeout_after_commit: u32,
    /// So many changes take effect, and are answered 500, which is kept under their key.
    pub fail_after_commit: u32,
    /// So many requests fail before they take effect, with `status`.
    pub fail_next: u32,
    /// 503 unless given. A 500 is kept under its idempotency key, as Stripe keeps it; other ones are not.
    pub status: Option<u16>,
}

impl Faults {
    pub(super) fn next_failure(&mut self) -> Option<u16> {
        self.fail_next = self.fail_next.checked_sub(1)?;
        Some(self.status.unwrap_or(503))
    }

    pub(super) fn next_is_lost(&mut self) -> bool {
        spend(&mut self.timeout_after_commit)
    }

    pub(super) fn next_breaks(&mut self) -> bool {
        spend(&mut self.fail_after_commit)
    }
}
