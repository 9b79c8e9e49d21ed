//! `/_test/…`: what a test or a person sets and sees behind Stripe's back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use payments::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Shared;
use crate::machine::{Endpoint, Faults, Machine, Misbehaviour, Target};

/// Reads JSON whatever its content type says, so that `curl -d` does; no body is an empty object.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, (StatusCode, String)> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|e| (StatusCode::BAD_REQUEST, e.to_string()))
}

pub(super) async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Absent fields stay as they are; an empty URL takes the endpoint away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    webhook_url: Option<String>,
    webhook_secret: Option<String>,
    connect_webhook_url: Option<String>,
    connect_webhook_secret: Option<String>,
}

pub(super) async fn configure(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let config: Config = match read(&body) {
        Ok(config) => config,
        Err(refused) => return refused.into_response(),
    };
    let wanted = [
        (Target::Platform, config.webhook_url, config.webhook_secret),
        (Target::Connect, config.connect_webhook_url, config.connect_webhook_secret),
    ];
    let mut machine = shared.machine();
    let mut endpoints = Vec::new();
    for (target, url, secret) in wanted {
        if url.is_none() && secret.is_none() {
            continue;
        }
        let known = machine.endpoint(target).cloned();
        let url = url.or_else(|| known.as_ref().map(|e| e.url.clone())).unwrap_or_default();
        let secret = secret.map(Secret::new).or_else(|| known.map(|e| e.secret));
        match (url.is_empty(), secret) {
            (true, _) => endpoints.push((target, None)),
            (false, Some(secret)) => endpoints.push((target, Some(Endpoint { url, secret }))),
            (false, None) => {
                return (StatusCode::BAD_REQUEST, "a webhook URL needs a secret").into_response();
            }
        }
    }
    for (target, endpoint) in endpoints {
        machine.set_endpoint(target, endpoint);
    }
    Json(json!({})).into_response()
}

pub(super) async fn reset(State(shared): State<Arc<Shared>>) -> Json<Value> {
    shared.reset();
    Json(json!({}))
}

pub(super) async fn events(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let machine = shared.machine();
    Json(json!({"data": machine.events(), "pending_deliveries": machine.pending_deliveries()}))
}

pub(super) async fn misbehaviour(State(shared): State<Arc<Shared>>) -> Json<Misbehaviour> {
    Json(shared.machine().misbehaviour().clone())
}

pub(super) async fn misbehave(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let wanted: Misbehaviour = match read(&body) {
        Ok(wanted) => wanted,
        Err(refused) => return refused.into_response(),
    };
    shared.machine().set_misbehaviour(wanted.clone());
    Json(wanted).into_response()
}

pub(super) async fn faults(State(shared): State<Arc<Shared>>) -> Json<Faults> {
    Json(shared.machine().faults().clone())
}

pub(super) async fn fail(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let wanted: Faults = match read(&body) {
        Ok(wanted) => wanted,
        Err(refused) => return refused.into_response(),
    };
    if wanted.status.is_some_and(|status| !(400..=599).contains(&status)) {
        return (StatusCode::BAD_REQUEST, "status is 400 to 599").into_response();
    }
    shared.machine().set_faults(wanted.clone());
    Json(wanted).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finish {
    succeed: bool,
}

/// Plays the buyer who authenticates, or the bank that settles: `{succeed: true | false}`.
pub(super) async fn finish(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let wanted: Finish = match read(&body) {
        Ok(wanted) => wanted,
        Err(refused) => return refused.into_response(),
    };
    play(&shared, |machine, now_ms| machine.finish(&id, wanted.succeed, now_ms))
}

/// Plays the vendor, who tells Stripe all that it has to know.
pub(super) async fn complete(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    play(&shared, |machine, now_ms| machine.judge_account(&id, true, now_ms))
}

/// Plays Stripe, which wants to know more before it pays.
pub(super) async fn restrict(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    play(&shared, |machine, now_ms| machine.judge_account(&id, false, now_ms))
}

/// Plays Stripe's schedule: what lies in an account goes to its bank.
pub(super) async fn pay_out(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    play(&shared, |machine, now_ms| machine.pay_out(&id, now_ms))
}

/// Plays the buyer's bank, which does not take a refund.
pub(super) async fn bounce(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    play(&shared, |machine, now_ms| machine.bounce_refund(&id, now_ms))
}

/// Plays the buyer's bank, which takes a charge back.
pub(super) async fn dispute(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    play(&shared, |machine, now_ms| machine.dispute(&id, now_ms))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Close {
    won: bool,
}

/// Plays the buyer's bank, which gives the money back (`{won: true}`) or keeps it.
pub(super) async fn close(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let wanted: Close = match read(&body) {
        Ok(wanted) => wanted,
        Err(refused) => return refused.into_response(),
    };
    play(&shared, |machine, now_ms| machine.decide_dispute(&id, wanted.won, now_ms))
}

/// Lets something happen at Stripe, and wakes whoever tells of it.
fn play(shared: &Shared, part: impl FnOnce(&mut Machine, i64) -> Result<Value, (u16, Value)>) -> Response {
    let outcome = part(&mut shared.machine(), (shared.now_ms)());
    shared.wake.notify_one();
    match outcome {
        Ok(shown) => Json(shown).into_response(),
        Err((status, body)) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), Json(body)).into_response()
        }
    }
}
