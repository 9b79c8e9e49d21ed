//! Ending an order that was not paid.

use domain::{
    OrderId, Tenant,
    order::{CancelReason, Order, OrderStatus},
    payment::PaymentEvent,
};
use payments::{Intent, IntentId, IntentStatus, StripeError};
use store::order::Report;

use crate::{Error, Ordering, TURNS};

/// What became of an order that was to be cancelled.
#[derive(Clone, Debug)]
pub enum Cancelled {
    /// It is cancelled, now or before.
    Yes(Box<Order>),
    /// It is paid: nothing was cancelled.
    Paid,
    /// Its payment is under way at a bank: nobody can stop it now.
    Processing,
}

impl Ordering {
    /// Ends an unpaid order: its intent at Stripe first, then its holds; its cart can try again.
    pub async fn cancel_unpaid(
        &self,
        channel: &Tenant,
        id: OrderId,
        reason: CancelReason,
    ) -> Result<Cancelled, Error> {
        for _ in 0..TURNS {
            let order = store::order::get(&self.store, channel, id).await?;
            if order.status == OrderStatus::Cancelled {
                return Ok(Cancelled::Yes(Box::new(order)));
            }
            if !order.is_unpaid() {
                return Ok(Cancelled::Paid);
            }
            let intent = self.stop(&order).await?;
            let settled = match intent.status {
                IntentStatus::Canceled => match self.release(&order, reason).await {
                    Ok(order) => return Ok(Cancelled::Yes(Box::new(order))),
                    Err(error) => Err(error),
                },
                IntentStatus::Succeeded => {
                    self.report(&order, &intent, PaymentEvent::Captured).await.map(|()| Cancelled::Paid)
                }
                _ => self
                    .report(&order, &intent, PaymentEvent::Processing)
                    .await
                    .map(|()| Cancelled::Processing),
            };
            match settled {
                Err(store::Error::VersionConflict) => {}
                other => return Ok(other?),
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    /// Cancels the intent, or answers how it stands if it can't be cancelled any more.
    async fn stop(&self, order: &Order) -> Result<Intent, Error> {
        let noted = order.payment.intent_id.as_ref().and_then(|id| id.parse::<IntentId>().ok());
        // A checkout that was stopped may have left an intent that was never noted: the same key finds it.
        let id = match noted {
            Some(id) => id,
            None => self.intent_of(order).await?.id,
        };
        match self.stripe.cancel_intent(&id).await {
            Err(StripeError::InvalidState { .. }) => Ok(self.stripe.intent(&id).await?),
            other => Ok(other?),
        }
    }

    async fn release(&self, order: &Order, reason: CancelReason) -> Result<Order, store::Error> {
        let now = self.store.now();
        // Only an unpaid order gets here, and the machine lets that be cancelled.
        let next = order.cancelled(reason, now).map_err(|_| store::Error::VersionConflict)?;
        let cart = match store::cart::get(&self.store, &order.channel, order.cart_id).await {
            Ok(cart) => Some(cart),
            Err(store::Error::NotFound) => None,
            Err(error) => return Err(error),
        };
        let reopened = cart.as_ref().and_then(|cart| cart.reopened(order.id, now));
        let carts = cart.as_ref().zip(reopened.as_ref());
        store::order::cancel(&self.store, order, &next, carts).await?;
        Ok(next)
    }

    async fn report(&self, order: &Order, intent: &Intent, event: PaymentEvent) -> Result<(), store::Error> {
        let report = Report {
            intent_id: intent.id.as_str().to_owned(),
            event,
            amount: order.money(intent.amount),
            charge_id: intent.charge.clone(),
            at: self.store.now(),
        };
        store::order::record(&self.store, &order.channel, order.id, &report).await?;
        Ok(())
    }
}
