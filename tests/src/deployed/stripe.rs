//! What happens at Stripe: customers confirm payments, and Stripe tells of it.

use platform::{Clock, SystemClock};
use serde_json::{Value, json};

use super::{
    sale::Placed,
    stack::{Answer, Call, Stack, text, unique},
};

impl Stack {
    /// A call that confirms an intent with a test method, as Stripe's own libraries make it.
    pub fn confirming(&self, intent: &str, method: &str) -> Call {
        let url = format!("{}/v1/payment_intents/{intent}/confirm", self.at.stripe_api_url);
        let call = Call::of(self.http.post(url)).by(&self.at.stripe_api_key);
        call.text("application/x-www-form-urlencoded", format!("payment_method={method}"))
    }

    /// Confirms an intent; answers the status and what Stripe says.
    pub async fn confirm(&self, intent: &str, method: &str) -> (u16, Value) {
        let answer = self.confirming(intent, method).send().await;
        (answer.status, answer.json())
    }

    /// All that a list of Stripe's holds, such as `payment_intents`.
    pub async fn at_stripe(&self, list: &str) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        loop {
            let after = found.last().map(|last| format!("&starting_after={}", text(&last["id"])));
            let after = after.unwrap_or_default();
            let page = self.from_stripe(&format!("{list}?limit=100{after}")).await;
            found.extend(page["data"].as_array().unwrap().iter().cloned());
            if page["has_more"] != true {
                return found;
            }
        }
    }

    /// One object of Stripe's, such as `accounts/acct_1`.
    pub async fn from_stripe(&self, path: &str) -> Value {
        self.asking_stripe(path).send().await.expect(200)
    }

    /// The same of an account's own, such as its `balance`.
    pub async fn of_account(&self, account: &str, path: &str) -> Value {
        self.asking_stripe(path).header("stripe-account", account).send().await.expect(200)
    }

    fn asking_stripe(&self, path: &str) -> Call {
        Call::of(self.http.get(format!("{}/v1/{path}", self.at.stripe_api_url))).by(&self.at.stripe_api_key)
    }

    /// Plays somebody's part behind Stripe's back, such as `accounts/acct_1/complete`.
    pub async fn at_stripes(&self, path: &str) -> Value {
        let url = format!("{}/_test/{path}", self.at.stripe_api_url);
        Call::of(self.http.post(url)).send().await.expect(200)
    }

    /// How many webhooks are still on their way.
    pub async fn webhooks_on_their_way(&self) -> u64 {
        let url = format!("{}/_test/events", self.at.stripe_api_url);
        let told = Call::of(self.http.get(url)).send().await.expect(200);
        told["pending_deliveries"].as_u64().unwrap()
    }

    /// Delivers a body to the platform's webhook under a signature.
    pub async fn deliver(&self, body: &str, signature: Option<&str>) -> Answer {
        self.deliver_to(&self.at.stripe_webhook_url, body, signature).await
    }

    pub async fn deliver_to(&self, url: &str, body: &str, signature: Option<&str>) -> Answer {
        let call = Call::of(self.http.post(url)).text("application/json", body.to_owned());
        match signature {
            Some(signature) => call.header("stripe-signature", signature).send().await,
            None => call.send().await,
        }
    }

    /// The platform's signature of a body, made so many seconds from now.
    pub fn signed(&self, body: &str, seconds: i64) -> String {
        payments::webhook::sign(body, &self.at.stripe_webhook_secret, now() + seconds)
    }
}

/// The wall's time in Unix seconds.
pub fn now() -> i64 {
    SystemClock.now().secs()
}

/// An event of Stripe's with an id of its own.
pub fn event(event_type: &str, object: &Value) -> String {
    json!({
        "id": unique("evt").replace('-', "_"), "object": "event", "api_version": "2026-09-30.endive", "created": now(),
        "livemode": false, "pending_webhooks": 1, "request": null, "type": event_type, "data": {"object": object},
    })
    .to_string()
}

/// The intent of an order as Stripe shows it in events.
pub fn intent(placed: &Placed, status: &str) -> Value {
    let total = &placed.answer["order"]["totals"]["total"];
    let received = if status == "succeeded" { total["amount"].as_i64().unwrap() } else { 0 };
    json!({
        "object": "payment_intent", "id": placed.intent, "amount": total["amount"], "amount_capturable": 0,
        "amount_received": received, "capture_method": "automatic", "confirmation_method": "automatic", "created": now(),
        "currency": total["currency"].as_str().unwrap().to_lowercase(), "livemode": false,
        "metadata": {"order_id": placed.id, "tenant": placed.channel.tenant},
        "payment_method_types": ["card"], "status": status, "client_secret": format!("{}_secret_x", placed.intent),
        "latest_charge": format!("ch_{}", placed.intent),
    })
}
