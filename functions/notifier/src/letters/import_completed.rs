use events::data::ImportCompleted;
use platform::batch::Failure;
use serde_json::json;
use store::{account, vendor};

use crate::{
    Deps,
    handle::of_store,
    letter::{Letter, LetterKind},
};

/// To the vendor's owner: how an import went (000, 2.2).
pub(crate) async fn write(deps: &Deps, data: &ImportCompleted) -> Result<Option<Letter>, Failure> {
    let shop = vendor::get(&deps.store, data.vendor_id).await.map_err(of_store)?;
    let owner = account::staff(&deps.store, shop.id, shop.owner_id).await.map_err(of_store)?;
    Ok(Some(Letter {
        kind: LetterKind::ImportCompleted,
        to: owner.email,
        context: json!({
            "shop": shop.name,
            "status": data.status,
            "rows_total": data.rows_total,
            "rows_failed": data.rows_failed,
            "created": data.created,
            "updated": data.updated,
            "unchanged": data.unchanged,
            "link": format!("{}/imports/{}", deps.console_url, data.import_id),
        }),
    }))
}
