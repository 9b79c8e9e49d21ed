//! Ending an order: unpaid ones by their time, and whichever its buyer asks for before a vendor works on it.

use domain::{
    Money, OrderId, Tenant,
    cart::Cart,
    order::{CancelReason, Order, OrderStatus, StepError},
    payment::PaymentEvent,
    shipment::{Shipment, ShipmentStatus},
};
use payments::{Intent, IntentStatus, StripeError};
use store::order::{Recorded, Report};

use crate::{Error, Ordering, TURNS, noted_intent};

/// What became of an order that was to be cancelled.
#[derive(Clone, Debug)]
pub enum Cancelled {
    /// It is cancelled, now or before.
    Yes(Box<Order>),
    /// It is paid: nothing was cancelled.
    Paid,
    /// Its payment is under way at a bank: nobody can stop it now.
    Processing,
    /// A vendor works on it, or has sent it.
    InProgress,
}

impl Ordering {
    /// Ends an order for its buyer, paid or not, as long as no vendor works on it. What was paid is asked back.
    pub async fn call_off(&self, channel: &Tenant, id: OrderId) -> Result<Cancelled, Error> {
        for _ in 0..TURNS {
            match self.cancel_unpaid(channel, id, CancelReason::Buyer).await? {
                Cancelled::Paid => {}
                other => return Ok(other),
            }
            match self.call_off_paid(channel, id).await {
                Err(Error::Store(store::Error::VersionConflict)) => {}
                other => return other,
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    async fn call_off_paid(&self, channel: &Tenant, id: OrderId) -> Result<Cancelled, Error> {
        let order = store::order::get(&self.store, channel, id).await?;
        match order.status {
            OrderStatus::Paid => {
                let (reason, now) = (CancelReason::Buyer, self.store.now());
                let (next, ledger) = order.called_off(reason, self.ids.next(), now)?;
                let (cart, reopened) = self.cart_of(&order).await?.unzip();
                let carts = cart.as_ref().zip(reopened.as_ref());
                store::order::save_moving(&self.store, &order, &next, carts, Some(&ledger)).await?;
                Ok(Cancelled::Yes(Box::new(next)))
            }
            OrderStatus::Confirmed => {
                let mut shipments = store::shipment::of_order(&self.store, &order).await?;
                shipments.retain(|shipment| shipment.status != ShipmentStatus::Cancelled);
                if shipments.iter().any(|shipment| shipment.status != ShipmentStatus::Pending) {
                    return Ok(Cancelled::InProgress);
                }
                self.withdraw(&order, &shipments, CancelReason::Buyer).await
            }
            OrderStatus::Processing | OrderStatus::Shipped | OrderStatus::Delivered => {
                Ok(Cancelled::InProgress)
            }
            OrderStatus::Cancelled => Ok(Cancelled::Yes(Box::new(order))),
            // It was changed meanwhile: look again.
            _ => Err(store::Error::VersionConflict.into()),
        }
    }

    async fn withdraw(
        &self,
        order: &Order,
        shipments: &[Shipment],
        reason: CancelReason,
    ) -> Result<Cancelled, Error> {
        let withdrawn = match order.withdrawn(shipments, reason, self.ids.next(), self.store.now()) {
            Err(StepError::Illegal(_)) => return Ok(Cancelled::InProgress),
            other => other?,
        };
        store::order::withdraw(&self.store, (order, shipments), &withdrawn).await?;
        Ok(Cancelled::Yes(Box::new(withdrawn.order)))
    }

    /// Ends an unpaid order: its intent at Stripe first, then its holds; its cart can try again.
    ///
    /// An intent of another amount or currency than the order's pays nothing, whatever has become of it: the order ends, and somebody has to look.
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
            match self.end(&order, reason).await {
                Ok(Some(cancelled)) => return Ok(cancelled),
                Ok(None) | Err(Error::Store(store::Error::VersionConflict)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    /// One try to end an unpaid order; nothing where its payment has moved on meanwhile, and it has to be looked at again.
    async fn end(&self, order: &Order, reason: CancelReason) -> Result<Option<Cancelled>, Error> {
        let Some(intent) = self.stop(order).await? else {
            return Ok(Some(self.release(order, reason).await?));
        };
        let (event, becomes) = match intent.status {
            IntentStatus::Canceled => return Ok(Some(self.release(order, reason).await?)),
            IntentStatus::Succeeded => (PaymentEvent::Captured, Cancelled::Paid),
            IntentStatus::Processing | IntentStatus::RequiresCapture | IntentStatus::Unknown(_) => {
                (PaymentEvent::Processing, Cancelled::Processing)
            }
            // What was under way has failed since: it can be cancelled again.
            IntentStatus::RequiresPaymentMethod
            | IntentStatus::RequiresConfirmation
            | IntentStatus::RequiresAction => return Ok(None),
        };
        match self.report(order, &intent, event).await? {
            Recorded::Mismatch => Ok(Some(self.release(order, reason).await?)),
            Recorded::Done | Recorded::Already | Recorded::Late => Ok(Some(becomes)),
        }
    }

    /// Cancels the intent, or answers how it stands if it can't be cancelled any more; none where Stripe takes no such payment.
    async fn stop(&self, order: &Order) -> Result<Option<Intent>, Error> {
        // A checkout that was stopped may have left an intent that was never noted: the same key finds it.
        let id = match noted_intent(order) {
            Some(id) => id,
            None => match self.intent_of(order).await {
                Err(Error::Stripe(error)) if error.is_final() => return Ok(None),
                other => other?.id,
            },
        };
        match self.stripe.cancel_intent(&id).await {
            Err(StripeError::InvalidState { .. }) => Ok(Some(self.stripe.intent(&id).await?)),
            other => Ok(Some(other?)),
        }
    }

    async fn release(&self, order: &Order, reason: CancelReason) -> Result<Cancelled, store::Error> {
        // Only an unpaid order gets here, and the machine lets that be cancelled.
        let next = order.cancelled(reason, self.store.now()).map_err(|_| store::Error::VersionConflict)?;
        let (cart, reopened) = self.cart_of(order).await?.unzip();
        let carts = cart.as_ref().zip(reopened.as_ref());
        store::order::save_moving(&self.store, order, &next, carts, None).await?;
        Ok(Cancelled::Yes(Box::new(next)))
    }

    /// The cart of an order, as it is and open again; none where it waits for another order, or is gone.
    async fn cart_of(&self, order: &Order) -> Result<Option<(Cart, Cart)>, store::Error> {
        let cart = match store::cart::get(&self.store, &order.channel, order.cart_id).await {
            Err(store::Error::NotFound) => return Ok(None),
            other => other?,
        };
        let reopened = cart.reopened(order.id, self.store.now());
        Ok(reopened.map(|reopened| (cart, reopened)))
    }

    /// Writes down what an order's intent says, whatever has become of its webhook.
    pub(crate) async fn report(
        &self,
        order: &Order,
        intent: &Intent,
        event: PaymentEvent,
    ) -> Result<Recorded, store::Error> {
        let amount = if event == PaymentEvent::Captured { intent.amount_received } else { intent.amount };
        let recorded = match intent.currency.parse() {
            Ok(currency) => {
                let report = Report {
                    intent_id: intent.id.as_str().to_owned(),
                    event,
                    amount: Money::new(amount, currency),
                    charge_id: intent.charge.clone(),
                    at: self.store.now(),
                };
                store::order::record(&self.store, &order.channel, order.id, &report).await?
            }
            Err(_) => Recorded::Mismatch,
        };
        if recorded == Recorded::Mismatch {
            tracing::error!(order.id = %order.id, alarm = "payment_mismatch", "a payment does not match its order");
        }
        Ok(recorded)
    }
}
