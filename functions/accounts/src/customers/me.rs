use axum::extract::State;
use store::{
    Error,
    account::{self, Account},
};
use web::{ApiError, CustomerOf, ErrorBody, Json, principal::PrincipalBody};

use crate::Deps;

/// Answers who is logged in.
#[utoipa::path(
    get,
    path = "/customers/me",
    tag = "accounts",
    responses(
        (status = 200, body = PrincipalBody),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_customer_me(
    State(deps): State<Deps>,
    customer: CustomerOf,
) -> web::Result<Json<PrincipalBody>> {
    let person =
        account::customer(&deps.store, &customer.channel, customer.id).await.map_err(
            |error| match error {
                Error::NotFound => ApiError::unauthenticated(),
                error => error.into(),
            },
        )?;
    Ok(Json(PrincipalBody::from(&Account::Customer(person))))
}
