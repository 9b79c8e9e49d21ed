//! Opening the payment of an order.

use std::collections::BTreeMap;

use domain::order::Order;
use payments::{Intent, NewIntent, StripeError, keys};

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
    ///
    /// Where Stripe keeps a failure under its key, or another request, as an earlier version of ours may have built it, another is made under the next. What that
    /// call may have made nobody can pay: it was never answered, so nobody knows its secret.
    pub(crate) async fn intent_of(&self, order: &Order) -> Result<Intent, Error> {
        let metadata = BTreeMap::from([
            ("tenant".to_owned(), order.channel.to_string()),
            ("order_id".to_owned(), order.id.to_string()),
        ]);
        for key in keys(format!("intent:{}", order.id)) {
            let wanted = NewIntent {
                key,
                amount: order.totals.total,
                currency: order.currency.code().to_owned(),
                metadata: metadata.clone(),
                transfer_group: order.id.to_string(),
                description: None,
            };
            match self.stripe.create_intent(wanted).await {
                Err(StripeError::Stuck | StripeError::Idempotency) => {
                    tracing::warn!(order.id = %order.id, "stripe keeps something else under the intent's key")
                }
                Err(error) => {
                    if error.is_final() && !error.is_about_the_amount() {
                        tracing::error!(order.id = %order.id, error = &error as &dyn std::error::Error, alarm = "intent_refused", "Stripe takes no such payment");
                    }
                    return Err(error.into());
                }
                Ok(intent) => return Ok(intent),
            }
        }
        Err(StripeError::Stuck.into())
    }
}
