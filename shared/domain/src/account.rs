//! Accounts of people: the platform's admins, vendors' staff, customers.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AdminId, CustomerId, StaffId, Tenant, Timestamp, VendorId, email::Email, text::Text};

/// Whether somebody can log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// Asked by mail, not been here yet.
    Invited,
    Active,
}

/// What a person may do for the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdminRole {
    Admin,
    Moderator,
    Support,
}

/// What a person may do for a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    Owner,
    Admin,
    Manager,
    Editor,
    Analyst,
    Viewer,
}

impl StaffRole {
    /// How the vendor is paid.
    pub fn may_set_payments(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }

    /// Everything but looking: catalogue, stock, orders.
    pub fn may_write(self) -> bool {
        matches!(self, Self::Owner | Self::Admin | Self::Manager | Self::Editor)
    }
}

/// A password's hash in PHC format. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

/// How many wrong passwords in a row lock an account (004, "Failed Login").
pub const TRIES: u32 = 3;
/// The first lock-out, and the longest: each further wrong password doubles it.
const LOCK_OUT: Duration = Duration::from_secs(60);
const LONGEST_LOCK_OUT: Duration = Duration::from_secs(15 * 60);

/// Wrong passwords since the last right one; they lie at the top of an account's item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Timestamp>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Attempts {
    /// The end of the lock-out, where there is one now.
    pub fn locked(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| *until > now)
    }

    /// One wrong password more: from the third on the account is locked for 1, 2, 4, 8 and then 15 minutes at a time.
    #[must_use]
    pub fn failed(&self, now: Timestamp) -> Self {
        let failures = self.failures.saturating_add(1);
        let locked_until = failures.checked_sub(TRIES).map(|times| {
            let doubled = LOCK_OUT.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX));
            now + doubled.min(LONGEST_LOCK_OUT)
        });
        Self { failures, locked_until }
    }
}

/// Who works for the platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Admin {
    pub id: AdminId,
    pub email: Email,
    pub role: AdminRole,
    pub status: AccountStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PasswordHash>,
    #[serde(flatten)]
    pub attempts: Attempts,
    pub created_at: Timestamp,
    pub version: u64,
}

/// Who works for a vendor. Its `Debug` shows nothing of the person.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Staff {
    pub id: StaffId,
    pub vendor_id: VendorId,
    pub email: Email,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<120>>,
    pub role: StaffRole,
    pub status: AccountStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PasswordHash>,
    #[serde(flatten)]
    pub attempts: Attempts,
    pub created_at: Timestamp,
    pub version: u64,
}

/// Who buys in a channel. The same address in another channel is another customer. Its `Debug` shows nothing of the person.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    pub channel: Tenant,
    pub email: Email,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<120>>,
    pub password: PasswordHash,
    /// The cart that `POST /cart` answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart_id: Option<crate::CartId>,
    #[serde(flatten)]
    pub attempts: Attempts,
    pub created_at: Timestamp,
    pub version: u64,
}

impl Admin {
    /// An admin: active where there is a password, else to be invited by mail.
    pub fn new(id: AdminId, email: Email, password: Option<PasswordHash>, now: Timestamp) -> Self {
        let status = if password.is_some() { AccountStatus::Active } else { AccountStatus::Invited };
        let attempts = Attempts::default();
        Self { id, email, role: AdminRole::Admin, status, password, attempts, created_at: now, version: 1 }
    }
}

impl Staff {
    /// Somebody who is to be invited by mail.
    pub fn invited(id: StaffId, vendor_id: VendorId, email: Email, role: StaffRole, now: Timestamp) -> Self {
        Self {
            id,
            vendor_id,
            email,
            name: None,
            role,
            status: AccountStatus::Invited,
            password: None,
            attempts: Attempts::default(),
            created_at: now,
            version: 1,
        }
    }
}

impl Customer {
    pub fn new(
        id: CustomerId,
        channel: Tenant,
        (email, name): (Email, Option<Text<120>>),
        password: PasswordHash,
        now: Timestamp,
    ) -> Self {
        let attempts = Attempts::default();
        Self { id, channel, email, name, password, cart_id: None, attempts, created_at: now, version: 1 }
    }
}

impl fmt::Debug for Staff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staff").field("id", &self.id).field("status", &self.status).finish_non_exhaustive()
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_wrong_password_locks_for_a_minute_and_each_further_one_for_longer() {
        let now = Timestamp::from_secs(1_000);
        let mut attempts = Attempts::default();
        let mut minutes = Vec::new();
        for _ in 0..9 {
            attempts = attempts.failed(now);
            minutes.push(attempts.locked(now).map(|until| (until.secs() - now.secs()) / 60));
        }
        let expected = [None, None, Some(1), Some(2), Some(4), Some(8), Some(15), Some(15), Some(15)];
        assert_eq!(minutes, expected);
        assert_eq!(
            Attempts { failures: u32::MAX, locked_until: None }.failed(now).locked_until,
            Some(Timestamp::from_secs(1_900))
        );
    }

    #[test]
    fn a_lock_out_ends_by_itself_and_the_count_stays() {
        let locked = Attempts { failures: 3, locked_until: Some(Timestamp::from_secs(60)) };
        assert_eq!(locked.locked(Timestamp::from_ms(59_999)), Some(Timestamp::from_secs(60)));
        assert_eq!(locked.locked(Timestamp::from_secs(60)), None);
        assert_eq!(locked.failed(Timestamp::from_secs(60)).failures, 4);
    }

    #[test]
    fn attempts_lie_at_the_top_of_an_account_and_an_account_without_them_reads() {
        let email: Email = "ada@example.org".parse().unwrap();
        let admin = Admin::new(crate::Id::from_bits(1), email, None, Timestamp::from_secs(1));
        let mut stored = serde_json::to_value(&admin).unwrap();
        assert!(stored.get("failures").is_none() && stored.get("locked_until").is_none());
        assert_eq!(serde_json::from_value::<Admin>(stored.clone()).unwrap(), admin);
        stored["failures"] = 3.into();
        stored["locked_until"] = "1970-01-01T00:01:00.000Z".into();
        let attempts = Attempts { failures: 3, locked_until: Some(Timestamp::from_secs(60)) };
        assert_eq!(serde_json::from_value::<Admin>(stored).unwrap().attempts, attempts);
    }

    #[test]
    fn debug_shows_neither_hash_nor_address() {
        let email: Email = "ada@example.org".parse().unwrap();
        let password = PasswordHash("$argon2id$".to_owned());
        let customer = Customer::new(
            crate::Id::from_bits(1),
            Tenant::Platform,
            (email, Some(Text::try_from("Ada").unwrap())),
            password,
            Timestamp::default(),
        );
        let shown = format!("{customer:?}");
        assert!(!shown.contains("argon2") && !shown.contains("ada@") && !shown.contains("Ada"), "{shown}");
    }
}
