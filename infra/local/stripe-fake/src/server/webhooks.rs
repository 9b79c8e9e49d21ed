//! Webhooks on their way out.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;

use super::Shared;
use crate::machine::Outgoing;

type Http = Client<HttpConnector, Full<Bytes>>;

/// What an endpoint may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many deliveries are under way at once: a laptop's functions are processes.
const AT_ONCE: usize = 4;

/// Delivers what becomes due, for ever.
pub(super) async fn deliver(shared: Arc<Shared>) {
    let http: Http = Client::builder(TokioExecutor::new()).build_http();
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let (due, next_due) = {
            let mut machine = shared.machine();
            (machine.next_delivery((shared.now_ms)()), machine.next_due_ms())
        };
        let Some(outgoing) = due else {
            drop(slot);
            let pause = next_due.map_or(3_600_000, |due| due - (shared.now_ms)());
            let pause = Duration::from_millis(u64::try_from(pause).unwrap_or(0));
            tokio::select! {
                biased;
                () = shared.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
            continue;
        };
        let (shared, http) = (shared.clone(), http.clone());
        tokio::spawn(async move {
            let accepted = match tokio::time::timeout(PATIENCE, send(&http, &outgoing)).await {
                Ok(Ok(status)) if (200..300).contains(&status) => true,
                Ok(Ok(status)) => complain(&outgoing, &format!("answered {status}")),
                Ok(Err(reason)) => complain(&outgoing, &reason),
                Err(_) => complain(&outgoing, "did not answer"),
            };
            shared.machine().settle(outgoing, accepted, (shared.now_ms)());
            shared.wake.notify_one();
            drop(slot);
        });
    }
}

async fn send(http: &Http, outgoing: &Outgoing) -> Result<u16, String> {
    let request = Request::post(&outgoing.url)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header(USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", &outgoing.signature)
        .body(Full::new(Bytes::from(outgoing.body.to_string())))
        .map_err(|e| e.to_string())?;
    http.request(request).await.map(|answer| answer.status().as_u16()).map_err(|e| e.to_string())
}

fn complain(outgoing: &Outgoing, what: &str) -> bool {
    eprintln!("webhook {} ({}): {} {what}", outgoing.event_id, outgoing.event_type, outgoing.url);
    false
}
