//! `GET /products/{id}`: a product's page.

use std::collections::BTreeMap;

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    Money, ProductId, Timestamp, VariantId,
    category::Category,
    product::{Gtin, Image, ProductStatus},
    text::{Description, Name, Sku, Text},
    variant::Variant,
};
use serde::{Deserialize, Serialize};
use store::{
    Error, pointer,
    product::{self, Listing},
};
use utoipa::{IntoParams, ToSchema};
use web::{
    ApiError, Channel, ErrorBody, Path, Result,
    product_body::{Percent, ProductMedia},
};

use crate::{
    Deps,
    cached::{self, BROWSING},
    vendors::Seller,
};

/// The product that an address names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Named {
    pub(crate) id: ProductId,
}

/// A product as customers see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductPage {
    id: ProductId,
    sku: Sku,
    title: Name,
    description: Description,
    category: Category,
    brand: Option<Text<120>>,
    gtin: Option<Gtin>,
    tags: Vec<Text<60>>,
    status: ProductStatus,
    /// The lowest of its variants.
    price: Money,
    tax_rate: Percent,
    images: Vec<Image>,
    media: Vec<ProductMedia>,
    in_stock: bool,
    variants: Vec<Offer>,
    vendor: Seller,
    published_at: Option<Timestamp>,
}

/// A variant as customers see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Offer {
    id: VariantId,
    sku: Sku,
    options: BTreeMap<String, String>,
    price: Money,
    available: i64,
    in_stock: bool,
}

#[utoipa::path(
    get, path = "/products/{id}", tag = "catalog",
    params(Named),
    responses(
        (status = 200, body = ProductPage),
        (status = 304, description = "It is as `If-None-Match` has it."),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
)]
pub(crate) async fn get_product(
    State(deps): State<Deps>,
    channel: Channel,
    Path(named): Path<Named>,
    headers: HeaderMap,
) -> Result<Response> {
    let (listing, vendor) = shown(&deps, channel, named.id).await?;
    cached::answer(&headers, BROWSING, &ProductPage::of(listing, vendor))
}

/// A product that is on the shelf of a channel, and who sells it. One query.
///
/// # Errors
/// 404, whether there is no such product, or it is not published, or not here.
pub(crate) async fn shown(deps: &Deps, channel: Channel, id: ProductId) -> Result<(Listing, Seller)> {
    let seller = match channel {
        Channel::Shop(vendor) => Seller::from(&*vendor),
        Channel::Market => {
            let vendor = pointer::product(&deps.store, id).await?;
            let mut sellers = deps.vendors.selling(&deps.store, [vendor]).await?;
            sellers.remove(&vendor).ok_or(Error::NotFound)?
        }
    };
    let listing = product::get(&deps.store, seller.id, id).await?;
    if listing.product.status == ProductStatus::Published {
        Ok((listing, seller))
    } else {
        Err(ApiError::not_found())
    }
}

impl ProductPage {
    fn of(listing: Listing, vendor: Seller) -> Self {
        let price = listing.lowest_price();
        let Listing { product, variants } = listing;
        let variants: Vec<Offer> = variants.into_iter().map(Offer::from).collect();
        Self {
            media: ProductMedia::all(&product),
            id: product.id,
            sku: product.sku,
            title: product.title,
            description: product.description,
            category: product.category,
            brand: product.brand,
            gtin: product.gtin,
            tags: product.tags,
            status: product.status,
            price,
            tax_rate: Percent(product.tax_rate),
            images: product.images,
            in_stock: variants.iter().any(|offer| offer.in_stock),
            variants,
            vendor,
            published_at: product.published_at,
        }
    }
}

impl From<Variant> for Offer {
    fn from(variant: Variant) -> Self {
        let available = variant.known().available;
        Self {
            id: variant.id,
            sku: variant.sku,
            options: variant.options,
            price: variant.price,
            available,
            in_stock: available > 0,
        }
    }
}
