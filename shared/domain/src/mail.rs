//! What tells one mail from all others, and how long it is looked for.

use std::{fmt::Display, time::Duration};

use crate::Timestamp;

/// How long a mail has to go by itself before it is looked for.
pub const GONE_BY: Duration = Duration::from_secs(600);
/// How often the notifier is reminded of a mail that has not gone.
pub const REMIND_EACH: Duration = Duration::from_secs(3_600);
/// For how long: what can't be sent lies with the dead letters by then.
const REMIND_DAYS: u32 = 3;

/// The key under which a mail is claimed: what it is about, and what became of that (the type of the event that tells).
pub fn key(about: impl Display, became: &str) -> String {
    format!("{about}:{became}")
}

/// Whether a mail that was asked for at `at` must have gone by now, and may still be reminded of.
pub fn may_remind(at: Timestamp, now: Timestamp) -> bool {
    at + GONE_BY <= now && now <= at.plus_days(REMIND_DAYS)
}
