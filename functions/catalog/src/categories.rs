//! `GET /categories`: what there is to browse.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Serialize;
use store::category;
use utoipa::ToSchema;
use web::{Channel, ErrorBody, Result};

use crate::{
    Deps,
    cached::{self, BROWSING},
};

/// The categories of a channel, by key.
#[derive(Serialize, ToSchema)]
pub(crate) struct Categories {
    data: Vec<CategoryBody>,
}

/// A category that has products on the shelf.
#[derive(Serialize, ToSchema)]
pub(crate) struct CategoryBody {
    /// Names the category in `/products?category=`.
    key: String,
    name: String,
    count: i64,
}

#[utoipa::path(
    get, path = "/categories", tag = "catalog",
    responses(
        (status = 200, body = Categories),
        (status = 304, description = "It is as `If-None-Match` has it."),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
)]
pub(crate) async fn list_categories(
    State(deps): State<Deps>,
    channel: Channel,
    headers: HeaderMap,
) -> Result<Response> {
    let shelves = match channel {
        Channel::Market => category::of_market(&deps.store).await?,
        Channel::Shop(vendor) => category::of_shop(&deps.store, vendor.id).await?,
    };
    let data = shelves
        .into_iter()
        .map(|shelf| CategoryBody { key: shelf.key, name: shelf.name, count: shelf.count })
        .collect();
    cached::answer(&headers, BROWSING, &Categories { data })
}
