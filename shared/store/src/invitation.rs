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
    let found =
        store.table.get(&keys::invitation(&sha256_hex(token.reveal()))).await?.ok_or(Error::NotFound)?;
    let invitation: Invitation = read(found)?;
    if invitation.expires_at > store.now() { Ok(invitation.invited) } else { Err(Error::NotFound) }
}

/// Uses an invitation up.
pub(crate) fn take(token: &Secret<String>) -> Write {
    Write::delete_if(keys::invitation(&sha256_hex(token.reveal())), table::Condition::Present)
}

#[cfg(test)]
mod tests {
    use domain::Id;

    use super::*;
    use crate::testing::{World, token};

    const DAY: Duration = Duration::from_secs(86_400);

    #[tokio::test]
    async fn an_invitation_is_good_for_a_week() {
        let world = World::new();
        let staff = Invited::Staff { vendor_id: Id::from_bits(1), staff_id: Id::from_bits(2) };
        let admin = Invited::Admin { admin_id: Id::from_bits(3) };
        create(&world.store, &token("staff"), staff).await.unwrap();
        create(&world.store, &token("admin"), admin).await.unwrap();
        world.clock.advance(7 * DAY - Duration::from_millis(1));
        assert_eq!(find(&world.store, &token("staff")).await.unwrap(), staff);
        assert_eq!(find(&world.store, &token("admin")).await.unwrap(), admin);
        world.clock.advance(Duration::from_millis(1));
        assert!(matches!(find(&world.store, &token("staff")).await, Err(Error::NotFound)));
        assert!(matches!(find(&world.store, &token("never made")).await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn an_invitation_is_used_up_once_and_the_table_does_not_know_its_token() {
        let world = World::new();
        create(&world.store, &token("hunter2"), Invited::Admin { admin_id: Id::from_bits(3) }).await.unwrap();
        assert!(!format!("{:?}", world.table.dump()).contains("hunter2"));
        world.store.table.write(take(&token("hunter2"))).await.unwrap();
        assert!(world.store.table.write(take(&token("hunter2"))).await.unwrap_err().is_condition_failed());
    }
}
