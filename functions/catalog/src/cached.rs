//! Answers that caches may keep: `Cache-Control`, an entity tag of what is answered, and 304 to who has it (RFC 9110, 13.1.2).

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use platform::secret::sha256_hex;
use serde::Serialize;
use web::{ApiError, Result};

/// For how long lists and pages may be kept.
pub(crate) const BROWSING: &str = "public, max-age=60";
/// For how long a stock level may be told.
pub(crate) const COUNTING: &str = "public, max-age=5";

/// Enough of the hash to tell two versions of one answer apart.
const TAG_LENGTH: usize = 32;

/// Answers a body, or that the caller has it already.
pub(crate) fn answer<T: Serialize>(request: &HeaderMap, cache: &'static str, body: &T) -> Result<Response> {
    let text = to_json(body)?;
    Ok(told(request, cache, text))
}

/// Answers a text that is JSON.
pub(crate) fn told(request: &HeaderMap, cache: &'static str, text: String) -> Response {
    let hash = sha256_hex(&text);
    let tag = format!("\"{}\"", hash.get(..TAG_LENGTH).unwrap_or(&hash));
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))),
    ];
    if has(request, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (headers, json, Body::from(text)).into_response()
}

/// Whether the caller has the answer of a tag. Caches weaken tags, which makes no difference here.
fn has(request: &HeaderMap, tag: &str) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag)
}

fn to_json<T: Serialize>(body: &T) -> Result<String> {
    serde_json::to_string(body).map_err(|_| ApiError::internal())
}
