//! Disputes: a buyer's bank takes a charge back, and Stripe says later who keeps the money. Source: <https://docs.stripe.com/disputes/how-disputes-work>.

use serde_json::{Value, json};

use super::funds::{Kind, dispute_fee};
use super::{Call, Machine, Params, Refusal};

/// How a dispute stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    NeedsResponse,
    Won,
    Lost,
}

#[derive(Clone)]
pub(super) struct Dispute {
    id: String,
    amount: i64,
    currency: String,
    created: i64,
    pub(super) charge: String,
    pub(super) intent: String,
    standing: Standing,
    /// Balance transactions: what it took, and gave back.
    movements: Vec<String>,
}

impl Machine {
    pub(super) fn dispute_json(&self, dispute: &Dispute) -> Value {
        let moved: Vec<Value> =
            dispute.movements.iter().filter_map(|id| self.movements.get(id)).map(|one| one.json()).collect();
        let status = match dispute.standing {
            Standing::NeedsResponse => "needs_response",
            Standing::Won => "won",
            Standing::Lost => "lost",
        };
        json!({
            "id": dispute.id, "object": "dispute", "amount": dispute.amount, "balance_transactions": moved, "charge": dispute.charge,
            "created": dispute.created, "currency": dispute.currency, "enhanced_eligibility_types": [],
            "evidence": {"enhanced_evidence": {}}, "evidence_details": {"due_by": dispute.created + 7 * 86_400, "enhanced_eligibility": {},
                "has_evidence": false, "past_due": false, "submission_count": 0},
            "is_charge_refundable": false, "livemode": false, "metadata": {}, "network_reason_code": "10.4", "payment_intent": dispute.intent,
            "payment_method_details": {"card": {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4"}, "type": "card"},
            "reason": "fraudulent", "status": status,
        })
    }

    /// All disputes as Stripe shows them, oldest first.
    pub fn disputes(&self) -> Vec<Value> {
        self.disputes.oldest_first().map(|dispute| self.dispute_json(dispute)).collect()
    }

    /// Plays the buyer's bank: what is left of a charge is taken back, and a fee with it.
    pub(super) fn open_dispute(&mut self, charge: &str, call: &Call) -> Result<Value, Refusal> {
        let id = self.ids.next("dp_1");
        let Some(found) = self.charges.get_mut(charge) else {
            return Err(Refusal::missing("charge", "charge", charge));
        };
        let amount = found.amount - found.amount_refunded;
        if !found.paid() || found.disputed || amount == 0 {
            return Err(Refusal::plain("charge", format!("Charge {charge} can't be disputed.")));
        }
        found.disputed = true;
        let (currency, intent) = (found.currency.clone(), found.intent.clone());
        let fee = dispute_fee(&currency);
        let taken = self.book(Kind::Adjustment, (-amount, fee), &currency, &id, call);
        let dispute = Dispute {
            id: id.clone(),
            amount,
            currency,
            created: call.now(),
            charge: charge.to_owned(),
            intent: intent.clone(),
            standing: Standing::NeedsResponse,
            movements: vec![taken],
        };
        let body = self.dispute_json(&dispute);
        self.disputes.add(&id, dispute);
        self.emit("charge.dispute.created", &intent, &body, call);
        self.emit("charge.dispute.funds_withdrawn", &intent, &body, call);
        Ok(body)
    }

    /// Plays the buyer's bank: it gives the money back, or keeps it.
    pub(super) fn close_dispute(&mut self, id: &str, won: bool, call: &Call) -> Result<Value, Refusal> {
        let Some(found) = self.disputes.get_mut(id) else {
            return Err(Refusal::missing("dispute", "dispute", id));
        };
        if found.standing != Standing::NeedsResponse {
            return Err(Refusal::plain("dispute", format!("Dispute {id} is closed.")));
        }
        found.standing = if won { Standing::Won } else { Standing::Lost };
        let (amount, currency, intent) = (found.amount, found.currency.clone(), found.intent.clone());
        let back = won.then(|| self.book(Kind::Adjustment, (amount, 0), &currency, id, call));
        let Some(found) = self.disputes.get_mut(id) else {
            return Err(Refusal::missing("dispute", "dispute", id));
        };
        found.movements.extend(back);
        let closed = found.clone();
        let body = self.dispute_json(&closed);
        self.emit("charge.dispute.closed", &intent, &body, call);
        if won {
            self.emit("charge.dispute.funds_reinstated", &intent, &body, call);
        }
        Ok(body)
    }

    /// Whether a charge's money is with its buyer's bank.
    pub(super) fn is_disputed(&self, charge: &str) -> bool {
        let mut of_it = self.disputes.oldest_first().filter(|dispute| dispute.charge == charge);
        of_it.any(|dispute| dispute.standing != Standing::Won)
    }

    pub(super) fn retrieve_dispute(&self, id: &str, params: &Params) -> Result<Value, Refusal> {
        params.only(&[])?;
        let found = self.disputes.get(id).ok_or_else(|| Refusal::missing("dispute", "id", id))?;
        Ok(self.dispute_json(found))
    }
}
