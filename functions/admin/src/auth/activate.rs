use axum::{extract::State, response::Response};
use http::StatusCode;
use platform::Secret;
use serde::Deserialize;
use store::{
    account::{self, Account},
    session::Session,
};
use utoipa::ToSchema;
use web::{
    ErrorBody, Json,
    principal::{LoggedIn, NewPassword, invalid_token, invitation_error, logged_in},
};

use crate::Deps;

/// What an invited admin answers the invitation with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminActivation {
    /// Of the link in the mail.
    #[schema(value_type = String, write_only)]
    token: Secret<String>,
    password: NewPassword,
}

/// Takes up an admin's invitation: sets the password and logs in.
#[utoipa::path(
    post,
    path = "/api/v1/admin/auth/activate",
    tag = "admin",
    request_body = AdminActivation,
    responses(
        (status = 200, body = LoggedIn),
        (status = 400, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "`invalid_token`: used, over, or never made; `invalid_value`"),
    ),
)]
pub(crate) async fn activate_admin(
    State(deps): State<Deps>,
    Json(body): Json<AdminActivation>,
) -> web::Result<Response> {
    let account = account::invited(&deps.store, &body.token).await.map_err(invitation_error)?;
    let Account::Admin(admin) = &account else { return Err(invalid_token()) };
    let hash = body.password.hash(&deps.passwords)?;
    let (token, session) = (deps.ids.token(), Session::starting(account.principal(), deps.store.now()));
    account::activate_admin(&deps.store, &body.token, admin, hash, (&token, &session))
        .await
        .map_err(invitation_error)?;
    Ok(logged_in(&deps, StatusCode::OK, (&token, &session), &account))
}
