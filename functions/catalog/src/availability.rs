//! `GET /products/{id}/availability`: how many of it can be bought now.

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{ProductId, VariantId, text::Sku};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Channel, ErrorBody, Path, Result};

use crate::{
    Deps,
    cached::{self, COUNTING},
    page::{Named, shown},
};

/// How many of a product can be bought.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductAvailability {
    product_id: ProductId,
    in_stock: bool,
    variants: Vec<VariantAvailability>,
}

/// How many of a variant can be bought.
#[derive(Serialize, ToSchema)]
pub(crate) struct VariantAvailability {
    id: VariantId,
    sku: Sku,
    available: i64,
    in_stock: bool,
}

#[utoipa::path(
    get, path = "/products/{id}/availability", tag = "catalog",
    params(Named),
    responses(
        (status = 200, body = ProductAvailability),
        (status = 304, description = "It is as `If-None-Match` has it."),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
)]
pub(crate) async fn get_availability(
    State(deps): State<Deps>,
    channel: Channel,
    Path(named): Path<Named>,
    headers: HeaderMap,
) -> Result<Response> {
    let (listing, _) = shown(&deps, channel, named.id).await?;
    let variants: Vec<_> = listing
        .variants
        .into_iter()
        .map(|variant| {
            let available = variant.known().available;
            VariantAvailability { id: variant.id, sku: variant.sku, available, in_stock: available > 0 }
        })
        .collect();
    let in_stock = variants.iter().any(|variant| variant.in_stock);
    cached::answer(&headers, COUNTING, &ProductAvailability { product_id: named.id, in_stock, variants })
}
