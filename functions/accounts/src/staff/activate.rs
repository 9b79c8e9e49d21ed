use axum::{extract::State, response::Response};
use domain::{account::AccountStatus, text::Text};
use http::StatusCode;
use platform::Secret;
use serde::Deserialize;
use store::{
    account::{self, Account},
    invitation::{self, Invited},
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
    let staff = match invitation::find(&deps.store, &body.token).await.map_err(invitation_error)? {
        Invited::Staff { vendor_id, staff_id } => {
            account::staff(&deps.store, vendor_id, staff_id).await.map_err(invitation_error)?
        }
        Invited::Admin { .. } => return Err(invalid_token()),
    };
    // Of several mails the first that is taken up counts.
    if staff.status != AccountStatus::Invited {
        return Err(invalid_token());
    }
    let hash = body.password.hash(&deps.passwords)?;
    let account = Account::Staff(staff.clone());
    let (token, session) = (deps.ids.token(), Session::starting(account.principal(), deps.store.now()));
    account::activate(&deps.store, &body.token, &staff, body.name.clone(), hash, (&token, &session))
        .await
        .map_err(invitation_error)?;
    let active = account::staff(&deps.store, staff.vendor_id, staff.id).await?;
    Ok(logged_in(&deps, StatusCode::OK, (&token, &session), &Account::Staff(active)))
}
