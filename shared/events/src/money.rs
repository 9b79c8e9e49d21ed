//! What shares of orders tell that reach their vendors, and disputes that Stripe tells of.

use domain::{
    Money, Tenant, Timestamp,
    settlement::{Move, MoveKind, Settlement},
};
use serde::Deserialize;

use crate::{
    EventType,
    data::{DisputeReported, TransferChanged},
    derive::{Images, Told},
};

/// What counts of a settlement.
#[derive(PartialEq, Deserialize)]
pub(crate) struct SettlementWas {
    #[serde(default)]
    moves: Vec<MoveWas>,
}

#[derive(PartialEq, Deserialize)]
struct MoveWas {
    n: u32,
    done_at: Option<Timestamp>,
}

/// What counts of a dispute that was told of: how often.
#[derive(PartialEq, Deserialize)]
pub(crate) struct DisputeWas {
    version: u64,
}

#[derive(Deserialize)]
pub(crate) struct Dispute {
    id: String,
    intent_id: String,
}

pub(crate) fn settlement_events(settlement: &Images<SettlementWas, Settlement>) -> Vec<Told> {
    let new = &settlement.new;
    let before = settlement.old.as_ref().map_or(&[][..], |old| &old.moves);
    let was_done = |one: &Move| before.iter().any(|was| was.n == one.n && was.done_at.is_some());
    let news = new.moves.iter().filter(|one| !was_done(one));
    news.filter_map(|one| {
        let done = one.done.as_ref()?;
        let kind = match one.kind {
            MoveKind::Transfer => EventType::TransferPaid,
            MoveKind::Reversal { .. } => EventType::TransferReversed,
        };
        let data = TransferChanged {
            shipment_id: new.id,
            vendor_id: new.vendor_id,
            order_id: new.order_id,
            transfer_id: done.stripe_id.clone(),
            amount: Money::new(one.amount, new.currency),
        };
        Some(Told::new(kind, Tenant::Vendor(new.vendor_id), done.done_at, &data).part(one.n))
    })
    .collect()
}

pub(crate) fn dispute_events(dispute: &Images<DisputeWas, Dispute>, seen_at: Timestamp) -> Vec<Told> {
    let data = DisputeReported {
        dispute_id: dispute.new.id.clone(),
        payment_intent_id: dispute.new.intent_id.clone(),
    };
    vec![Told::new(EventType::PaymentDisputeReported, Tenant::Platform, seen_at, &data)]
}
