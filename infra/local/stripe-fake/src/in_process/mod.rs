//! The ports of `payments` over a machine in the same process: no sockets, no clock of its own, no waiting.

mod connect;
mod transfers;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use payments::{
    Cause, Intent, IntentId, IntentStatus, NewIntent, NewRefund, Refund, RefundStatus, Secret, Stripe,
    StripeError,
};
use serde_json::{Map, Value};

use crate::machine::{Answer, Endpoint, Machine, Method, Outgoing, Params, Request, Target};

/// Gives the wall time in Unix milliseconds.
type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Stripe in process. Clones share one machine.
///
/// It tries once: an injected failure reaches the caller, as it does through the live adapter when time has run out.
#[derive(Clone)]
pub struct InProcessStripe {
    machine: Arc<Mutex<Machine>>,
    now_ms: Now,
}

impl InProcessStripe {
    /// An empty account, with ids from `seed` and times (Unix milliseconds) from `now_ms`.
    ///
    /// Events are signed with `webhook_secret`, those of connected accounts too, and wait to be taken.
    pub fn new(seed: u64, webhook_secret: &str, now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let mut machine = Machine::new(seed);
        let endpoint = Endpoint { url: String::new(), secret: Secret::new(webhook_secret) };
        machine.set_endpoint(Target::Platform, Some(endpoint.clone()));
        machine.set_endpoint(Target::Connect, Some(endpoint));
        Self { machine: Arc::new(Mutex::new(machine)), now_ms: Arc::new(now_ms) }
    }

    /// The machine itself: for switches, and for checks over its objects. Not to be held over an await.
    pub fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next webhook that is due, signed now; the caller delivers it, or not, as often as it likes.
    pub fn next_delivery(&self) -> Option<Outgoing> {
        let now = (self.now_ms)();
        self.machine().next_delivery(now)
    }

    /// Says how a delivery went; one that was not accepted comes again later.
    pub fn settle(&self, delivery: Outgoing, accepted: bool) {
        let now = (self.now_ms)();
        self.machine().settle(delivery, accepted, now);
    }

    /// Plays the buyer: confirms an intent with one of Stripe's test methods, such as `pm_card_visa`.
    ///
    /// # Errors
    /// As Stripe's: a declined card is [`StripeError::Declined`].
    pub fn confirm(&self, id: &IntentId, payment_method: &str) -> Result<Intent, StripeError> {
        let params = Params::default().with("payment_method", payment_method);
        intent(&self.post(&format!("/v1/payment_intents/{id}/confirm"), params, None)?)
    }

    /// Plays the buyer or the bank: ends an intent that requires action or is processing, well or not.
    ///
    /// # Errors
    /// [`StripeError::InvalidState`] where it waits for neither.
    pub fn finish(&self, id: &IntentId, succeed: bool) -> Result<Intent, StripeError> {
        let now = (self.now_ms)();
        match self.machine().finish(id.as_str(), succeed, now) {
            Ok(body) => intent(&body),
            Err((status, body)) => Err(refusal(status, &body)),
        }
    }

    fn post(&self, path: &str, params: Params, key: Option<String>) -> Result<Value, StripeError> {
        self.ask(Request {
            method: Method::Post,
            path: path.to_owned(),
            params,
            idempotency_key: key,
            account: None,
        })
    }

    fn get(&self, path: &str, params: Params) -> Result<Value, StripeError> {
        let (method, path) = (Method::Get, path.to_owned());
        self.ask(Request { method, path, params, idempotency_key: None, account: None })
    }

    /// [`get`](Self::get) in a connected account's name.
    fn get_of(&self, account: &str, path: &str, params: Params) -> Result<Value, StripeError> {
        let (method, path, account) = (Method::Get, path.to_owned(), Some(account.to_owned()));
        self.ask(Request { method, path, params, idempotency_key: None, account })
    }

    fn ask(&self, request: Request) -> Result<Value, StripeError> {
        let now = (self.now_ms)();
        match self.machine().handle(&request, now) {
            Answer { lost: true, .. } => Err(StripeError::Unavailable(Cause::Timeout)),
            Answer { status: 200, body, .. } => Ok(body),
            Answer { status: 500.., replayed: true, .. } => Err(StripeError::Stuck),
            Answer { status, body, .. } => Err(refusal(status, &body)),
        }
    }
}

#[async_trait]
impl Stripe for InProcessStripe {
    async fn create_intent(&self, new: NewIntent) -> Result<Intent, StripeError> {
        let mut params = Params::default()
            .with("amount", new.amount.to_string())
            .with("currency", new.currency.to_ascii_lowercase())
            .with_group("automatic_payment_methods", [("enabled".to_owned(), "true".to_owned())])
            .with_group("metadata", new.metadata)
            .with("transfer_group", new.transfer_group);
        if let Some(description) = new.description {
            params = params.with("description", description);
        }
        intent(&self.post("/v1/payment_intents", params, Some(new.key))?)
    }

    async fn intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        let path = format!("/v1/payment_intents/{id}");
        intent(&self.get(&path, Params::default())?)
    }

    async fn cancel_intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        match self.post(&format!("/v1/payment_intents/{id}/cancel"), Params::default(), None) {
            Ok(body) => intent(&body),
            Err(StripeError::InvalidState { code }) => {
                let found = self.intent(id).await?;
                if found.status == IntentStatus::Canceled {
                    Ok(found)
                } else {
                    Err(StripeError::InvalidState { code })
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn refund(&self, new: NewRefund) -> Result<Refund, StripeError> {
        let mut params = Params::default()
            .with("payment_intent", new.intent.as_str())
            .with_group("metadata", new.metadata);
        if let Some(amount) = new.amount {
            params = params.with("amount", amount.to_string());
        }
        refund(&self.post("/v1/refunds", params, Some(new.key))?)
    }

    async fn refunds(&self, intent: &IntentId) -> Result<Vec<Refund>, StripeError> {
        let params = Params::default().with("payment_intent", intent.as_str()).with("limit", "100");
        let found = self.get("/v1/refunds", params)?;
        list(&found, refund)
    }
}

fn list<T>(page: &Value, read: fn(&Value) -> Result<T, StripeError>) -> Result<Vec<T>, StripeError> {
    page.get("data").and_then(Value::as_array).ok_or_else(unreadable)?.iter().map(read).collect()
}

fn text(body: &Value, field: &str) -> Option<String> {
    body.get(field).and_then(Value::as_str).map(str::to_owned)
}

fn number(body: &Value, field: &str) -> i64 {
    body.get(field).and_then(Value::as_i64).unwrap_or_default()
}

fn unreadable() -> StripeError {
    StripeError::Unavailable(Cause::Unreadable)
}

fn refusal(status: u16, body: &Value) -> StripeError {
    let field = |name: &str| body.get("error").and_then(|error| text(error, name));
    let kind = field("type").unwrap_or_default();
    StripeError::from_answer(status, &kind, field("code").as_deref(), field("param").as_deref())
}

fn intent(body: &Value) -> Result<Intent, StripeError> {
    let metadata = body.get("metadata").and_then(Value::as_object).ok_or_else(unreadable)?;
    Ok(Intent {
        id: text(body, "id").and_then(|id| id.parse().ok()).ok_or_else(unreadable)?,
        client_secret: Secret::new(text(body, "client_secret").ok_or_else(unreadable)?),
        status: IntentStatus::from_stripe(&text(body, "status").unwrap_or_default()),
        amount: number(body, "amount"),
        amount_received: number(body, "amount_received"),
        currency: text(body, "currency").unwrap_or_default().to_ascii_uppercase(),
        charge: text(body, "latest_charge"),
        metadata: texts(metadata),
    })
}

fn texts(object: &Map<String, Value>) -> BTreeMap<String, String> {
    object.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn refund(body: &Value) -> Result<Refund, StripeError> {
    Ok(Refund {
        id: text(body, "id").ok_or_else(unreadable)?,
        status: RefundStatus::from_stripe(&text(body, "status").unwrap_or_default()),
        amount: number(body, "amount"),
        currency: text(body, "currency").unwrap_or_default().to_ascii_uppercase(),
        charge: text(body, "charge"),
        intent: text(body, "payment_intent").and_then(|id| id.parse().ok()),
        metadata: body.get("metadata").and_then(Value::as_object).map(texts).unwrap_or_default(),
    })
}
