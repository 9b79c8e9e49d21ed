//! `/v1/…`: headers and form bodies around the machine.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};

use super::Shared;
use crate::machine::{API_VERSION, Answer, Method, Params, Request};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");
const STRIPE_ACCOUNT: HeaderName = HeaderName::from_static("stripe-account");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Longer than any client of ours waits.
const NEVER: Duration = Duration::from_secs(60);

pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    method: http::Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = match authorized(&headers, shared.api_key.as_deref()) {
        Ok(()) => {
            let request = read(&method, &uri, &headers, &body);
            shared.machine().handle(&request, (shared.now_ms)())
        }
        Err(message) => shared.machine().unauthorized(message),
    };
    shared.wake.notify_one();
    if answer.lost {
        tokio::time::sleep(NEVER).await;
        return StatusCode::GATEWAY_TIMEOUT.into_response();
    }
    render(answer, &headers)
}

fn read(method: &http::Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Request {
    let (method, form) = if method == http::Method::GET {
        (Method::Get, uri.query().unwrap_or_default().to_owned())
    } else {
        (Method::Post, String::from_utf8_lossy(body).into_owned())
    };
    let key = headers.get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok()).map(str::to_owned);
    let account = headers.get(STRIPE_ACCOUNT).and_then(|id| id.to_str().ok()).map(str::to_owned);
    let params = Params::from_form(&form);
    Request { method, path: uri.path().to_owned(), params, idempotency_key: key, account }
}

fn render(answer: Answer, asked: &HeaderMap) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(answer.body)).into_response();
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&answer.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    let version = asked.get(STRIPE_VERSION).cloned().unwrap_or(HeaderValue::from_static(API_VERSION));
    headers.insert(STRIPE_VERSION, version);
    if let Some(key) = asked.get(IDEMPOTENCY_KEY) {
        headers.insert(IDEMPOTENCY_KEY, key.clone());
    }
    if answer.replayed {
        headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

fn authorized(headers: &HeaderMap, expected: Option<&str>) -> Result<(), &'static str> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = match header.split_once(' ') {
        Some(("Bearer", key)) => key.to_owned(),
        Some(("Basic", encoded)) => {
            let decoded = STANDARD.decode(encoded).unwrap_or_default();
            String::from_utf8_lossy(&decoded).trim_end_matches(':').to_owned()
        }
        _ => return Err("You did not provide an API key."),
    };
    let accepted = match expected {
        Some(expected) => key == expected,
        None => key.starts_with("sk_") || key.starts_with("rk_"),
    };
    if accepted { Ok(()) } else { Err("Invalid API Key provided.") }
}
