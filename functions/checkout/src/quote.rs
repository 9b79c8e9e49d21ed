use std::collections::BTreeMap;

use axum::extract::State;
use domain::{
    Currency, Money, VendorId,
    address::Address,
    cart::{Cart, CartError, CartStatus, Notice},
    order::{Priced, PricedPart},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{
    ApiError, Channel, ErrorBody, Json, MaybeCustomer, Path, Result,
    order_body::{TaxBody, TotalsBody},
};

use crate::{
    Deps,
    place::CartPath,
    terms::{checked, terms},
};

/// Where the goods would go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    shipping_address: Address,
}

/// What an order of a cart would cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuoteBody {
    pub totals: TotalsBody,
    /// A parcel for each vendor.
    pub shipments: Vec<QuotedShipment>,
}

/// A vendor's part of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuotedShipment {
    pub vendor: VendorId,
    pub items_total: Money,
    pub shipping_total: Money,
    pub taxes: Vec<TaxBody>,
}

/// Ask what an order would cost
///
/// The same totals as checking out at this moment, and refused for the same reasons; nothing is changed by it.
#[utoipa::path(
    post,
    path = "/cart/{id}/quote",
    tag = "checkout",
    params(("id" = domain::CartId, Path)),
    request_body = Ask,
    responses(
        (status = 200, body = QuoteBody),
        (status = 400, description = "Malformed", body = ErrorBody),
        (status = 404, description = "No such cart", body = ErrorBody),
        (status = 409, description = "`cart_empty`, `cart_not_active`, `insufficient_stock`, `product_unavailable`, `price_changed`, `vendor_not_selling`, `vendor_not_ready`, `not_shipped`, `amount_too_large`", body = ErrorBody),
        (status = 422, description = "`invalid_value`: the address", body = ErrorBody),
    ),
)]
pub(crate) async fn quote(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
    Path(path): Path<CartPath>,
    Json(body): Json<Ask>,
) -> Result<Json<QuoteBody>> {
    let to = checked(body.shipping_address)?.country;
    let store = &deps.ordering.store;
    let cart = store::cart::get(store, &channel.tenant(), path.id).await?;
    if !cart.answers_to(customer) {
        return Err(ApiError::not_found());
    }
    let status = cart.status_at(store.now());
    if status != CartStatus::Active {
        return Err(CartError::NotActive(status).into());
    }
    let currency = cart.currency.ok_or(CartError::Empty)?;
    let terms = terms(&deps.ordering, &cart).await?;
    refuse_what_changed(&deps, &cart).await?;
    let settings: BTreeMap<_, _> = terms.iter().map(|(vendor, terms)| (*vendor, &terms.shipping)).collect();
    let priced = Priced::of_cart(&cart, to, &settings)?;
    let taxes = priced.taxes();
    Ok(Json(QuoteBody {
        totals: TotalsBody::new(currency, priced.totals, taxes),
        shipments: priced.parts.into_iter().map(|part| QuotedShipment::new(currency, part)).collect(),
    }))
}

/// Refuses a cart as checking out would.
async fn refuse_what_changed(deps: &Deps, cart: &Cart) -> Result<()> {
    let store = &deps.ordering.store;
    let places: Vec<_> = cart.lines.iter().map(|line| line.variant).collect();
    let variants = store::stock::get_all(store, &places).await?;
    for line in &cart.lines {
        let id = line.variant.variant_id;
        let variant = variants.iter().find(|variant| variant.place() == line.variant);
        if let Some(notice) = line.notices(variant).into_iter().next() {
            return Err(match notice {
                Notice::PriceChanged { was, now } => ApiError::price_changed(id, was, now),
                Notice::InsufficientStock { available } => {
                    store::Error::InsufficientStock { variant: id, available }.into()
                }
                Notice::ProductUnavailable => store::Error::NotForSale(id).into(),
            });
        }
    }
    Ok(())
}

impl QuotedShipment {
    fn new(currency: Currency, part: PricedPart) -> Self {
        Self {
            vendor: part.vendor_id,
            items_total: Money::new(part.items, currency),
            shipping_total: Money::new(part.shipping, currency),
            taxes: part.taxes.into_iter().map(|taxed| TaxBody::new(currency, taxed)).collect(),
        }
    }
}
