use axum::{extract::State, response::Response};
use domain::{CartId, account::Customer, email::Email, text::Text};
use http::StatusCode;
use serde::Deserialize;
use store::{
    account::{self, Account},
    session::Session,
};
use utoipa::ToSchema;
use web::{
    Channel, ErrorBody, Json,
    principal::{LoggedIn, NewPassword, logged_in},
};

use super::cart;
use crate::Deps;

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    email: Email,
    password: NewPassword,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    name: Option<Text<120>>,
    /// The cart that was filled as a guest.
    #[serde(default)]
    #[schema(nullable = false)]
    cart_id: Option<CartId>,
}

/// Makes a customer's account in this channel, and logs in.
#[utoipa::path(
    post,
    path = "/customers/register",
    tag = "accounts",
    request_body = Registration,
    responses(
        (status = 201, body = LoggedIn),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "`email_taken`"),
        (status = 422, body = ErrorBody),
    ),
)]
pub(crate) async fn register_customer(
    State(deps): State<Deps>,
    channel: Channel,
    Json(body): Json<Registration>,
) -> web::Result<Response> {
    let now = deps.store.now();
    let hash = body.password.hash(&deps.passwords)?;
    let customer = Customer::new(deps.ids.next(), channel.tenant(), (body.email, body.name), hash, now);
    let account = Account::Customer(customer.clone());
    let (token, session) = (deps.ids.token(), Session::starting(account.principal(), now));
    account::register(&deps.store, &customer, (&token, &session)).await?;
    cart::bring(&deps, &customer.channel, customer.id, body.cart_id).await;
    Ok(logged_in(&deps, StatusCode::CREATED, (&token, &session), &account))
}
