use axum::{extract::State, response::Response};
use http::{HeaderMap, Method};
use web::{
    Audience, Channel, CustomerOf, ErrorBody, Json,
    principal::{LogIn, LoggedIn, Realm, end_session, log_in},
};

use crate::Deps;

/// Logs a customer of this channel in.
#[utoipa::path(
    post,
    path = "/customers/login",
    tag = "accounts",
    request_body = LogIn,
    responses(
        (status = 200, body = LoggedIn),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody, description = "`invalid_credentials`"),
        (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody),
        (status = 429, body = ErrorBody, description = "`too_many_attempts`: after three wrong passwords, for 1 to 15 minutes"),
    ),
)]
pub(crate) async fn log_in_customer(
    State(deps): State<Deps>,
    channel: Channel,
    Json(body): Json<LogIn>,
) -> web::Result<Response> {
    log_in(&deps, (&deps.ids, &deps.passwords), Realm::Customers(channel.tenant()), body).await
}

/// Logs out.
#[utoipa::path(
    post,
    path = "/customers/logout",
    tag = "accounts",
    responses((status = 204), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
    security(("bearer" = [])),
)]
pub(crate) async fn log_out_customer(
    State(deps): State<Deps>,
    customer: CustomerOf,
    method: Method,
    headers: HeaderMap,
) -> web::Result<Response> {
    end_session(&deps, Audience::Customer(customer.channel), (&method, &headers)).await
}
