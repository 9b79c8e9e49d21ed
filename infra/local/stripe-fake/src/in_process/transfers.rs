use std::collections::BTreeMap;

use async_trait::async_trait;
use payments::{
    Dispute, DisputeStatus, Funds, IntentId, NewReversal, NewTransfer, Reversal, StripeError, Takings,
    Transfer, Transfers,
};
use serde_json::Value;

use super::{InProcessStripe, list, number, text, texts, unreadable};
use crate::machine::Params;

#[async_trait]
impl Transfers for InProcessStripe {
    async fn transfer(&self, new: NewTransfer) -> Result<Transfer, StripeError> {
        let params = Params::default()
            .with("amount", new.amount.to_string())
            .with("currency", new.currency.to_ascii_lowercase())
            .with("destination", new.destination)
            .with("source_transaction", new.source)
            .with("transfer_group", new.group)
            .with_group("metadata", new.metadata);
        transfer(&self.post("/v1/transfers", params, Some(new.key)).map_err(StripeError::of_a_transfer)?)
    }

    async fn reverse(&self, new: NewReversal) -> Result<Reversal, StripeError> {
        let params =
            Params::default().with("amount", new.amount.to_string()).with_group("metadata", new.metadata);
        let path = format!("/v1/transfers/{}/reversals", new.transfer);
        reversal(&self.post(&path, params, Some(new.key))?)
    }

    async fn transfers(&self, group: &str) -> Result<Vec<Transfer>, StripeError> {
        let params = Params::default().with("transfer_group", group).with("limit", "100");
        list(&self.get("/v1/transfers", params)?, transfer)
    }

    async fn reversals(&self, transfer: &str) -> Result<Vec<Reversal>, StripeError> {
        let params = Params::default().with("limit", "100");
        list(&self.get(&format!("/v1/transfers/{transfer}/reversals"), params)?, reversal)
    }

    async fn funds(&self, account: &str) -> Result<BTreeMap<String, Funds>, StripeError> {
        funds(&self.get_of(account, "/v1/balance", Params::default())?)
    }

    async fn balance(&self) -> Result<BTreeMap<String, i64>, StripeError> {
        let funds = funds(&self.get("/v1/balance", Params::default())?)?.into_iter();
        Ok(funds.map(|(currency, part)| (currency, part.available + part.pending)).collect())
    }

    async fn takings(&self, charge: &str) -> Result<Option<Takings>, StripeError> {
        let expand = [("0".to_owned(), "balance_transaction".to_owned())];
        let params = Params::default().with_group("expand", expand);
        let found = self.get(&format!("/v1/charges/{charge}"), params)?;
        let moved = found.get("balance_transaction").filter(|moved| moved.is_object());
        Ok(moved.map(|moved| Takings {
            amount: number(moved, "amount"),
            fee: number(moved, "fee"),
            currency: text(moved, "currency").unwrap_or_default().to_ascii_uppercase(),
        }))
    }

    async fn disputes(&self, intent: &IntentId) -> Result<Vec<Dispute>, StripeError> {
        let params = Params::default().with("payment_intent", intent.as_str()).with("limit", "100");
        list(&self.get("/v1/disputes", params)?, dispute)
    }
}

fn transfer(body: &Value) -> Result<Transfer, StripeError> {
    Ok(Transfer {
        id: text(body, "id").ok_or_else(unreadable)?,
        amount: number(body, "amount"),
        amount_reversed: number(body, "amount_reversed"),
        currency: text(body, "currency").unwrap_or_default().to_ascii_uppercase(),
        destination: text(body, "destination"),
        source: text(body, "source_transaction"),
        group: text(body, "transfer_group"),
        metadata: body.get("metadata").and_then(Value::as_object).map(texts).unwrap_or_default(),
    })
}

fn funds(found: &Value) -> Result<BTreeMap<String, Funds>, StripeError> {
    let parts = |name| found.get(name).and_then(Value::as_array).ok_or_else(unreadable);
    let upper = |part: &Value| text(part, "currency").unwrap_or_default().to_ascii_uppercase();
    let mut funds: BTreeMap<String, Funds> = BTreeMap::new();
    for part in parts("available")? {
        funds.entry(upper(part)).or_default().available += number(part, "amount");
    }
    for part in parts("pending")? {
        funds.entry(upper(part)).or_default().pending += number(part, "amount");
    }
    Ok(funds)
}

fn dispute(body: &Value) -> Result<Dispute, StripeError> {
    let moved = body.get("balance_transactions").and_then(Value::as_array);
    Ok(Dispute {
        id: text(body, "id").ok_or_else(unreadable)?,
        charge: text(body, "charge").ok_or_else(unreadable)?,
        intent: text(body, "payment_intent").and_then(|id| id.parse().ok()),
        status: DisputeStatus::from_stripe(&text(body, "status").unwrap_or_default()),
        amount: number(body, "amount"),
        fee: moved.into_iter().flatten().map(|moved| number(moved, "fee")).sum(),
        currency: text(body, "currency").unwrap_or_default().to_ascii_uppercase(),
    })
}

fn reversal(body: &Value) -> Result<Reversal, StripeError> {
    Ok(Reversal {
        id: text(body, "id").ok_or_else(unreadable)?,
        amount: number(body, "amount"),
        metadata: body.get("metadata").and_then(Value::as_object).map(texts).unwrap_or_default(),
    })
}
