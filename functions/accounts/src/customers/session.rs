use axum::{extract::State, response::Response};
use domain::{CartId, email::Email};
use http::{HeaderMap, Method};
use platform::Secret;
use serde::Deserialize;
use store::account::Account;
use utoipa::ToSchema;
use web::{
    Audience, Channel, CustomerOf, ErrorBody, Json,
    principal::{LogIn, LoggedIn, Realm, end_session, log_in},
};

use super::cart;
use crate::Deps;

/// Who logs in, and the cart that was filled as a guest.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerLogIn {
    email: Email,
    #[schema(value_type = String, format = Password, write_only)]
    password: Secret<String>,
    #[serde(default)]
    #[schema(nullable = false)]
    cart_id: Option<CartId>,
}

/// Logs a customer of this channel in.
///
/// A guest's cart that is named becomes the customer's, or joins the one that the customer has.
#[utoipa::path(
    post,
    path = "/customers/login",
    tag = "accounts",
    request_body = CustomerLogIn,
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
    Json(CustomerLogIn { email, password, cart_id }): Json<CustomerLogIn>,
) -> web::Result<Response> {
    let (channel, who) = (channel.tenant(), LogIn { email, password });
    let realm = Realm::Customers(channel);
    let (account, response) = log_in(&deps, (&deps.ids, &deps.passwords), realm, who).await?;
    if let Account::Customer(customer) = account {
        cart::bring(&deps, &channel, customer.id, cart_id).await;
    }
    Ok(response)
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
