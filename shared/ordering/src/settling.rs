//! What follows from money that arrived, and from parcels that moved.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    OrderId, Tenant,
    order::{Order, OrderStatus, RefundAsked, StepError},
    payment::{PaymentState, may_be_forgotten},
    vendor::Vendor,
};
use payments::{ConfigError, IntentId, NewRefund, StripeError, keys};
use platform::{Ids, Source, aws::Connecting};
use store::Store;

use crate::{Error, Ordering, Settings, Settling, StripeSettings, TURNS, noted_intent};

/// Names in a refund's metadata which part of an order it gives back: the refund's id.
pub const PART: &str = "part";

impl Settling {
    /// Stripe itself, beside a store; it is called when it is needed.
    pub fn on_stripe(store: Store, stripe: &StripeSettings) -> Result<Self, ConfigError> {
        let stripe = Arc::new(stripe.live()?);
        let ordering = Ordering { store, stripe: stripe.clone(), ids: Ids::system() };
        Ok(Self { ordering, transfers: stripe })
    }

    /// [`on_stripe`](Self::on_stripe), over a store of its own, whose connection is being opened.
    pub async fn open(settings: Settings) -> Result<(Self, Connecting), Source> {
        let (store, connecting) = Store::open(settings.store).await?;
        Ok((Self::on_stripe(store, &settings.stripe)?, connecting))
    }

    /// Does what a captured payment asks for: confirms a paid order, fills one that was paid late where its goods can be held again, and gives back what
    /// the buyer is owed.
    pub async fn settle(&self, channel: &Tenant, id: OrderId) -> Result<(), Error> {
        let mut lost = 0;
        while lost < TURNS {
            let order = store::order::get(&self.ordering.store, channel, id).await?;
            let captured = match order.payment.state {
                PaymentState::Captured => true,
                // A part may have been lost, and another be owed.
                PaymentState::Lost => false,
                _ => return Ok(()),
            };
            let done = match order.refund_due() {
                _ if captured && order.status == OrderStatus::Paid => match self.confirm(&order).await {
                    Ok(true) => return Ok(()),
                    other => other.map(|_| ()),
                },
                Some(asked) => self.give_back(&order, asked).await,
                None if order.owes_its_buyer() => self.resolve_late(&order).await,
                None => return Ok(()),
            };
            match done {
                Err(Error::Store(store::Error::VersionConflict)) => lost += 1,
                // The news of a dispute may be lost.
                Err(Error::Stripe(StripeError::Disputed)) => {
                    if !self.hear_of_disputes(&order).await? && !captured {
                        self.give_up(&order).await?;
                    }
                    return Ok(());
                }
                other => other?,
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    /// Finds out which refunds of an order have come back from the buyer's bank, and owes them again.
    pub async fn follow_refunds(&self, channel: &Tenant, id: OrderId) -> Result<(), Error> {
        for _ in 0..TURNS {
            let order = store::order::get(&self.ordering.store, channel, id).await?;
            let there = match noted_intent(&order) {
                Some(intent) => self.ordering.stripe.refunds(&intent).await?,
                None => Vec::new(),
            };
            let came_back = |asked: &&RefundAsked| {
                let mut of_it =
                    there.iter().filter(|one| one.metadata.get(PART) == Some(&asked.id)).peekable();
                of_it.peek().is_some() && of_it.all(|one| !one.counts())
            };
            let failed = order.refunds.iter().filter(|asked| asked.may_fail()).filter(came_back);
            let failed: Vec<_> = failed.map(|asked| asked.id.clone()).collect();
            let (ledger_id, now) = (self.ordering.ids.next(), self.ordering.store.now());
            let looked_at = order.refunds_looked_at(&failed, ledger_id, now);
            if !failed.is_empty() {
                tracing::error!(order.id = %id, refunds = ?failed, alarm = "refund_failed", "the buyer's bank did not take a refund");
            }
            let saved = match looked_at.map_err(StepError::from)? {
                (next, Some(posted)) => {
                    store::order::save_posting(&self.ordering.store, &order, &next, &posted).await
                }
                (next, None) => store::order::save(&self.ordering.store, &order, &next).await,
            };
            match saved {
                Err(store::Error::VersionConflict) => {}
                other => return Ok(other?),
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    /// Brings an order up to its vendors' shipments; answers it as it then is.
    pub async fn follow(&self, mut order: Order) -> Result<Order, Error> {
        for _ in 0..TURNS {
            if order.is_provisional() {
                return Ok(order);
            }
            let shipments = store::shipment::of_order(&self.ordering.store, &order).await?;
            let Some(next) = order.following(&shipments, self.ordering.store.now()) else {
                return Ok(order);
            };
            match store::order::save(&self.ordering.store, &order, &next).await {
                Err(store::Error::VersionConflict) => {
                    order = store::order::get(&self.ordering.store, &order.channel, order.id).await?;
                }
                other => return Ok(other.map(|()| next)?),
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    /// Confirms a paid order; false where its goods can't be had, and it was ended instead.
    async fn confirm(&self, order: &Order) -> Result<bool, Error> {
        let now = self.ordering.store.now();
        let confirmed = order.confirmed(self.ordering.ids.next(), now)?;
        match store::order::confirm(&self.ordering.store, order, &confirmed).await {
            Err(store::Error::NotForSale(variant)) => {
                tracing::error!(order.id = %order.id, %variant, alarm = "stock_missing", "what was paid for is not there");
                let (ended, ledger) = order.out_of_stock(self.ordering.ids.next(), now)?;
                store::order::end_without_goods(&self.ordering.store, order, &ended, &ledger).await?;
                Ok(false)
            }
            other => Ok(other.map(|()| true)?),
        }
    }

    /// Money for an order that had ended: it is filled after all where it may be and its goods can be held again; otherwise all of it goes back.
    async fn resolve_late(&self, order: &Order) -> Result<(), Error> {
        if order.may_revive() && self.revive(order).await? {
            return Ok(());
        }
        let asked = order.asking_all_back(self.ordering.ids.next(), self.ordering.store.now());
        let (next, ledger) = asked.map_err(StepError::from)?;
        Ok(store::order::save_posting(&self.ordering.store, order, &next, &ledger).await?)
    }

    /// Holds the goods of an order again that was paid late; answers whether it could. Not where its buyer has ordered them anew meanwhile, nor where a
    /// vendor does not sell any more.
    async fn revive(&self, order: &Order) -> Result<bool, Error> {
        let now = self.ordering.store.now();
        let cart = match store::cart::get(&self.ordering.store, &order.channel, order.cart_id).await {
            Err(store::Error::NotFound) => None,
            other => Some(other?),
        };
        if cart.as_ref().is_some_and(|cart| cart.order_id.is_some_and(|other| other != order.id)) {
            return Ok(false);
        }
        let vendors: Vec<_> = order.shipments.iter().map(|part| part.vendor_id).collect();
        let vendors = store::vendor::get_all(&self.ordering.store, &vendors).await?;
        if !vendors.iter().all(Vendor::sells) {
            return Ok(false);
        }
        let next = order.revived(now)?;
        // Its cart waits for the same goods: it goes with the order again.
        let waiting = cart.as_ref().filter(|cart| order.is_of(cart));
        let taken = waiting.and_then(|cart| cart.checked_out(order.id, now).ok());
        let carts = cart.as_ref().zip(taken.as_ref());
        match store::order::save_moving(&self.ordering.store, order, &next, carts, None).await {
            Err(store::Error::InsufficientStock { .. } | store::Error::NotForSale(_)) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }

    /// Gives a part back. The refund's key is the order's and the part's, so a repeat gives nothing back twice.
    async fn give_back(&self, order: &Order, asked: &RefundAsked) -> Result<(), Error> {
        if order.confirmed_at.is_some() {
            // What is taken back from its vendors stands in their statements by then.
            self.state(&order.channel, order.id).await?;
        }
        if let Some(intent) = noted_intent(order) {
            self.refund(order, asked, &intent).await?;
        }
        let given = order.refunded(asked, self.ordering.ids.next(), self.ordering.store.now());
        let (next, ledger) = given.map_err(StepError::from)?;
        Ok(store::order::save_posting(&self.ordering.store, order, &next, &ledger).await?)
    }

    /// Gives a part up that Stripe will not give back any more: the buyer's bank has taken another.
    async fn give_up(&self, order: &Order) -> Result<(), Error> {
        let Some(asked) = order.refund_due() else { return Ok(()) };
        tracing::error!(order.id = %order.id, refund = asked.id, alarm = "refund_failed", "Stripe gives a refund no more");
        let next = order.refund_given_up(asked, self.ordering.store.now());
        Ok(store::order::save(&self.ordering.store, order, &next).await?)
    }

    /// Where Stripe keeps a failure or another request under the key, or has forgotten it, the money may have gone back all the same: that is looked for before it is given.
    async fn refund(&self, order: &Order, asked: &RefundAsked, intent: &IntentId) -> Result<(), Error> {
        if may_be_forgotten(asked.asked_at, self.ordering.store.now())
            && self.was_given(asked, intent).await?
        {
            return Ok(());
        }
        let metadata = BTreeMap::from([
            ("tenant".to_owned(), order.channel.to_string()),
            ("order_id".to_owned(), order.id.to_string()),
            (PART.to_owned(), asked.id.clone()),
        ]);
        for key in keys(format!("refund:{}:{}", order.id, asked.id)) {
            let (intent_id, metadata) = (intent.clone(), metadata.clone());
            let wanted = NewRefund { key, intent: intent_id, amount: Some(asked.amount), metadata };
            match self.ordering.stripe.refund(wanted).await {
                // One that has failed is what Stripe answers under this key for a day.
                Ok(refund) if !refund.counts() => {
                    return Err(StripeError::Declined { code: "refund_failed".to_owned() }.into());
                }
                // All of it went back before.
                Ok(_) | Err(StripeError::InvalidState { .. }) => return Ok(()),
                Err(StripeError::Stuck | StripeError::Idempotency)
                    if self.was_given(asked, intent).await? =>
                {
                    return Ok(());
                }
                Err(StripeError::Stuck | StripeError::Idempotency) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StripeError::Stuck.into())
    }

    async fn was_given(&self, asked: &RefundAsked, intent: &IntentId) -> Result<bool, Error> {
        let given = self.ordering.stripe.refunds(intent).await?;
        Ok(given.iter().any(|refund| refund.counts() && refund.metadata.get(PART) == Some(&asked.id)))
    }
}
