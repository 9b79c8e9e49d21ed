use axum::extract::State;
use domain::cart::{Cart, CartStatus};
use http::StatusCode;
use web::{ApiError, Channel, ErrorBody, Json, MaybeCustomer, Path, Result};

use crate::{
    CartBody, Deps,
    change::{CartPath, check_owner},
};

/// Look at a cart
///
/// Each line tells what is different now from when it was put there: its price, that there are too few of it, that it is not for sale any more.
#[utoipa::path(
    get,
    path = "/cart/{id}",
    tag = "cart",
    params(("id" = domain::CartId, Path)),
    responses(
        (status = 200, body = CartBody),
        (status = 404, description = "No such cart", body = ErrorBody),
    ),
)]
pub(crate) async fn get_cart(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
    Path(path): Path<CartPath>,
) -> Result<Json<CartBody>> {
    let cart = store::cart::get(&deps.store, &channel.tenant(), path.id).await?;
    check_owner(&cart, customer)?;
    let now = deps.store.now();
    if cart.status_at(now) != CartStatus::Active {
        return Ok(Json(CartBody::new(&cart, now)?));
    }
    let places: Vec<_> = cart.lines.iter().map(|line| line.variant).collect();
    let variants = store::stock::get_all(&deps.store, &places).await?;
    Ok(Json(CartBody::with_notices(&cart, &variants, now)?))
}

/// Take a cart away
///
/// What it holds is released. A cart that is checked out stays with its order.
#[utoipa::path(
    delete,
    path = "/cart/{id}",
    tag = "cart",
    params(("id" = domain::CartId, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "No such cart", body = ErrorBody),
        (status = 409, description = "`cart_not_active`: it is checked out", body = ErrorBody),
    ),
)]
pub(crate) async fn delete_cart(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
    Path(path): Path<CartPath>,
) -> Result<StatusCode> {
    for _ in 0..8 {
        let cart = store::cart::get(&deps.store, &channel.tenant(), path.id).await?;
        check_owner(&cart, customer)?;
        if matches!(cart.status, CartStatus::Checkout | CartStatus::Completed) {
            return Err(domain::cart::CartError::NotActive(cart.status).into());
        }
        let emptied = Cart { lines: Vec::new(), ..cart.clone() };
        match store::cart::delete(&deps.store, &cart, &emptied).await {
            Err(store::Error::VersionConflict) => {}
            other => {
                other?;
                return Ok(StatusCode::NO_CONTENT);
            }
        }
    }
    Err(ApiError::from(store::Error::VersionConflict))
}
