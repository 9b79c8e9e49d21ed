//! What every HTTP function has around its routes, and how it runs.

use std::any::Any;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use lambda_http::request::RequestContext;
use platform::aws::Connecting;
use store::origin::Origin;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

use crate::{ApiError, Context, error::ErrorCode};

/// Puts the fallbacks, the security headers, CORS, the log line and the panic's answer around a function's routes.
pub fn finish<C: Context>(routes: Router<C>, context: C) -> Router {
    let origins: Vec<HeaderValue> =
        context.settings().allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("x-requested-by"),
            CORRELATION_ID,
        ])
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            HeaderName::from_static("idempotent-replayed"),
            CORRELATION_ID,
        ]);
    finish_hidden(routes, context).layer(ServiceBuilder::new().map_response(secured).layer(cors))
}

/// [`finish`] for routes that no page calls: without CORS, and without the headers that tell a browser what to do.
///
/// It is one layer: each that a router takes is a box to clone and to poll for every request.
pub fn finish_hidden<C: Clone + Send + Sync + 'static>(routes: Router<C>, context: C) -> Router {
    let around =
        ServiceBuilder::new().layer(CatchPanicLayer::custom(panicked)).layer(middleware::from_fn(told));
    routes
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || {
            ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This address does not take this method.",
            )
        })
        .with_state(context)
        .layer(around)
}

/// Runs a finished router as a Lambda function, once its connections are open.
pub async fn run(router: Router, connecting: Connecting) -> Result<(), lambda_http::Error> {
    connecting.await;
    lambda_http::run(router).await
}

/// The headers of every answer, where a handler has not set its own.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

fn secured<B>(mut response: http::Response<B>) -> http::Response<B> {
    let headers = response.headers_mut();
    headers.reserve(HEADERS.len());
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    response
}

#[expect(clippy::needless_pass_by_value, reason = "tower-http hands the panic over by value")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic.message = text.unwrap_or_default(), "a handler panicked");
    ApiError::internal().into_response()
}

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// All that a request changes tells of it: by the id that the caller gave it, or by the gateway's. What became of it is logged.
async fn told(request: Request, next: Next) -> Response {
    let given = request.headers().get(CORRELATION_ID).and_then(|id| id.to_str().ok());
    let id = match given {
        Some(id) if is_well_formed(id) => Some(id.to_owned()),
        _ => match request.extensions().get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(gateway)) => gateway.request_id.clone(),
            _ => None,
        },
    };
    let shown = id.as_deref().and_then(|id| HeaderValue::from_str(id).ok());
    let mut response = Origin::request(id).scope(logged(request, next)).await;
    if let Some(shown) = shown {
        response.headers_mut().insert(CORRELATION_ID, shown);
    }
    response
}

fn is_well_formed(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// One line per request: the route as it is written in the code, never the address, which may hold a token.
async fn logged(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    let code = response.extensions().get::<ErrorCode>().map(|code| code.0.clone());
    tracing::info!(
        http.method = method.as_str(),
        http.route = route.as_deref().unwrap_or("none"),
        http.status = response.status().as_u16(),
        error.code = code.as_deref(),
        "answered"
    );
    response
}
