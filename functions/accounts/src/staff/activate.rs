use axum::{extract::State, response::Response};
use domain::text::Text;
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

/// What somebody answers an invitation with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Activation {
    /// Of the link in the mail.
    #[schema(value_type = String, write_only)]
    token: Secret<String>,
    password: NewPassword,
    name: Text<120>,
}

/// Takes up an invitation: sets the password and logs in. A vendor that was waiting for its owner becomes active.
#[utoipa::path(
    post,
    path = "/api/v1/vendor/auth/activate",
    tag = "accounts",
    request_body = Activation,
    responses(
        (status = 200, body = LoggedIn),
        (status = 400, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "`invalid_token`: used, over, or never made; `invalid_value`"),
    ),
)]
pub(crate) async fn activate_staff(
    State(deps): State<Deps>,
    Json(body): Json<Activation>,
) -> web::Result<Response> {
    let account = account::invited(&deps.store, &body.token).await.map_err(invitation_error)?;
    let Account::Staff(staff) = &account else { return Err(invalid_token()) };
    let hash = body.password.hash(&deps.passwords)?;
    let (token, session) = (deps.ids.token(), Session::starting(account.principal(), deps.store.now()));
    account::activate(&deps.store, &body.token, staff, body.name, hash, (&token, &session))
        .await
        .map_err(invitation_error)?;
    let active = account::staff(&deps.store, staff.vendor_id, staff.id).await?;
    Ok(logged_in(&deps, StatusCode::OK, (&token, &session), &Account::Staff(active)))
}
