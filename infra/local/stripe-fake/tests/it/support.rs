//! Two worlds with one Stripe each: in process, and over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use payments::{Connect, IntentId, LiveStripe, Stripe, Transfers};
use serde_json::Value;
use stripe_fake::machine::{Method, Params, Request};
use stripe_fake::server::{Settings, serve};
use stripe_fake::{Endpoint, InProcessStripe};

pub(crate) const KEY: &str = "sk_test_conformance";
pub(crate) const START_MS: i64 = 1_800_000_000_000;

/// Stripe, and the buyer beside it. Failures are Stripe's error codes.
#[async_trait]
pub(crate) trait World: Sync {
    fn stripe(&self) -> &dyn Stripe;
    fn transfers(&self) -> &dyn Transfers;
    fn connect(&self) -> &dyn Connect;
    /// Plays the vendor, the buyer's bank, or Stripe itself, under `/_test`; answers what it came to.
    async fn play(&self, path: &str, body: Value) -> Value;
    async fn post(&self, path: &str, form: &str) -> Result<Value, String>;
    async fn finish(&self, id: &IntentId, succeed: bool);

    async fn confirm(&self, id: &IntentId, method: &str) -> Result<Value, String> {
        self.post(&format!("/v1/payment_intents/{id}/confirm"), &format!("payment_method={method}")).await
    }
}

pub(crate) struct InProcess {
    pub(crate) stripe: InProcessStripe,
    pub(crate) now_ms: Arc<AtomicI64>,
}

impl InProcess {
    pub(crate) fn new() -> Self {
        let now_ms = Arc::new(AtomicI64::new(START_MS));
        let clock = now_ms.clone();
        Self { stripe: InProcessStripe::new(1, "whsec_test", move || clock.load(Ordering::SeqCst)), now_ms }
    }
}

fn code(body: &Value) -> String {
    body.pointer("/error/code")
        .or(body.pointer("/error/type"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

#[async_trait]
impl World for InProcess {
    fn stripe(&self) -> &dyn Stripe {
        &self.stripe
    }

    async fn post(&self, path: &str, form: &str) -> Result<Value, String> {
        let params = Params::from_form(form);
        let (method, path) = (Method::Post, path.to_owned());
        let request = Request { method, path, params, idempotency_key: None, account: None };
        let answer = self.stripe.machine().handle(&request, self.now_ms.load(Ordering::SeqCst));
        if answer.status == 200 { Ok(answer.body) } else { Err(code(&answer.body)) }
    }

    async fn finish(&self, id: &IntentId, succeed: bool) {
        self.stripe.finish(id, succeed).unwrap();
    }

    fn transfers(&self) -> &dyn Transfers {
        &self.stripe
    }

    fn connect(&self) -> &dyn Connect {
        &self.stripe
    }

    async fn play(&self, path: &str, body: Value) -> Value {
        let now_ms = self.now_ms.load(Ordering::SeqCst);
        let mut machine = self.stripe.machine();
        let parts: Vec<&str> = path.split('/').collect();
        let came_to = match parts.as_slice() {
            ["accounts", id, "complete"] => machine.judge_account(id, true, now_ms),
            ["accounts", id, "restrict"] => machine.judge_account(id, false, now_ms),
            ["accounts", id, "pay_out"] => machine.pay_out(id, now_ms),
            ["charges", id, "dispute"] => machine.dispute(id, now_ms),
            ["disputes", id, "close"] => machine.decide_dispute(id, body["won"] == true, now_ms),
            _ => panic!("{path}"),
        };
        came_to.unwrap()
    }
}

pub(crate) struct Http {
    pub(crate) url: String,
    pub(crate) stripe: LiveStripe,
}

fn wall_ms() -> i64 {
    START_MS
}

#[expect(clippy::disallowed_methods, reason = "deliveries are retried in real time here")]
fn real_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

impl Http {
    pub(crate) async fn start() -> Self {
        Self::with(None, wall_ms).await
    }

    pub(crate) async fn start_with_webhooks(endpoint: Endpoint) -> Self {
        Self::with(Some(endpoint), real_ms).await
    }

    async fn with(platform: Option<Endpoint>, now_ms: fn() -> i64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings { seed: 1, api_key: Some(KEY.to_owned()), platform, connect: None, now_ms };
        tokio::spawn(serve(listener, settings));
        let stripe = LiveStripe::new(&url, KEY).unwrap();
        Self { url, stripe }
    }

    /// One request with a bearer key; answers status, headers and body.
    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answered {
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer =
            client.request(request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answered {
            status: head.status.as_u16(),
            headers: head.headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }

    pub(crate) async fn switch(&self, path: &str, body: Value) -> u16 {
        self.request("POST", path, &[("content-type", "application/json")], &body.to_string()).await.status
    }
}

pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

#[async_trait]
impl World for Http {
    fn stripe(&self) -> &dyn Stripe {
        &self.stripe
    }

    async fn post(&self, path: &str, form: &str) -> Result<Value, String> {
        let bearer = format!("Bearer {KEY}");
        let answer = self.request("POST", path, &[("authorization", &bearer)], form).await;
        if answer.status == 200 { Ok(answer.body) } else { Err(code(&answer.body)) }
    }

    fn transfers(&self) -> &dyn Transfers {
        &self.stripe
    }

    fn connect(&self) -> &dyn Connect {
        &self.stripe
    }

    async fn play(&self, path: &str, body: Value) -> Value {
        let json = [("content-type", "application/json")];
        let answer = self.request("POST", &format!("/_test/{path}"), &json, &body.to_string()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    async fn finish(&self, id: &IntentId, succeed: bool) {
        let path = format!("/_test/payment_intents/{id}/finish");
        assert_eq!(self.switch(&path, serde_json::json!({"succeed": succeed})).await, 200);
    }
}

/// Runs scenarios against the in-process engine and against the live adapter over HTTP.
macro_rules! on_both {
    ($($scenario:ident),* $(,)?) => {
        mod in_process {
            use crate::support::InProcess;
            $(#[tokio::test] async fn $scenario() { super::$scenario(&InProcess::new()).await; })*
        }
        mod over_http {
            use crate::support::Http;
            $(#[tokio::test] async fn $scenario() { super::$scenario(&Http::start().await).await; })*
        }
    };
}

pub(crate) use on_both;
