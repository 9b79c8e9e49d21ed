//! Keeping the books of an order complete: what was posted stands in its vendors' statements, and what Stripe kept is posted.

use domain::{
    Currency, LedgerTransactionId, OrderId, Tenant,
    ledger::{Kind, Transaction, entries},
    order::{Order, StepError},
};

use crate::{Error, Settling};

impl Settling {
    /// Copies what was posted for an order into its vendors' statements; answers what was posted.
    pub async fn state(&self, channel: &Tenant, id: OrderId) -> Result<Vec<Transaction>, Error> {
        let posted = store::ledger::of_order(&self.ordering.store, channel, id).await?;
        for transaction in &posted {
            store::ledger::state(&self.ordering.store, transaction).await?;
        }
        Ok(posted)
    }

    /// The same where most of it was probably copied before: what is missing is looked for first, which costs less than writes that come to nothing.
    pub async fn state_again(&self, channel: &Tenant, id: OrderId) -> Result<Vec<Transaction>, Error> {
        let posted = store::ledger::of_order(&self.ordering.store, channel, id).await?;
        store::ledger::state_missing(&self.ordering.store, &posted).await?;
        Ok(posted)
    }

    /// Posts what Stripe kept of a captured payment, unless it is among what was posted; answers whether that is known. Stripe tells once the charge has been
    /// settled, which takes days with some methods.
    pub async fn note_fee(&self, order: &Order, posted: &[Transaction]) -> Result<bool, Error> {
        let charge = order.payment.charge_id.as_deref().filter(|charge| !charge.is_empty());
        let Some(charge) = charge.filter(|_| posted.iter().all(|one| one.kind != Kind::Fee)) else {
            return Ok(true);
        };
        let Some(takings) = self.transfers.takings(charge).await? else { return Ok(false) };
        let Ok(currency) = takings.currency.parse::<Currency>() else {
            tracing::error!(order.id = %order.id, alarm = "books_incomplete", "Stripe keeps its fee in an unknown currency");
            return Ok(true);
        };
        // A fee of nothing is posted too, without entries: it is known then.
        let id = LedgerTransactionId::once_for(order.id);
        let (now, entries) = (self.ordering.store.now(), entries::fee(takings.fee));
        let fee = Transaction::balanced(id, Kind::Fee, order.id, currency, entries, now);
        let fee = fee.map_err(StepError::from)?;
        store::ledger::post_once(&self.ordering.store, &order.channel, &fee).await?;
        Ok(true)
    }
}
