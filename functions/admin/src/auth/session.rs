use axum::{extract::State, response::Response};
use http::{HeaderMap, Method};
use web::{
    Admin, Audience, ErrorBody, Json,
    principal::{LogIn, LoggedIn, Realm, end_session, log_in},
};

use crate::Deps;

/// Logs an admin in.
#[utoipa::path(
    post,
    path = "/api/v1/admin/auth/login",
    tag = "admin",
    request_body = LogIn,
    responses(
        (status = 200, body = LoggedIn),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody, description = "`invalid_credentials`"),
        (status = 422, body = ErrorBody),
        (status = 429, body = ErrorBody, description = "`too_many_attempts`: after three wrong passwords, for 1 to 15 minutes"),
    ),
)]
pub(crate) async fn log_in_admin(State(deps): State<Deps>, Json(body): Json<LogIn>) -> web::Result<Response> {
    Ok(log_in(&deps, (&deps.ids, &deps.passwords), Realm::Admins, body).await?.1)
}

/// Logs out.
#[utoipa::path(
    post,
    path = "/api/v1/admin/auth/logout",
    tag = "admin",
    responses((status = 204), (status = 401, body = ErrorBody)),
    security(("bearer" = [])),
)]
pub(crate) async fn log_out_admin(
    State(deps): State<Deps>,
    _: Admin,
    method: Method,
    headers: HeaderMap,
) -> web::Result<Response> {
    end_session(&deps, Audience::Admin, (&method, &headers)).await
}
