use events::data::StockChanged;
use platform::batch::Failure;
use serde_json::json;
use store::{account, stock, vendor};

use super::options;
use crate::{
    Deps,
    handle::of_store,
    letter::{Letter, LetterKind},
};

/// To the vendor's owner, who is all the staff there is: a variant runs out. Nothing where there is enough of it again, or its vendor has counted since.
pub(crate) async fn write(deps: &Deps, data: &StockChanged) -> Result<Option<Letter>, Failure> {
    let place = domain::variant::VariantRef {
        vendor_id: data.vendor_id,
        product_id: data.product_id,
        variant_id: data.variant_id,
    };
    let variant = match stock::get(&deps.store, &place).await {
        // It was taken away since.
        Err(store::Error::NotFound) => return Ok(None),
        other => other.map_err(of_store)?,
    };
    if !variant.is_low() || variant.counts != data.counts.unwrap_or_default() {
        return Ok(None);
    }
    let shop = vendor::get(&deps.store, data.vendor_id).await.map_err(of_store)?;
    let owner = account::staff(&deps.store, shop.id, shop.owner_id).await.map_err(of_store)?;
    Ok(Some(Letter {
        kind: LetterKind::StockLow,
        to: owner.email,
        context: json!({
            "shop": shop.name,
            "title": variant.title,
            "options": options(&variant.options),
            "sku": variant.sku,
            "on_hand": variant.stock.on_hand,
            "held": variant.stock.reserved + variant.stock.allocated,
            "link": format!("{}/products/{}", deps.console_url, variant.product_id),
        }),
    }))
}
