//! What a buyer's bank takes back: read at Stripe, written into the order, posted, and taken back of the vendors where it is lost.

use domain::{
    OrderId, Tenant,
    order::{DisputeReport, Order, OrderStatus, Verdict},
    payment::PaymentEvent,
};
use payments::{Dispute, DisputeStatus, IntentId, IntentStatus, StripeError};
use store::{dispute::Told, order::Recorded};

use crate::{Error, Settling, TURNS, noted_intent};

impl Settling {
    /// Does what a dispute asks for that Stripe has told of, and is done with it; one of no order of ours is left to whoever it concerns.
    pub async fn look_into(&self, told: &Told) -> Result<Option<(Tenant, OrderId)>, Error> {
        let place = self.order_of(told).await?;
        if let Some((channel, id)) = place {
            self.follow_disputes(&channel, id).await?;
        } else {
            tracing::error!(dispute.id = told.id, alarm = "foreign_dispute", "a dispute of no order of ours");
        }
        store::dispute::looked_at(&self.ordering.store, told).await?;
        Ok(place)
    }

    /// Brings an order up to what Stripe says of its payment's disputes, and shares out or takes back what follows.
    pub async fn follow_disputes(&self, channel: &Tenant, id: OrderId) -> Result<(), Error> {
        let order = store::order::get(&self.ordering.store, channel, id).await?;
        if order.status == OrderStatus::Paid {
            // Whether it is filled comes first.
            return Err(store::Error::VersionConflict.into());
        }
        self.hear_of_disputes(&order).await?;
        self.settle(channel, id).await?;
        self.share(channel, id).await
    }

    /// Writes down how the disputes of an order's payment stand at Stripe; answers whether there was news.
    pub(crate) async fn hear_of_disputes(&self, order: &Order) -> Result<bool, Error> {
        let Some(intent) = noted_intent(order) else { return Ok(false) };
        let mut news = false;
        for dispute in self.transfers.disputes(&intent).await? {
            if let Some(report) = report(order, &dispute) {
                news |= self.note(&order.channel, order.id, &report).await?;
            }
        }
        Ok(news)
    }

    async fn note(&self, channel: &Tenant, id: OrderId, report: &DisputeReport) -> Result<bool, Error> {
        for _ in 0..TURNS {
            let order = store::order::get(&self.ordering.store, channel, id).await?;
            let (ledger_id, now) = (self.ordering.ids.next(), self.ordering.store.now());
            let Some((next, posted)) = order.disputed(report, ledger_id, now)? else { return Ok(false) };
            match store::order::save_posting(&self.ordering.store, &order, &next, &posted).await {
                Err(store::Error::VersionConflict) => {}
                other => {
                    tracing::warn!(order.id = %id, dispute.id = report.id, verdict = ?report.verdict, "disputed");
                    return Ok(other.map(|()| true)?);
                }
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    /// The order that a dispute's payment is of, which has heard of that payment by then: its webhook may still be under way.
    async fn order_of(&self, told: &Told) -> Result<Option<(Tenant, OrderId)>, Error> {
        let Ok(intent) = told.intent_id.parse::<IntentId>() else { return Ok(None) };
        let intent = match self.ordering.stripe.intent(&intent).await {
            Err(StripeError::NotFound) => return Ok(None),
            other => other?,
        };
        let text = |name: &str| intent.metadata.get(name);
        let channel = text("tenant").and_then(|text| text.parse::<Tenant>().ok());
        let id = text("order_id").and_then(|text| text.parse::<OrderId>().ok());
        let Some((channel, id)) = channel.zip(id) else { return Ok(None) };
        let order = match store::order::get(&self.ordering.store, &channel, id).await {
            Err(store::Error::NotFound) => return Ok(None),
            other => other?,
        };
        if intent.status == IntentStatus::Succeeded
            && self.ordering.report(&order, &intent, PaymentEvent::Captured).await? == Recorded::Mismatch
        {
            return Ok(None);
        }
        // Whether its goods can be had is decided before anything else: what is owed back then is lost first.
        self.settle(&channel, id).await?;
        Ok(Some((channel, id)))
    }
}

/// What a dispute says of an order; nothing where the bank only asks.
fn report(order: &Order, dispute: &Dispute) -> Option<DisputeReport> {
    if !dispute.counts() {
        return None;
    }
    if dispute.currency != order.currency.code() || dispute.amount <= 0 {
        tracing::error!(order.id = %order.id, dispute.id, alarm = "foreign_dispute", "a dispute in another currency than its order");
        return None;
    }
    let verdict = verdict(dispute.status);
    Some(DisputeReport { id: dispute.id.clone(), amount: dispute.amount, fee: dispute.fee, verdict })
}

/// Who keeps what is disputed; none where that is not decided.
pub fn verdict(status: DisputeStatus) -> Option<Verdict> {
    match status {
        DisputeStatus::Inquiry | DisputeStatus::Open => None,
        DisputeStatus::Won => Some(Verdict::Won),
        DisputeStatus::Lost => Some(Verdict::Lost),
    }
}
