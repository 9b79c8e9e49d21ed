use domain::{ledger::Kind, order::Dispute};
use events::{EventType, data::PaymentChanged};
use platform::batch::Failure;
use serde_json::json;
use store::{
    account,
    ledger::{self, Line},
    order, vendor,
};

use crate::{
    Deps,
    handle::of_store,
    letter::{Letter, LetterKind},
    money::written,
};

/// To a vendor's owner: a buyer's bank has taken money of an order back, or has decided who keeps it. What of it is the vendor's own is told and no more, for others
/// may have a part in the order; where nothing of it is, because the order was never confirmed or the part went back before, nothing is told.
pub(crate) async fn write(
    deps: &Deps,
    kind: EventType,
    data: &PaymentChanged,
) -> Result<Option<Letter>, Failure> {
    let Some(vendor_id) = data.vendor_id else { return Ok(None) };
    let order = order::get(&deps.store, &data.channel, data.order_id).await.map_err(of_store)?;
    let dispute = order.disputes.iter().find(|dispute| data.dispute_id.as_ref() == Some(&dispute.id));
    let Some(dispute) = dispute else { return Ok(None) };
    let lines = ledger::of_order_and_vendor(&deps.store, &data.channel, order.id, vendor_id).await;
    let lines = lines.map_err(of_store)?;
    let left = left(&lines, dispute);
    if left <= 0 {
        return Ok(None);
    }
    let shop = vendor::get(&deps.store, vendor_id).await.map_err(of_store)?;
    let owner = account::staff(&deps.store, shop.id, shop.owner_id).await.map_err(of_store)?;
    let (state, share) = match kind {
        EventType::PaymentDisputeWon => ("won", left),
        EventType::PaymentDisputeLost => ("lost", lost(&lines, dispute)),
        _ => ("opened", left),
    };
    let share = (share > 0).then(|| written(order.money(share)));
    let context = json!({
        "shop": shop.name,
        "order": order.id,
        "share": share,
        "state": state,
        "link": format!("{}/orders/{}", deps.console_url, order.id),
    });
    Ok(Some(Letter { kind: LetterKind::PaymentDisputed, to: owner.email, context }))
}

/// What of a vendor's share a dispute is about: what was not taken back by refunds, nor by disputes before it.
fn left(lines: &[Line], dispute: &Dispute) -> i64 {
    let counts = |line: &&Line| match line.kind {
        Some(Kind::Sale | Kind::Refund) => true,
        Some(Kind::DisputeLost) => line.created_at < dispute.opened_at,
        _ => false,
    };
    lines.iter().filter(counts).map(Line::change).sum()
}

/// What of a vendor's share a dispute has taken.
fn lost(lines: &[Line], dispute: &Dispute) -> i64 {
    let decided_at = dispute.decided.as_ref().map(|decided| decided.decided_at);
    let by_it = |line: &&Line| line.kind == Some(Kind::DisputeLost) && Some(line.created_at) == decided_at;
    -lines.iter().filter(by_it).map(Line::change).sum::<i64>()
}
