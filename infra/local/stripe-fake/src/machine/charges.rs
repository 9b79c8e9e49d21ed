//! Charges: what an intent's tries left behind. Source: <https://docs.stripe.com/api/charges/object>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::funds::BalanceTransaction;
use super::{Machine, Params, Refusal};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ChargeStatus {
    Pending,
    Succeeded,
    Failed,
}

#[derive(Clone)]
pub(super) struct Charge {
    pub(super) id: String,
    pub(super) intent: String,
    pub(super) amount: i64,
    pub(super) amount_refunded: i64,
    pub(super) disputed: bool,
    pub(super) currency: String,
    pub(super) created: i64,
    pub(super) status: ChargeStatus,
    pub(super) description: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) transfer_group: Option<String>,
    pub(super) payment_method: String,
    pub(super) balance_transaction: Option<String>,
    /// Code and message of a failed try.
    pub(super) failure: Option<(&'static str, &'static str)>,
}

impl Charge {
    pub(super) fn paid(&self) -> bool {
        self.status == ChargeStatus::Succeeded
    }

    pub(super) fn json(&self) -> Value {
        let (status, outcome) = match self.status {
            ChargeStatus::Pending => ("pending", "authorized"),
            ChargeStatus::Succeeded => ("succeeded", "authorized"),
            ChargeStatus::Failed => ("failed", "issuer_declined"),
        };
        let network =
            if self.status == ChargeStatus::Failed { "declined_by_network" } else { "approved_by_network" };
        json!({
            "id": self.id, "object": "charge", "amount": self.amount, "amount_captured": if self.paid() { self.amount } else { 0 },
            "amount_refunded": self.amount_refunded, "application": null, "application_fee": null, "application_fee_amount": null,
            "balance_transaction": self.balance_transaction, "billing_details": billing_details(), "calculated_statement_descriptor": "SOUK",
            "captured": self.paid(), "created": self.created, "currency": self.currency, "customer": null, "description": self.description,
            "disputed": self.disputed, "failure_balance_transaction": null, "failure_code": self.failure.map(|f| f.0),
            "failure_message": self.failure.map(|f| f.1), "fraud_details": {}, "livemode": false, "metadata": self.metadata,
            "on_behalf_of": null,
            "outcome": {"network_status": network, "reason": self.failure.map(|f| f.0), "risk_level": "normal", "seller_message": "…", "type": outcome},
            "paid": self.paid(), "payment_intent": self.intent, "payment_method": self.payment_method,
            "payment_method_details": {"card": card(), "type": "card"}, "receipt_email": null, "receipt_number": null, "receipt_url": null,
            "refunded": self.amount_refunded == self.amount, "review": null, "shipping": null, "source": null, "source_transfer": null,
            "statement_descriptor": null, "statement_descriptor_suffix": null, "status": status, "transfer_data": null,
            "transfer_group": self.transfer_group,
        })
    }
}

/// A payment method as an error or an intent shows it.
pub(super) fn payment_method(id: &str, created: i64) -> Value {
    json!({
        "id": id, "object": "payment_method", "allow_redisplay": "unspecified", "billing_details": billing_details(),
        "card": card(), "created": created, "customer": null, "livemode": false, "metadata": {}, "type": "card",
    })
}

fn billing_details() -> Value {
    let address = json!({"city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null});
    json!({"address": address, "email": null, "name": null, "phone": null, "tax_id": null})
}

fn card() -> Value {
    json!({
        "brand": "visa", "country": "US", "exp_month": 12, "exp_year": 2034, "fingerprint": "fakefakefakefake", "funding": "credit",
        "last4": "4242", "network": "visa", "three_d_secure": null, "wallet": null,
    })
}

impl Machine {
    pub(super) fn retrieve_charge(&self, id: &str, params: &Params) -> Result<Value, Refusal> {
        params.only(&["expand"])?;
        let charge = self.charges.get(id).ok_or_else(|| Refusal::missing("charge", "id", id))?;
        let mut body = charge.json();
        if params.expands("balance_transaction")?
            && let Some(fields) = body.as_object_mut()
        {
            let moved = charge.balance_transaction.as_deref().and_then(|id| self.movements.get(id));
            fields.insert(
                "balance_transaction".to_owned(),
                moved.map_or(Value::Null, BalanceTransaction::json),
            );
        }
        Ok(body)
    }
}
