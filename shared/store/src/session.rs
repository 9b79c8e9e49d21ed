//! Sessions: who is logged in. The table knows a token's hash only.

use std::time::Duration;

use domain::{
    AdminId, CustomerId, StaffId, Tenant, Timestamp, VendorId,
    account::{AdminRole, StaffRole},
};
use platform::secret::{Secret, sha256_hex};
use serde::{Deserialize, Serialize};
use table::Write;

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    keys,
};

/// How long a log-in lasts: a day (001), for customers a month.
pub const LIFETIME: Duration = Duration::from_secs(86_400);
pub const CUSTOMER_LIFETIME: Duration = Duration::from_secs(30 * 86_400);

/// Who makes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "principal", rename_all = "snake_case")]
pub enum Principal {
    Admin { admin_id: AdminId, role: AdminRole },
    Staff { staff_id: StaffId, vendor_id: VendorId, role: StaffRole },
    Customer { customer_id: CustomerId, channel: Tenant },
}

/// A log-in and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    #[serde(flatten)]
    pub principal: Principal,
    pub expires_at: Timestamp,
}

impl Session {
    /// A session that starts now.
    pub fn starting(principal: Principal, now: Timestamp) -> Self {
        let lifetime = match principal {
            Principal::Customer { .. } => CUSTOMER_LIFETIME,
            Principal::Admin { .. } | Principal::Staff { .. } => LIFETIME,
        };
        Self { principal, expires_at: now + lifetime }
    }
}

/// Keeps a session under its token.
pub async fn create(store: &Store, token: &Secret<String>, session: &Session) -> Result<(), Error> {
    store.table.write(write(token, session)?).await?;
    Ok(())
}

/// The session of a token, unless it is over.
pub async fn find(store: &Store, token: &Secret<String>) -> Result<Option<Session>, Error> {
    let found = store.table.get(&keys::session(&sha256_hex(token.reveal()))).await?;
    let session: Option<Session> = found.map(read).transpose()?;
    Ok(session.filter(|session| session.expires_at > store.now()))
}

/// Ends a session.
pub async fn end(store: &Store, token: &Secret<String>) -> Result<(), Error> {
    store.table.write(Write::delete(keys::session(&sha256_hex(token.reveal())))).await?;
    Ok(())
}

pub(crate) fn write(token: &Secret<String>, session: &Session) -> Result<Write, Error> {
    let key = keys::session(&sha256_hex(token.reveal()));
    Ok(Write::put(item(key, Kind::Session, session)?.with("ttl", session.expires_at.secs())))
}

#[cfg(test)]
mod tests {
    use domain::Id;

    use super::*;
    use crate::testing::{World, token};

    fn principals() -> [Principal; 3] {
        let vendor_id = VendorId::from_bits(1);
        [
            Principal::Admin { admin_id: Id::from_bits(1), role: AdminRole::Support },
            Principal::Staff { staff_id: Id::from_bits(2), vendor_id, role: StaffRole::Viewer },
            Principal::Customer { customer_id: Id::from_bits(3), channel: Tenant::Vendor(vendor_id) },
        ]
    }

    #[tokio::test]
    async fn a_session_lasts_its_time_and_no_longer() {
        for principal in principals() {
            let world = World::new();
            let session = Session::starting(principal, world.now());
            create(&world.store, &token("t"), &session).await.unwrap();
            let lifetime =
                Duration::from_secs((session.expires_at.secs() - world.now().secs()).unsigned_abs());
            world.clock.advance(lifetime - Duration::from_millis(1));
            assert_eq!(find(&world.store, &token("t")).await.unwrap(), Some(session), "{principal:?}");
            world.clock.advance(Duration::from_millis(1));
            assert_eq!(find(&world.store, &token("t")).await.unwrap(), None, "{principal:?}");
        }
    }

    #[tokio::test]
    async fn a_session_that_was_ended_is_over_and_ending_it_again_changes_nothing() {
        let world = World::new();
        let [one, _, other] = principals().map(|principal| Session::starting(principal, world.now()));
        create(&world.store, &token("one"), &one).await.unwrap();
        create(&world.store, &token("other"), &other).await.unwrap();
        for _ in 0..2 {
            end(&world.store, &token("one")).await.unwrap();
            assert_eq!(find(&world.store, &token("one")).await.unwrap(), None);
        }
        assert_eq!(find(&world.store, &token("other")).await.unwrap(), Some(other));
    }

    #[tokio::test]
    async fn the_table_does_not_know_the_token() {
        let world = World::new();
        let session = Session::starting(principals()[0], world.now());
        create(&world.store, &token("hunter2"), &session).await.unwrap();
        let [item] = &world.table.dump()[..] else { panic!("one item") };
        assert!(!format!("{item:?}").contains("hunter2"));
        assert_eq!(item.int("ttl"), Some(session.expires_at.secs()));
    }
}
