//! What all changes of a cart have in common: whose it is, and that a change which lost to another is decided again.

use domain::{
    CartId, CustomerId,
    cart::{Cart, CartError},
    variant::{Variant, VariantRef},
};
use serde::Deserialize;
use store::{Error, idempotency::Scope};
use web::{ApiError, Channel};

use crate::Deps;

/// How often a change that lost to another one is decided again.
const TURNS: usize = 8;

/// The address of a cart.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct CartPath {
    pub(crate) id: CartId,
}

/// A customer's cart answers to nobody else: it is not there.
pub(crate) fn check_owner(cart: &Cart, customer: Option<CustomerId>) -> Result<(), ApiError> {
    if cart.answers_to(customer) { Ok(()) } else { Err(ApiError::not_found()) }
}

/// Reads a cart, decides, and saves; again where somebody else was quicker.
pub(crate) async fn change(
    deps: &Deps,
    channel: &Channel,
    id: CartId,
    customer: Option<CustomerId>,
    decide: impl Fn(&Cart) -> Result<Cart, CartError>,
) -> Result<Cart, ApiError> {
    for _ in 0..TURNS {
        let cart = store::cart::get(&deps.store, &channel.tenant(), id).await?;
        check_owner(&cart, customer)?;
        let next = decide(&cart)?;
        match store::cart::save(&deps.store, &cart, &next).await {
            Err(Error::VersionConflict) => {}
            other => {
                other?;
                return Ok(next);
            }
        }
    }
    Err(Error::VersionConflict.into())
}

/// Puts units into a cart, once for each key; the variant is read together with the cart, in one round trip.
pub(crate) async fn add(
    deps: &Deps,
    channel: &Channel,
    id: CartId,
    customer: Option<CustomerId>,
    variant: &VariantRef,
    quantity: u32,
    once: Option<&Scope>,
) -> Result<Cart, ApiError> {
    let line_id = deps.ids.next();
    offered(deps, channel, id, customer, variant, once, |cart, variant| {
        let variant = variant.ok_or_else(no_such_variant)?;
        Ok(cart.add(variant, quantity, line_id, deps.store.now(), deps.soft_hold)?)
    })
    .await
}

/// Makes a change that goes by a variant as it is offered now, or by its not being there any more.
pub(crate) async fn offered(
    deps: &Deps,
    channel: &Channel,
    id: CartId,
    customer: Option<CustomerId>,
    variant: &VariantRef,
    once: Option<&Scope>,
    decide: impl Fn(&Cart, Option<&Variant>) -> Result<Cart, ApiError>,
) -> Result<Cart, ApiError> {
    for _ in 0..TURNS {
        let (cart, found) = store::cart::with_variant(&deps.store, &channel.tenant(), id, variant).await?;
        check_owner(&cart, customer)?;
        let next = decide(&cart, found.as_ref())?;
        match store::cart::save_once(&deps.store, &cart, &next, once).await {
            Err(Error::VersionConflict) => {}
            // A call that was stopped after its work: the cart has what it asked for.
            Err(Error::DoneBefore) => return Ok(cart),
            other => {
                other?;
                return Ok(next);
            }
        }
    }
    Err(Error::VersionConflict.into())
}

/// 404 for the variant: the cart itself is there.
pub(crate) fn no_such_variant() -> ApiError {
    ApiError::not_found().param("variant_id")
}
