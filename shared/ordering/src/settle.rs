//! What follows from money that arrived, and from parcels that moved.

use std::collections::BTreeMap;

use domain::{
    OrderId, Tenant,
    order::{Order, OrderStatus, Refund},
    payment::PaymentState,
};
use payments::{IntentId, NewRefund};

use crate::{Error, Ordering, TURNS};

impl Ordering {
    /// Does what a captured payment asks for: confirms a paid order, gives the money of a cancelled one back.
    pub async fn settle(&self, channel: &Tenant, id: OrderId) -> Result<(), Error> {
        for _ in 0..TURNS {
            let order = store::order::get(&self.store, channel, id).await?;
            let done = match (order.status, order.payment.state) {
                (OrderStatus::Paid, PaymentState::Captured) => self.confirm(&order).await,
                (OrderStatus::Cancelled, PaymentState::Captured) if order.refund != Refund::Full => {
                    self.refund_late_capture(&order).await
                }
                _ => return Ok(()),
            };
            match done {
                Err(Error::Store(store::Error::VersionConflict)) => {}
                other => return other,
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    /// Brings an order up to its vendors' shipments.
    pub async fn follow(&self, channel: &Tenant, id: OrderId) -> Result<(), Error> {
        for _ in 0..TURNS {
            let order = store::order::get(&self.store, channel, id).await?;
            if order.is_provisional() {
                return Ok(());
            }
            let shipments = store::shipment::of_order(&self.store, &order).await?;
            let Some(next) = order.following(&shipments, self.store.now()) else {
                return Ok(());
            };
            if matches!(next.status, OrderStatus::Delivered | OrderStatus::Cancelled) {
                // Nobody looks at it after this: what its vendors' statements have to say of it, they say by then.
                self.state(channel, id).await?;
            }
            match store::order::save(&self.store, &order, &next).await {
                Err(store::Error::VersionConflict) => {}
                other => return Ok(other?),
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    /// Copies what was posted for an order into its vendors' statements.
    pub async fn state(&self, channel: &Tenant, id: OrderId) -> Result<(), Error> {
        for transaction in store::ledger::of_order(&self.store, channel, id).await? {
            store::ledger::state(&self.store, &transaction).await?;
        }
        Ok(())
    }

    async fn confirm(&self, order: &Order) -> Result<(), Error> {
        let confirmed = order.confirmed(self.ids.next(), self.store.now())?;
        store::order::confirm(&self.store, order, &confirmed).await?;
        Ok(())
    }

    /// No goods, no money (rule 3). The refund's key is the order's, so a repeat gives nothing back twice.
    async fn refund_late_capture(&self, order: &Order) -> Result<(), Error> {
        if let Some(intent) = order.payment.intent_id.as_ref().and_then(|id| id.parse::<IntentId>().ok()) {
            let metadata = BTreeMap::from([("order_id".to_owned(), order.id.to_string())]);
            let key = format!("refund:{}:late", order.id);
            match self.stripe.refund(NewRefund { key, intent, amount: None, metadata }).await {
                // All of it went back before.
                Ok(_) | Err(payments::StripeError::InvalidState { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let next = Order {
            refund: Refund::Full,
            updated_at: self.store.now(),
            version: order.version + 1,
            ..order.clone()
        };
        store::order::save(&self.store, order, &next).await?;
        Ok(())
    }
}
