use events::data::VendorCreated;
use platform::batch::Failure;
use serde_json::json;
use store::{account, invitation::Invited};

use super::{INVITATION_DAYS, invitation_link};
use crate::{
    Deps,
    handle::of_store,
    letter::{Letter, LetterKind},
};

/// To a new vendor's owner: the link that opens the shop (000, 1.1).
pub(crate) async fn write(deps: &Deps, data: &VendorCreated) -> Result<Option<Letter>, Failure> {
    let owner = account::staff(&deps.store, data.vendor_id, data.owner_id).await.map_err(of_store)?;
    let invited = Invited::Staff { vendor_id: owner.vendor_id, staff_id: owner.id };
    let link = invitation_link(deps, owner.status, invited).await?;
    Ok(link.map(|link| Letter {
        kind: LetterKind::VendorWelcome,
        to: owner.email,
        context: json!({"shop": data.name, "link": link, "days": INVITATION_DAYS}),
    }))
}
