use domain::order::OrderShipment;
use events::{EventType, data::PaymentChanged};
use platform::batch::Failure;
use serde_json::json;
use store::{account, order, vendor};

use crate::{
    Deps,
    handle::of_store,
    letter::{Letter, LetterKind},
    money::written,
};

/// To a vendor's owner: a buyer's bank has taken money of an order back, or has decided who keeps it.
pub(crate) async fn write(
    deps: &Deps,
    kind: EventType,
    data: &PaymentChanged,
) -> Result<Option<Letter>, Failure> {
    let Some(vendor_id) = data.vendor_id else { return Ok(None) };
    let shop = vendor::get(&deps.store, vendor_id).await.map_err(of_store)?;
    let order = order::get(&deps.store, &data.channel, data.order_id).await.map_err(of_store)?;
    let owner = account::staff(&deps.store, shop.id, shop.owner_id).await.map_err(of_store)?;
    let part = order.shipments.iter().find(|part| part.vendor_id == vendor_id);
    let share = part.map(OrderShipment::sold).map_or(0, |part| part.share());
    let state = match kind {
        EventType::PaymentDisputeWon => "won",
        EventType::PaymentDisputeLost => "lost",
        _ => "opened",
    };
    let context = json!({
        "shop": shop.name,
        "order": order.id,
        "amount": written(data.amount),
        "share": written(order.money(share)),
        "state": state,
        "link": format!("{}/orders/{}", deps.console_url, order.id),
    });
    Ok(Some(Letter { kind: LetterKind::PaymentDisputed, to: owner.email, context }))
}
