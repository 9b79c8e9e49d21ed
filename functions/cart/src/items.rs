use axum::extract::State;
use domain::{CartId, LineId, VariantId, cart::CartError};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{ApiError, Channel, ErrorBody, Json, MaybeCustomer, Path, Result, idempotent::Once};

use crate::{
    CartBody, Deps,
    change::{CartPath, add, change, check_owner, no_such_variant, offered},
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
    Once(once): Once,
    Json(body): Json<AddItem>,
) -> Result<Json<CartBody>> {
    let place = match store::pointer::variant(&deps.store, body.variant_id).await {
        Err(store::Error::NotFound) => return Err(no_such_variant()),
        other => other?,
    };
    if !channel.sells(place.vendor_id) {
        return Err(no_such_variant());
    }
    let cart = add(&deps, &channel, path.id, customer, &place, body.quantity, once.as_ref()).await?;
    Ok(Json(CartBody::new(&cart, deps.store.now())?))
}

/// Change how many
///
/// The item is held anew, at what it costs now.
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
    let cart = store::cart::get(&deps.store, &channel.tenant(), path.id).await?;
    check_owner(&cart, customer)?;
    let line = cart.lines.iter().find(|line| line.id == path.item_id).ok_or_else(ApiError::not_found)?;
    let cart = offered(&deps, &channel, path.id, customer, &line.variant, None, |cart, variant| {
        let variant = variant.ok_or(CartError::NotForSale)?;
        Ok(cart.set_quantity(variant, body.quantity, now, soft_hold)?)
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
