//! `Idempotency-Key`: the first answer to a key is the answer to its repeats.

use std::{convert::Infallible, str::FromStr};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use platform::secret::sha256_hex;
use store::idempotency::{self, Answer, Begun, Scope};

use crate::{
    ApiError, Context,
    body::read_body,
    error::{CONFLICT, ErrorCode, ErrorType},
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key (Stripe's limit).
const MAX_KEY: usize = 255;

/// Lets the POSTs of a router be repeated under a key without doing their work again.
///
/// Not for log-ins, whose answers hold tokens, nor where state itself answers a repeat; and of what guests may do only for what names something that no other
/// guest knows, such as their cart: a key alone may be anybody's.
pub fn layer<C: Context>(router: Router<C>, context: C) -> Router<C> {
    router.layer(middleware::from_fn_with_state(context, once::<C>))
}

async fn once<C: Context>(State(context): State<C>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let key = match key(request.headers()) {
        Ok(None) => return next.run(request).await,
        Ok(Some(key)) => key,
        Err(error) => return error.into_response(),
    };
    match under_key(&context, &key, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn under_key<C: Context>(
    context: &C,
    key: &str,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let caller = caller(&parts.headers);
    let route = format!("{} {}", parts.method, parts.uri.path());
    let bytes = read_body(Request::from_parts(parts.clone(), body)).await?;
    let scope = Scope::new(&caller, &route, key, &bytes);
    match idempotency::begin(context.store(), &scope).await? {
        Begun::Ours => {}
        Begun::Answered(answer) => return Ok(replay(answer)),
        Begun::InProgress => {
            let message = "A call with this key is in progress.";
            return Err(ApiError::conflict("idempotency_in_progress", message)
                .of_kind(ErrorType::IdempotencyError)
                .retry_after(1));
        }
        Begun::Reused => {
            let message = "This key was used for another request.";
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", message)
                .of_kind(ErrorType::IdempotencyError));
        }
    }
    let mut request = Request::from_parts(parts, Body::from(bytes));
    request.extensions_mut().insert(scope.clone());
    let response = next.run(request).await;
    if is_passing(&response) {
        idempotency::release(context.store(), &scope).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map_err(|_| ApiError::internal())?.to_bytes();
    let answer = Answer { status: parts.status.as_u16(), body: String::from_utf8_lossy(&bytes).into_owned() };
    idempotency::keep(context.store(), &scope, answer).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// Whether an answer says no more than that the same call may fare better.
fn is_passing(response: &Response) -> bool {
    let status = response.status();
    let lost = response.extensions().get::<ErrorCode>().is_some_and(|code| code.0 == CONFLICT);
    status.is_server_error()
        || matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS)
        || lost
}

/// The key of a call, for work that changes more by being done twice: its transaction notes that it was done.
pub struct Once(pub Option<Scope>);

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Scope>().cloned()))
    }
}

/// The id of what a call made before that was stopped after its work.
pub fn made<I: FromStr>(id: &str) -> Result<I, ApiError> {
    id.parse().map_err(|_| ApiError::internal())
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(KEY) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(text) if (1..=MAX_KEY).contains(&text.len()) => Ok(Some(text.to_owned())),
        _ => Err(ApiError::malformed(
            "invalid_idempotency_key",
            "A key has 1 to 255 visible ASCII characters.",
        )),
    }
}

/// Two callers may use the same key: what they show tells them apart. Guests may show nothing, or what anybody can: the route tells them apart ([`layer`]).
fn caller(headers: &HeaderMap) -> String {
    let shown = headers.get(header::AUTHORIZATION).or_else(|| headers.get(header::COOKIE));
    shown.and_then(|shown| shown.to_str().ok()).map(sha256_hex).unwrap_or_default()
}

fn replay(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_fare_better_is_not_kept_under_its_key() {
        let variant = domain::Id::from_bits(1);
        for (error, passing) in [
            (store::Error::VersionConflict.into(), true),
            (ApiError::unavailable(), true),
            (ApiError::internal(), true),
            (ApiError::unauthenticated(), true),
            (store::Error::InsufficientStock { variant, available: 0 }.into(), false),
            (ApiError::not_found(), false),
            (ApiError::malformed("invalid_json", "No."), false),
        ] {
            let error: ApiError = error;
            let answer = error.into_response();
            assert_eq!(is_passing(&answer), passing, "{}", answer.status());
        }
    }
}
