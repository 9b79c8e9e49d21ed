//! Ways to break what goes to Stripe, and what is posted for it.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use payments::{
    Dispute, Funds, Intent, IntentId, IntentStatus, NewIntent, NewRefund, NewReversal, NewTransfer, Refund,
    Reversal, Stripe, StripeError, Takings, Transfer, Transfers,
};
use serde_json::Value;
use stripe_fake::{
    InProcessStripe, Machine,
    machine::{Method, Params, Request},
};
use table::Item;

use crate::simulation::world::START_MS;

/// Says that an intent is cancelled that is not.
pub(super) struct NeverCancels(pub(super) Arc<dyn Stripe>);

#[async_trait]
impl Stripe for NeverCancels {
    async fn create_intent(&self, intent: NewIntent) -> Result<Intent, StripeError> {
        self.0.create_intent(intent).await
    }

    async fn intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        self.0.intent(id).await
    }

    async fn cancel_intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        Ok(Intent { status: IntentStatus::Canceled, ..self.0.intent(id).await? })
    }

    async fn refund(&self, refund: NewRefund) -> Result<Refund, StripeError> {
        self.0.refund(refund).await
    }

    async fn refunds(&self, intent: &IntentId) -> Result<Vec<Refund>, StripeError> {
        self.0.refunds(intent).await
    }
}

/// A sale whose platform's shares are a cent more where there was half a one.
pub(super) fn rounded(mut item: Item) -> Item {
    if item.str("entity") == Some("ledger") && item.str("kind") == Some("sale") {
        let entries = item.doc_mut().get_mut("entries").and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten().filter(|entry| entry["account"] == "PLATFORM_REVENUE") {
            let amount = entry["amount"].as_i64().unwrap();
            entry["amount"] = (amount + amount % 2).into();
        }
    }
    item
}

/// Transfers a cent to somebody for each intent that is made, as soon as there is one.
pub(super) struct TooEarly(pub(super) Arc<dyn Stripe>, pub(super) InProcessStripe);

#[async_trait]
impl Stripe for TooEarly {
    async fn create_intent(&self, intent: NewIntent) -> Result<Intent, StripeError> {
        let group = intent.transfer_group.clone();
        let made = self.0.create_intent(intent).await?;
        transfer_too_early(&mut self.1.machine(), group);
        Ok(made)
    }

    async fn intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        self.0.intent(id).await
    }

    async fn cancel_intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        self.0.cancel_intent(id).await
    }

    async fn refund(&self, refund: NewRefund) -> Result<Refund, StripeError> {
        self.0.refund(refund).await
    }

    async fn refunds(&self, intent: &IntentId) -> Result<Vec<Refund>, StripeError> {
        self.0.refunds(intent).await
    }
}

fn transfer_too_early(machine: &mut Machine, group: String) {
    let made = machine.transfers();
    let Some(destination) = made.first().and_then(|first| first["destination"].as_str()) else { return };
    let params = Params::default()
        .with("amount", "1")
        .with("currency", "eur")
        .with("destination", destination)
        .with("transfer_group", group);
    let path = "/v1/transfers".to_owned();
    let request = Request { method: Method::Post, path, params, idempotency_key: None, account: None };
    let _made = machine.handle(&request, START_MS);
}

/// Takes a cent more back than was asked for where that is still there (1), or nothing (0).
pub(super) struct WrongReversals(pub(super) Arc<dyn Transfers>, pub(super) i64);

#[async_trait]
impl Transfers for WrongReversals {
    async fn transfer(&self, transfer: NewTransfer) -> Result<Transfer, StripeError> {
        self.0.transfer(transfer).await
    }

    async fn reverse(&self, reversal: NewReversal) -> Result<Reversal, StripeError> {
        if self.1 == 0 {
            let (id, amount, metadata) =
                (format!("trr_{}", reversal.key), reversal.amount, reversal.metadata);
            return Ok(Reversal { id, amount, metadata });
        }
        let more = NewReversal { amount: reversal.amount + self.1, ..reversal.clone() };
        match self.0.reverse(more).await {
            Err(StripeError::Refused { .. } | StripeError::TooLittleThere) => self.0.reverse(reversal).await,
            other => other,
        }
    }

    async fn transfers(&self, group: &str) -> Result<Vec<Transfer>, StripeError> {
        self.0.transfers(group).await
    }

    async fn reversals(&self, transfer: &str) -> Result<Vec<Reversal>, StripeError> {
        self.0.reversals(transfer).await
    }

    async fn funds(&self, account: &str) -> Result<BTreeMap<String, Funds>, StripeError> {
        self.0.funds(account).await
    }

    async fn balance(&self) -> Result<BTreeMap<String, i64>, StripeError> {
        self.0.balance().await
    }

    async fn takings(&self, charge: &str) -> Result<Option<Takings>, StripeError> {
        self.0.takings(charge).await
    }

    async fn disputes(&self, intent: &IntentId) -> Result<Vec<Dispute>, StripeError> {
        self.0.disputes(intent).await
    }
}
