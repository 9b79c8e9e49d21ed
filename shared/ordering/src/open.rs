//! Opening the payment of an order.

use std::collections::BTreeMap;

use domain::order::Order;
use payments::{Intent, NewIntent};

use crate::{Error, Ordering};

impl Ordering {
    /// Makes sure that an order has its intent, and answers the order with it.
    ///
    /// A call that was stopped half-way is continued: the intent's key is the order's id, so Stripe answers the one that was made.
    pub async fn open_intent(&self, order: &Order) -> Result<Order, Error> {
        if order.payment.client_secret.is_some() {
            return Ok(order.clone());
        }
        let intent = self.intent_of(order).await?;
        let noted = store::order::note_intent(
            &self.store,
            &order.channel,
            order.id,
            intent.id.as_str(),
            intent.client_secret.expose(),
        );
        Ok(noted.await?)
    }

    /// The order's intent, made now if it was not made before.
    pub(crate) async fn intent_of(&self, order: &Order) -> Result<Intent, Error> {
        let metadata = BTreeMap::from([
            ("tenant".to_owned(), order.channel.to_string()),
            ("order_id".to_owned(), order.id.to_string()),
        ]);
        let wanted = NewIntent {
            key: format!("intent:{}", order.id),
            amount: order.totals.total,
            currency: order.currency.code().to_owned(),
            metadata,
            transfer_group: order.id.to_string(),
            description: None,
        };
        Ok(self.stripe.create_intent(wanted).await?)
    }
}
