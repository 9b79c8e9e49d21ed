use axum::extract::State;
use domain::cart::{Cart, CartStatus};
use http::StatusCode;
use store::Error;
use web::{ApiError, Channel, ErrorBody, Json, MaybeCustomer, Result};

use crate::{CartBody, Deps};

/// Make a cart
///
/// A guest gets a new one; a customer who is logged in gets the one current cart of this channel.
#[utoipa::path(
    post,
    path = "/cart",
    tag = "cart",
    responses(
        (status = 201, description = "A new cart", body = CartBody),
        (status = 200, description = "The customer's current cart", body = CartBody),
        (status = 404, description = "No such shop", body = ErrorBody),
    ),
)]
pub(crate) async fn create_cart(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
) -> Result<(StatusCode, Json<CartBody>)> {
    let now = deps.store.now();
    let tenant = channel.tenant();
    let new = || Cart::new(deps.ids.unguessable(), tenant, customer, now);
    let Some(customer) = customer else {
        let cart = new();
        store::cart::create(&deps.store, &cart).await?;
        return Ok((StatusCode::CREATED, Json(CartBody::new(&cart, now)?)));
    };
    // Two calls at once make one cart: who loses finds the other's.
    for _ in 0..4 {
        let account = store::account::customer(&deps.store, &tenant, customer).await?;
        if let Some(id) = account.cart_id {
            match store::cart::get(&deps.store, &tenant, id).await {
                Ok(cart) if matches!(cart.status_at(now), CartStatus::Active | CartStatus::Checkout) => {
                    return Ok((StatusCode::OK, Json(CartBody::new(&cart, now)?)));
                }
                Ok(_) | Err(Error::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let cart = new();
        match store::cart::create_for(&deps.store, customer, &cart, account.cart_id).await {
            Err(Error::VersionConflict) => {}
            other => {
                other?;
                return Ok((StatusCode::CREATED, Json(CartBody::new(&cart, now)?)));
            }
        }
    }
    Err(ApiError::from(Error::VersionConflict))
}
