use std::collections::BTreeMap;

use async_trait::async_trait;
use stripe_client_core::StripeRequest;
use stripe_connect::transfer::{CreateTransfer, ListTransfer};
use stripe_connect::transfer_reversal::{CreateIdTransferReversal, ListIdTransferReversal};
use stripe_core::balance::RetrieveForMyAccountBalance;
use stripe_core::charge::RetrieveCharge;
use stripe_core::dispute::ListDispute;

use super::{LiveStripe, convert, deadline, hashed, keyed};
use crate::{
    Cause, Dispute, Funds, IntentId, NewReversal, NewTransfer, Reversal, StripeError, Takings, Transfer,
    Transfers,
};

#[async_trait]
impl Transfers for LiveStripe {
    async fn transfer(&self, new: NewTransfer) -> Result<Transfer, StripeError> {
        let once = keyed(&new.key)?;
        let request = CreateTransfer::new(convert::currency(&new.currency), new.destination)
            .amount(new.amount)
            .source_transaction(new.source)
            .transfer_group(new.group)
            .metadata(hashed(new.metadata));
        let made = self
            .call(deadline(), || request.customize().request_strategy(once.clone()).send(&self.client))
            .await
            .map_err(StripeError::of_a_transfer)?;
        Ok(convert::transfer(made))
    }

    async fn reverse(&self, new: NewReversal) -> Result<Reversal, StripeError> {
        let once = keyed(&new.key)?;
        let request = CreateIdTransferReversal::new(new.transfer.as_str())
            .amount(new.amount)
            .metadata(hashed(new.metadata));
        let made = self
            .call(deadline(), || request.customize().request_strategy(once.clone()).send(&self.client))
            .await?;
        Ok(convert::reversal(made))
    }

    async fn transfers(&self, group: &str) -> Result<Vec<Transfer>, StripeError> {
        let request = ListTransfer::new().transfer_group(group).limit(100);
        let found = self.call(deadline(), || request.customize().send(&self.client)).await?;
        Ok(found.data.into_iter().map(convert::transfer).collect())
    }

    async fn reversals(&self, transfer: &str) -> Result<Vec<Reversal>, StripeError> {
        let request = ListIdTransferReversal::new(transfer).limit(100);
        let found = self.call(deadline(), || request.customize().send(&self.client)).await?;
        Ok(found.data.into_iter().map(convert::reversal).collect())
    }

    async fn funds(&self, account: &str) -> Result<BTreeMap<String, Funds>, StripeError> {
        let request = RetrieveForMyAccountBalance::new();
        let found = self
            .call(deadline(), || request.customize().account_id(account.into()).send(&self.client))
            .await?;
        Ok(convert::funds(found))
    }

    async fn balance(&self) -> Result<BTreeMap<String, i64>, StripeError> {
        let request = RetrieveForMyAccountBalance::new();
        let found = self.call(deadline(), || request.customize().send(&self.client)).await?;
        let funds = convert::funds(found).into_iter();
        Ok(funds.map(|(currency, part)| (currency, part.available + part.pending)).collect())
    }

    async fn takings(&self, charge: &str) -> Result<Option<Takings>, StripeError> {
        let request = RetrieveCharge::new(charge).expand(["balance_transaction".to_owned()]);
        let found = self.call(deadline(), || request.customize().send(&self.client)).await?;
        Ok(convert::takings(found))
    }

    async fn disputes(&self, intent: &IntentId) -> Result<Vec<Dispute>, StripeError> {
        let request = ListDispute::new().payment_intent(intent.as_str()).limit(100);
        let found = self.call(deadline(), || request.customize().send(&self.client)).await?;
        let found = found.data.into_iter().map(Dispute::try_from).collect::<Result<_, _>>();
        found.map_err(|_| StripeError::Unavailable(Cause::Unreadable))
    }
}
