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
