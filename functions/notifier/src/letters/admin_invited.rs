use events::data::AdminInvited;
use platform::batch::Failure;
use serde_json::json;
use store::{account, invitation::Invited};

use super::{INVITATION_DAYS, invitation_link};
use crate::{
    Deps,
    handle::of_store,
    letter::{Letter, LetterKind},
};

/// To a new admin: the link by which the password is set.
pub(crate) async fn write(deps: &Deps, data: &AdminInvited) -> Result<Option<Letter>, Failure> {
    let admin = account::admin(&deps.store, data.admin_id).await.map_err(of_store)?;
    let link = invitation_link(deps, admin.status, Invited::Admin { admin_id: admin.id }).await?;
    Ok(link.map(|link| Letter {
        kind: LetterKind::AdminInvited,
        to: admin.email,
        context: json!({"role": admin.role, "link": link, "days": INVITATION_DAYS}),
    }))
}
