//! Refunds, never more than was charged. Source: <https://docs.stripe.com/api/refunds>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::funds::Kind;
use super::{Call, Machine, Params, Refusal};

#[derive(Clone)]
pub(super) struct Refund {
    id: String,
    amount: i64,
    currency: String,
    created: i64,
    pub(super) charge: String,
    pub(super) intent: String,
    metadata: BTreeMap<String, String>,
    reason: Option<String>,
    balance_transaction: String,
    /// The buyer's bank did not take it.
    failed: bool,
}

impl Refund {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "refund", "amount": self.amount, "balance_transaction": self.balance_transaction,
            "charge": self.charge, "created": self.created, "currency": self.currency,
            "destination_details": {"card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}, "type": "card"},
            "metadata": self.metadata, "payment_intent": self.intent, "reason": self.reason, "receipt_number": null,
            "source_transfer_reversal": null, "status": if self.failed { "failed" } else { "succeeded" }, "transfer_reversal": null,
        })
    }
}

impl Machine {
    pub(super) fn create_refund(&mut self, params: &Params, call: &Call) -> Result<Value, Refusal> {
        params.only(&["amount", "charge", "metadata", "payment_intent", "reason"])?;
        let metadata = params.metadata()?;
        let reason = params.text("reason")?.map(str::to_owned);
        if let Some(word) =
            reason.as_deref().filter(|r| !["duplicate", "fraudulent", "requested_by_customer"].contains(r))
        {
            return Err(Refusal::plain("reason", format!("Invalid reason: {word}")));
        }
        let asked = params.integer("amount")?;
        if asked.is_some_and(|amount| amount < 1) {
            return Err(Refusal::invalid("parameter_invalid_integer", "amount", "Invalid positive integer"));
        }
        let id = self.charge_to_refund(params)?;
        let refund_id = self.ids.next("re_3");
        if self.is_disputed(&id) {
            let message = format!("Charge {id} has been charged back; cannot issue a refund.");
            return Err(Refusal::state("charge_disputed", message));
        }
        let Some(charge) = self.charges.get_mut(&id) else {
            return Err(Refusal::missing("charge", "charge", &id));
        };
        let left = charge.amount - charge.amount_refunded;
        if left == 0 {
            let message = format!("Charge {id} has already been refunded.");
            return Err(Refusal::state("charge_already_refunded", message));
        }
        let amount = asked.unwrap_or(left);
        if amount > left {
            let message =
                format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
            return Err(Refusal::plain("amount", message));
        }
        charge.amount_refunded += amount;
        let shown = charge.json();
        let (currency, intent) = (charge.currency.clone(), charge.intent.clone());
        let balance_transaction = self.book(Kind::Refund, (-amount, 0), &currency, &refund_id, call);
        let refund = Refund {
            id: refund_id,
            amount,
            currency,
            created: call.now(),
            charge: id,
            intent,
            metadata,
            reason,
            balance_transaction,
            failed: false,
        };
        let (about, body) = (refund.intent.clone(), refund.json());
        self.refunds.add(&refund.id.clone(), refund);
        self.emit("refund.created", &about, &body, call);
        self.emit("charge.refunded", &about, &shown, call);
        Ok(body)
    }

    /// Plays the buyer's bank, which does not take a refund: its money comes back.
    pub(super) fn bounce(&mut self, id: &str, call: &Call) -> Result<Value, Refusal> {
        let refund = self.refunds.get_mut(id).ok_or_else(|| Refusal::missing("refund", "id", id))?;
        if refund.failed {
            return Err(Refusal::plain("id", format!("Refund {id} has failed before.")));
        }
        refund.failed = true;
        let (refund, about) = (refund.clone(), refund.intent.clone());
        self.book(Kind::RefundFailure, (refund.amount, 0), &refund.currency, id, call);
        if let Some(charge) = self.charges.get_mut(&refund.charge) {
            charge.amount_refunded -= refund.amount;
        }
        let body = refund.json();
        for event_type in ["refund.updated", "charge.refund.updated", "refund.failed"] {
            self.emit(event_type, &about, &body, call);
        }
        Ok(body)
    }

    fn charge_to_refund(&self, params: &Params) -> Result<String, Refusal> {
        match (params.text("charge")?, params.text("payment_intent")?) {
            (Some(id), None) => match self.charges.get(id) {
                None => Err(Refusal::missing("charge", "charge", id)),
                Some(charge) if charge.paid() => Ok(id.to_owned()),
                Some(_) => Err(Refusal::plain("charge", format!("Charge {id} was not paid."))),
            },
            (None, Some(id)) => {
                let intent = self
                    .intents
                    .get(id)
                    .ok_or_else(|| Refusal::missing("payment_intent", "payment_intent", id))?;
                let charge =
                    intent.latest_charge.as_deref().and_then(|id| self.charges.get(id)).filter(|c| c.paid());
                charge.map(|charge| charge.id.clone()).ok_or_else(|| {
                    let message =
                        format!("This PaymentIntent ({id}) does not have a successful charge to refund.");
                    Refusal::plain("payment_intent", message)
                })
            }
            (Some(_), Some(_)) => Err(Refusal::plain(
                "charge",
                "You may only specify one of these parameters: charge, payment_intent.",
            )),
            (None, None) => Err(Refusal::plain(
                "charge",
                "One of the following params should be provided for this request: payment_intent or charge.",
            )),
        }
    }

    pub(super) fn retrieve_refund(&self, id: &str, params: &Params) -> Result<Value, Refusal> {
        params.only(&[])?;
        self.refunds.get(id).map(Refund::json).ok_or_else(|| Refusal::missing("refund", "id", id))
    }
}
