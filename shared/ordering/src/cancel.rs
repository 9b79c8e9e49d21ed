//! Ending an order: unpaid ones by their time, and whichever its buyer asks for before a vendor works on it.

use domain::{
    OrderId, Tenant,
    cart::Cart,
    order::{CancelReason, Order, OrderStatus, StepError},
    payment::PaymentEvent,
    shipment::{Shipment, ShipmentStatus},
};
use payments::{Intent, IntentStatus, StripeError};
use store::order::Report;

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
            let Some(intent) = self.stop(&order).await? else {
                match self.release(&order, reason).await {
                    Err(store::Error::VersionConflict) => continue,
                    other => return Ok(Cancelled::Yes(Box::new(other?))),
                }
            };
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

    /// Cancels the intent, or answers how it stands if it can't be cancelled any more; none where Stripe takes no payment of this amount.
    async fn stop(&self, order: &Order) -> Result<Option<Intent>, Error> {
        // A checkout that was stopped may have left an intent that was never noted: the same key finds it.
        let id = match noted_intent(order) {
            Some(id) => id,
            None => match self.intent_of(order).await {
                Err(Error::Stripe(error)) if error.is_about_the_amount() => return Ok(None),
                other => other?.id,
            },
        };
        match self.stripe.cancel_intent(&id).await {
            Err(StripeError::InvalidState { .. }) => Ok(Some(self.stripe.intent(&id).await?)),
            other => Ok(Some(other?)),
        }
    }

    async fn release(&self, order: &Order, reason: CancelReason) -> Result<Order, store::Error> {
        // Only an unpaid order gets here, and the machine lets that be cancelled.
        let next = order.cancelled(reason, self.store.now()).map_err(|_| store::Error::VersionConflict)?;
        let (cart, reopened) = self.cart_of(order).await?.unzip();
        let carts = cart.as_ref().zip(reopened.as_ref());
        store::order::save_moving(&self.store, order, &next, carts, None).await?;
        Ok(next)
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

    /// Writes down that an order's intent has succeeded, whatever has become of its webhook.
    pub(crate) async fn report_captured(&self, order: &Order, intent: &Intent) -> Result<(), store::Error> {
        self.report(order, intent, PaymentEvent::Captured).await
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
