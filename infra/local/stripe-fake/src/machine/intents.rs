//! Payment intents and what may be done with them. Source: <https://docs.stripe.com/payments/paymentintents/lifecycle>.

mod cards;
mod object;

use serde_json::Value;

use super::charges::{Charge, ChargeStatus, payment_method};
use super::funds::{Kind, charge_fee};
use super::{Call, Machine, Params, Refusal};
use cards::{Behaviour, Decline};
pub(super) use object::{Intent, Status};

impl Machine {
    pub(super) fn create_intent(&mut self, params: &Params, call: &Call) -> Result<Value, Refusal> {
        params.only(&[
            "amount",
            "automatic_payment_methods",
            "confirm",
            "currency",
            "description",
            "metadata",
            "payment_method",
            "receipt_email",
            "return_url",
            "transfer_group",
        ])?;
        let confirm = params.boolean("confirm")?.unwrap_or(false);
        let method = params.text("payment_method")?.map(str::to_owned);
        if let Some(method) = &method {
            cards::behaviour(method)?;
        }
        let mut intent = Intent::read(params, call)?;
        intent.id = self.ids.next("pi_3");
        intent.client_secret = format!("{}_secret_{}", intent.id, self.ids.next(""));
        let (id, mut body) = (intent.id.clone(), intent.json());
        if !confirm && method.is_some() {
            intent.status = Status::RequiresConfirmation;
            intent.chosen = method.clone();
            body = intent.json();
        }
        self.intents.add(&id, intent);
        self.emit("payment_intent.created", &id, &body, call);
        if confirm { self.pay(&id, method, call) } else { Ok(body) }
    }

    pub(super) fn retrieve_intent(&self, id: &str, params: &Params) -> Result<Value, Refusal> {
        params.only(&["client_secret"])?;
        let intent = self.intents.get(id).ok_or_else(|| Refusal::missing("payment_intent", "intent", id))?;
        intent.check_secret(params)?;
        Ok(intent.json())
    }

    pub(super) fn confirm_intent(
        &mut self,
        id: &str,
        params: &Params,
        call: &Call,
    ) -> Result<Value, Refusal> {
        params.only(&["client_secret", "payment_method", "receipt_email", "return_url", "use_stripe_sdk"])?;
        let method = params.text("payment_method")?.map(str::to_owned);
        if let Some(method) = &method {
            cards::behaviour(method)?;
        }
        let intent = self.intents.get(id).ok_or_else(|| Refusal::missing("payment_intent", "intent", id))?;
        intent.check_secret(params)?;
        self.pay(id, method, call)
    }

    fn pay(&mut self, id: &str, method: Option<String>, call: &Call) -> Result<Value, Refusal> {
        let intent = self.intents.get(id).ok_or_else(|| Refusal::missing("payment_intent", "intent", id))?;
        if !intent.status.can_be_confirmed() {
            return Err(intent.unexpected_state("confirm"));
        }
        let Some(method) = method.or_else(|| intent.chosen.clone()) else {
            return Err(intent.unexpected_state("confirm without a payment method"));
        };
        let behaviour = cards::behaviour(&method)?;
        let method_id = self.ids.next("pm_1");
        if let Some(intent) = self.intents.get_mut(id) {
            intent.payment_method = Some(method_id);
            intent.last_payment_error = Value::Null;
        }
        match behaviour {
            Behaviour::Succeeds => {
                self.open_charge(id, call);
                self.capture(id, call)
            }
            Behaviour::Declines(decline) => {
                self.open_charge(id, call);
                Err(self.decline(id, decline, call))
            }
            Behaviour::Authenticates => self.wait(id, Status::RequiresAction, call),
            Behaviour::Processes => {
                self.open_charge(id, call);
                self.wait(id, Status::Processing, call)
            }
        }
    }

    /// Ends an intent that waits for the buyer or for the bank.
    pub(super) fn finish_intent(&mut self, id: &str, succeed: bool, call: &Call) -> Result<Value, Refusal> {
        let intent = self.intents.get(id).ok_or_else(|| Refusal::missing("payment_intent", "intent", id))?;
        let decline = match intent.status {
            Status::RequiresAction => cards::UNAUTHENTICATED,
            Status::Processing => cards::BOUNCED,
            _ => return Err(intent.unexpected_state("finish")),
        };
        if intent.status == Status::RequiresAction && succeed {
            self.open_charge(id, call);
        }
        if succeed {
            return self.capture(id, call);
        }
        self.decline(id, decline, call);
        Ok(self.intents.get(id).map(Intent::json).unwrap_or_default())
    }

    /// Captures an intent in whatever state it is, unless it was captured before.
    pub(super) fn force_capture(&mut self, id: &str, call: &Call) -> bool {
        if self.intents.get(id).is_none_or(|intent| intent.status == Status::Succeeded) {
            return false;
        }
        self.open_charge(id, call);
        self.capture(id, call).is_ok()
    }

    pub(super) fn cancel_intent(&mut self, id: &str, params: &Params, call: &Call) -> Result<Value, Refusal> {
        params.only(&["cancellation_reason"])?;
        let reason = params.text("cancellation_reason")?.map(str::to_owned);
        let known = ["duplicate", "fraudulent", "requested_by_customer", "abandoned"];
        if let Some(word) = reason.as_deref().filter(|r| !known.contains(r)) {
            return Err(Refusal::plain(
                "cancellation_reason",
                format!("Invalid cancellation_reason: {word}"),
            ));
        }
        let intent =
            self.intents.get_mut(id).ok_or_else(|| Refusal::missing("payment_intent", "intent", id))?;
        if !intent.status.can_be_cancelled() {
            return Err(intent.unexpected_state("cancel"));
        }
        intent.status = Status::Canceled;
        intent.canceled_at = Some(call.now());
        intent.cancellation_reason = reason;
        let body = intent.json();
        self.emit("payment_intent.canceled", id, &body, call);
        Ok(body)
    }

    /// Opens a charge, pending, and makes it the intent's latest.
    fn open_charge(&mut self, id: &str, call: &Call) {
        let charge_id = self.ids.next("ch_3");
        let Some(intent) = self.intents.get_mut(id) else { return };
        let charge = Charge {
            id: charge_id.clone(),
            intent: intent.id.clone(),
            amount: intent.amount,
            amount_refunded: 0,
            disputed: false,
            currency: intent.currency.clone(),
            created: call.now(),
            status: ChargeStatus::Pending,
            description: intent.description.clone(),
            metadata: intent.metadata.clone(),
            transfer_group: intent.transfer_group.clone(),
            payment_method: intent.payment_method.clone().unwrap_or_default(),
            balance_transaction: None,
            failure: None,
        };
        intent.latest_charge = Some(charge_id.clone());
        self.charges.add(&charge_id, charge);
    }

    fn capture(&mut self, id: &str, call: &Call) -> Result<Value, Refusal> {
        let Some(intent) = self.intents.get_mut(id) else {
            return Err(Refusal::missing("payment_intent", "intent", id));
        };
        intent.status = Status::Succeeded;
        intent.amount_received = intent.amount;
        let body = intent.json();
        let (amount, currency) = (intent.amount, intent.currency.clone());
        let charge = intent.latest_charge.clone().unwrap_or_default();
        let moved = (amount, charge_fee(amount, &currency));
        let transaction = self.book(Kind::Charge, moved, &currency, &charge, call);
        if let Some(charge) = self.charges.get_mut(&charge) {
            charge.status = ChargeStatus::Succeeded;
            charge.balance_transaction = Some(transaction);
            let shown = charge.json();
            self.emit("charge.succeeded", id, &shown, call);
        }
        self.emit("payment_intent.succeeded", id, &body, call);
        Ok(body)
    }

    fn decline(&mut self, id: &str, decline: Decline, call: &Call) -> Refusal {
        let Some(intent) = self.intents.get_mut(id) else {
            return Refusal::missing("payment_intent", "intent", id);
        };
        let method = payment_method(&intent.payment_method.take().unwrap_or_default(), call.now());
        let charge = intent.latest_charge.clone().filter(|_| decline.charged);
        let error = decline.error(charge.as_deref(), method);
        intent.status = Status::RequiresPaymentMethod;
        intent.chosen = None;
        intent.last_payment_error = error.clone();
        let body = intent.json();
        if let Some(charge) = charge.as_deref().and_then(|id| self.charges.get_mut(id)) {
            charge.status = ChargeStatus::Failed;
            charge.failure = Some((decline.code, decline.message));
            let shown = charge.json();
            self.emit("charge.failed", id, &shown, call);
        }
        self.emit("payment_intent.payment_failed", id, &body, call);
        Refusal::card(error).with("payment_intent", body)
    }

    fn wait(&mut self, id: &str, status: Status, call: &Call) -> Result<Value, Refusal> {
        let Some(intent) = self.intents.get_mut(id) else {
            return Err(Refusal::missing("payment_intent", "intent", id));
        };
        intent.status = status;
        let body = intent.json();
        let name = if status == Status::Processing { "processing" } else { "requires_action" };
        self.emit(&format!("payment_intent.{name}"), id, &body, call);
        Ok(body)
    }
}
