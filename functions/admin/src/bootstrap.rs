//! The first admin, who can't be invited by another: whoever may invoke the function (IAM says who) makes it.

use domain::{
    AdminId,
    account::{AccountStatus, Admin},
    email::Email,
};
use platform::password::NotHashed;
use serde::{Deserialize, Serialize};
use store::{Error, account};
use web::principal::NewPassword;

use crate::Deps;

/// Whom to make an admin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    email: Email,
    /// Without one the admin is invited by mail.
    #[serde(default)]
    password: Option<NewPassword>,
}

/// The admin as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bootstrapped {
    pub admin_id: AdminId,
    pub status: AccountStatus,
}

/// Why there is no admin.
#[derive(Debug, thiserror::Error)]
pub enum NotBootstrapped {
    #[error(transparent)]
    Password(#[from] NotHashed),
    #[error(transparent)]
    Store(#[from] Error),
}

/// How often others may be in the way.
const TRIES: u32 = 3;

/// Makes an admin, active with a password or invited without one.
///
/// For an address that has one already it answers that admin; it sets the password of one who is still invited, and of nobody else.
pub async fn bootstrap_admin(deps: &Deps, wanted: Bootstrap) -> Result<Bootstrapped, NotBootstrapped> {
    let hash = wanted.password.map(|password| password.hash(&deps.passwords));
    let hash = hash.transpose()?;
    for _ in 0..TRIES {
        let done = match account::admin_by_email(&deps.store, &wanted.email).await {
            Ok(admin) => match (&hash, admin.status) {
                (Some(hash), AccountStatus::Invited) => {
                    account::set_admin_password(&deps.store, &admin, hash.clone())
                        .await
                        .map(|()| Bootstrapped { admin_id: admin.id, status: AccountStatus::Active })
                }
                _ => Ok(Bootstrapped { admin_id: admin.id, status: admin.status }),
            },
            Err(Error::NotFound) => {
                let admin = Admin::new(deps.ids.next(), wanted.email.clone(), hash.clone(), deps.store.now());
                let made = Bootstrapped { admin_id: admin.id, status: admin.status };
                account::create_admin(&deps.store, &admin).await.map(|()| made)
            }
            Err(error) => Err(error),
        };
        match done {
            Err(Error::Taken(_) | Error::VersionConflict) => {}
            done => return Ok(done?),
        }
    }
    Err(Error::VersionConflict.into())
}
