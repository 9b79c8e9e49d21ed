use axum::extract::State;
use domain::{CartId, LineId, VariantId};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Channel, ErrorBody, Json, MaybeCustomer, Path, Result};

use crate::{
    CartBody, Deps,
    change::{CartPath, add, change, no_such_variant},
};

/// What goes into a cart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddItem {
    variant_id: VariantId,
    /// 1 to 999, together with what the cart has of it.
    #[schema(minimum = 1, maximum = 999)]
    quantity: u32,
}

/// How many there shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetQuantity {
    #[schema(minimum = 1, maximum = 999)]
    quantity: u32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ItemPath {
    id: CartId,
    item_id: LineId,
}

/// Put goods into a cart
///
/// They are held for it while it changes at least every 15 minutes. Goods that are in it already become more.
#[utoipa::path(
    post,
    path = "/cart/{id}/items",
    tag = "cart",
    params(("id" = CartId, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = AddItem,
    responses(
        (status = 200, body = CartBody),
        (status = 400, description = "Malformed", body = ErrorBody),
        (status = 404, description = "No such cart, or no such variant in this channel", body = ErrorBody),
        (status = 409, description = "`insufficient_stock`, `product_unavailable`, `cart_full`, `cart_not_active`, `currency_mismatch`", body = ErrorBody),
        (status = 422, description = "`invalid_value`: the quantity", body = ErrorBody),
    ),
)]
pub(crate) async fn add_cart_item(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
    Path(path): Path<CartPath>,
    Json(body): Json<AddItem>,
) -> Result<Json<CartBody>> {
    let place = match store::pointer::variant(&deps.store, body.variant_id).await {
        Err(store::Error::NotFound) => return Err(no_such_variant()),
        other => other?,
    };
    if !channel.sells(place.vendor_id) {
        return Err(no_such_variant());
    }
    let cart = add(&deps, &channel, path.id, customer, &place, body.quantity).await?;
    Ok(Json(CartBody::new(&cart, deps.store.now())?))
}

/// Change how many
#[utoipa::path(
    put,
    path = "/cart/{id}/items/{item_id}",
    tag = "cart",
    params(("id" = CartId, Path), ("item_id" = LineId, Path)),
    request_body = SetQuantity,
    responses(
        (status = 200, body = CartBody),
        (status = 400, description = "Malformed", body = ErrorBody),
        (status = 404, description = "No such cart or item", body = ErrorBody),
        (status = 409, description = "`insufficient_stock`, `product_unavailable`, `cart_not_active`", body = ErrorBody),
        (status = 422, description = "`invalid_value`: the quantity", body = ErrorBody),
    ),
)]
pub(crate) async fn set_cart_item(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
    Path(path): Path<ItemPath>,
    Json(body): Json<SetQuantity>,
) -> Result<Json<CartBody>> {
    let (now, soft_hold) = (deps.store.now(), deps.soft_hold);
    let cart = change(&deps, &channel, path.id, customer, |cart| {
        cart.set_quantity(path.item_id, body.quantity, now, soft_hold)
    })
    .await?;
    Ok(Json(CartBody::new(&cart, now)?))
}

/// Take goods out
#[utoipa::path(
    delete,
    path = "/cart/{id}/items/{item_id}",
    tag = "cart",
    params(("id" = CartId, Path), ("item_id" = LineId, Path)),
    responses(
        (status = 200, body = CartBody),
        (status = 404, description = "No such cart or item", body = ErrorBody),
        (status = 409, description = "`cart_not_active`", body = ErrorBody),
    ),
)]
pub(crate) async fn remove_cart_item(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
    Path(path): Path<ItemPath>,
) -> Result<Json<CartBody>> {
    let (now, soft_hold) = (deps.store.now(), deps.soft_hold);
    let cart =
        change(&deps, &channel, path.id, customer, |cart| cart.remove(path.item_id, now, soft_hold)).await?;
    Ok(Json(CartBody::new(&cart, now)?))
}
