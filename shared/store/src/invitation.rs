//! Invitations: a token in a mail, by which somebody sets the first password. The table knows its hash only.

use std::time::Duration;

use domain::{AdminId, StaffId, Timestamp, VendorId};
use platform::secret::{Secret, sha256_hex};
use serde::{Deserialize, Serialize};
use table::Write;

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    keys,
};

/// How long an invitation can be taken up.
pub const LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// Who is invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "invited", rename_all = "snake_case")]
pub enum Invited {
    Staff { vendor_id: VendorId, staff_id: StaffId },
    Admin { admin_id: AdminId },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Invitation {
    #[serde(flatten)]
    invited: Invited,
    expires_at: Timestamp,
}

/// Keeps an invitation under its token; a person may have several, the first that is taken up counts.
pub async fn create(store: &Store, token: &Secret<String>, invited: Invited) -> Result<(), Error> {
    let expires_at = store.now() + LIFETIME;
    let made = item(
        keys::invitation(&sha256_hex(token.reveal())),
        Kind::Invitation,
        &Invitation { invited, expires_at },
    )?;
    store.table.write(Write::put(made.with("ttl", expires_at.secs()))).await?;
    Ok(())
}

/// Who a token invites, unless it is over.
pub async fn find(store: &Store, token: &Secret<String>) -> Result<Invited, Error> {
    let found = store.table.get(&keys::invitation(&sha256_hex(token.reveal()))).await?.ok_or(Error::NotFound)?;
    let invitation: Invitation = read(found)?;
    if invitation.expires_at > store.now() { Ok(invitation.invited) } else { Err(Error::NotFound) }
}

/// Uses an invitation up.
pub(crate) fn take(token: &Secret<String>) -> Write {
    Write::delete_if(keys::invitation(&sha256_hex(token.reveal())), table::Condition::Present)
}
