//! `GET /shop-info`: where a customer is.

use axum::{http::HeaderMap, response::Response};
use domain::{Currency, VendorId, country::Country, slug::Slug};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Channel, ErrorBody, Result};

use crate::cached::{self, BROWSING};

/// What the market calls itself.
const MARKET: &str = "souk";

/// A channel: a vendor's shop, or the market of all of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShopInfo {
    kind: ShopKind,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<VendorId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<Slug>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
    /// What a shop's prices are in; in the market each vendor has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ShopKind {
    Market,
    Shop,
}

#[utoipa::path(
    get, path = "/shop-info", tag = "catalog",
    responses(
        (status = 200, body = ShopInfo),
        (status = 304, description = "It is as `If-None-Match` has it."),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
)]
pub(crate) async fn get_shop_info(channel: Channel, headers: HeaderMap) -> Result<Response> {
    let info = match channel {
        Channel::Market => ShopInfo {
            kind: ShopKind::Market,
            name: MARKET.to_owned(),
            id: None,
            slug: None,
            country: None,
            currency: None,
        },
        Channel::Shop(vendor) => ShopInfo {
            kind: ShopKind::Shop,
            name: vendor.name.into(),
            id: Some(vendor.id),
            slug: Some(vendor.slug),
            country: Some(vendor.country),
            currency: Some(vendor.currency),
        },
    };
    cached::answer(&headers, BROWSING, &info)
}
