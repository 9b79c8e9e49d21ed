use axum::extract::State;
use domain::{
    CartId, CustomerId,
    cart::{Cart, CartStatus},
    order::{CancelReason, Order, Purchase},
};
use http::StatusCode;
use serde::Deserialize;
use store::Error;
use web::{ApiError, Channel, ErrorBody, Json, MaybeCustomer, Path, Result};

use crate::{
    CheckoutBody, Deps,
    body::CheckOut,
    terms::{checked, terms},
};

/// How often a checkout that lost to a change of its cart is decided again.
const TURNS: usize = 8;

#[derive(Debug, Deserialize)]
pub(crate) struct CartPath {
    pub(crate) id: CartId,
}

/// Check out
///
/// The cart becomes an order whose goods are held for half an hour, and a payment is opened. A cart checks out once: a second call answers
/// the same order, and continues a call that was interrupted.
#[utoipa::path(
    post,
    path = "/cart/{id}/checkout",
    tag = "checkout",
    params(("id" = CartId, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = CheckOut,
    responses(
        (status = 201, body = CheckoutBody),
        (status = 400, description = "Malformed", body = ErrorBody),
        (status = 404, description = "No such cart", body = ErrorBody),
        (status = 409, description = "`cart_empty`, `cart_not_active`, `insufficient_stock`, `product_unavailable`, `price_changed`, `vendor_not_selling`, `vendor_not_ready`, `not_shipped`, `amount_too_large`, `payment_refused`", body = ErrorBody),
        (status = 422, description = "`invalid_value`: address or mail address; the postal code is one of its country's", body = ErrorBody),
        (status = 503, description = "Stripe or the table does not answer: the holds are kept, call again", body = ErrorBody),
    ),
)]
pub(crate) async fn check_out(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
    Path(path): Path<CartPath>,
    Json(body): Json<CheckOut>,
) -> Result<(StatusCode, Json<CheckoutBody>)> {
    let body = CheckOut { shipping_address: checked(body.shipping_address)?, ..body };
    let order = placed(&deps, &channel, path.id, customer, body).await?;
    let order = match deps.ordering.open_intent(&order).await {
        Err(ordering::Error::Stripe(error)) if error.is_final() => {
            // Nobody can pay it: it ends at once, and its cart is open again.
            let ended = deps.ordering.cancel_unpaid(&order.channel, order.id, CancelReason::PaymentRefused);
            ended.await.map_err(refusal)?;
            let message = "No such payment is taken.";
            return Err(ApiError::conflict("payment_refused", message));
        }
        other => other.map_err(refusal)?,
    };
    Ok((StatusCode::CREATED, Json(CheckoutBody::new(order, &deps.storefront_url))))
}

/// Whatever Stripe's trouble is, the holds are kept and the same call continues.
fn refusal(error: ordering::Error) -> ApiError {
    match error {
        ordering::Error::Store(error) => error.into(),
        ordering::Error::Stripe(error) if error.is_transient() => {
            tracing::warn!(error = &error as &dyn std::error::Error, "Stripe does not answer");
            ApiError::unavailable()
        }
        ordering::Error::Stripe(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "an intent could not be made");
            ApiError::internal()
        }
        ordering::Error::Illegal(_) => ApiError::internal(),
    }
}

/// The cart's order: made now, or by an earlier call.
async fn placed(
    deps: &Deps,
    channel: &Channel,
    id: CartId,
    customer: Option<CustomerId>,
    body: CheckOut,
) -> Result<Order> {
    let store = &deps.ordering.store;
    for _ in 0..TURNS {
        let cart = store::cart::get(store, &channel.tenant(), id).await?;
        if !cart.answers_to(customer) {
            return Err(ApiError::not_found());
        }
        if let (CartStatus::Checkout | CartStatus::Completed, Some(order)) = (cart.status, cart.order_id) {
            return Ok(store::order::get(store, &cart.channel, order).await?);
        }
        match place(deps, &cart, customer, &body).await {
            Err(Placing::Outrun) => {}
            Err(Placing::Refused(error)) => return Err(error),
            Ok(order) => return Ok(order),
        }
    }
    Err(Error::VersionConflict.into())
}

enum Placing {
    /// The cart was changed meanwhile.
    Outrun,
    Refused(ApiError),
}

async fn place(
    deps: &Deps,
    cart: &Cart,
    customer: Option<CustomerId>,
    body: &CheckOut,
) -> std::result::Result<Order, Placing> {
    let refused = |error: ApiError| Placing::Refused(error);
    let store = &deps.ordering.store;
    let now = store.now();
    let purchase = Purchase {
        id: deps.ordering.ids.next(),
        payment_id: deps.ordering.ids.next(),
        token: deps.ordering.ids.token().reveal().clone(),
        email: body.email.clone(),
        shipping_address: body.shipping_address.clone(),
        customer_id: cart.customer_id.or(customer),
    };
    let after = cart.checked_out(purchase.id, now).map_err(|error| refused(error.into()))?;
    let terms = terms(&deps.ordering, cart).await.map_err(refused)?;
    let order =
        Order::of_cart(cart, purchase, &terms, now, deps.hard_hold).map_err(|error| refused(error.into()))?;
    match store::order::place(store, cart, &after, &order).await {
        Ok(()) => Ok(order),
        Err(Error::VersionConflict) => Err(Placing::Outrun),
        Err(error) => Err(refused(error.into())),
    }
}
