//! `GET /products`: the shelf, newest first, of one category or of all, within a range of prices.

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    Money, ProductId,
    category::Category,
    product::Card,
    text::{Name, Text},
};
use serde::{Deserialize, Serialize};
use store::product::{self, Browse};
use utoipa::{IntoParams, ToSchema};
use web::{
    ApiError, Channel, ErrorBody, Listed, PageQuery, Query, Result,
    given::{number_unless_blank, unless_blank},
};

use crate::{
    Deps,
    cached::{self, BROWSING},
    vendors::Seller,
};

/// Which products are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// A category's key or name.
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false)]
    category: Option<String>,
    /// In minor units, of the lowest price of a product's variants.
    #[serde(default, deserialize_with = "number_unless_blank")]
    #[param(nullable = false)]
    min_price: Option<u32>,
    #[serde(default, deserialize_with = "number_unless_blank")]
    #[param(nullable = false)]
    max_price: Option<u32>,
}

/// What a list shows of a product.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductCard {
    id: ProductId,
    title: Name,
    brand: Option<Text<120>>,
    category: Category,
    /// The lowest of its variants.
    price: Money,
    image_url: Option<String>,
    vendor: Seller,
}

/// Lists what is on the shelf, newest first. By price a page may be short and yet have a next one.
#[utoipa::path(
    get, path = "/products", tag = "catalog",
    params(PageQuery, Filter),
    responses(
        (status = 200, body = Listed<ProductCard>),
        (status = 304, description = "It is as `If-None-Match` has it."),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
)]
pub(crate) async fn list_products(
    State(deps): State<Deps>,
    channel: Channel,
    Query(page): Query<PageQuery>,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Result<Response> {
    let paging = page.paging()?;
    let wanted = filter.browse()?;
    let listed = match channel {
        Channel::Shop(vendor) => {
            let seller = Seller::from(&*vendor);
            let cards = product::shop(&deps.store, vendor.id, &wanted, &paging).await?;
            Listed::from(cards.map(|card| ProductCard::of(card, seller.clone())))
        }
        Channel::Market => {
            let cards = product::market(&deps.store, &wanted, &paging).await?;
            let ids = cards.data.iter().map(|card| card.vendor_id);
            let sellers = deps.vendors.selling(&deps.store, ids).await?;
            let seller = |card: &Card| sellers.get(&card.vendor_id).cloned();
            let data = cards.data.into_iter().filter_map(|card| Some((seller(&card)?, card)));
            let data = data.map(|(seller, card)| ProductCard::of(card, seller)).collect();
            Listed { data, next_cursor: cards.next_cursor }
        }
    };
    cached::answer(&headers, BROWSING, &listed)
}

impl Filter {
    fn browse(self) -> Result<Browse> {
        if let (Some(least), Some(most)) = (self.min_price, self.max_price)
            && least > most
        {
            let message = "The highest price is below the lowest.";
            return Err(ApiError::malformed("invalid_query", message).param("max_price"));
        }
        Ok(Browse {
            category: self.category,
            min_price: self.min_price.map(i64::from),
            max_price: self.max_price.map(i64::from),
        })
    }
}

impl ProductCard {
    fn of(card: Card, vendor: Seller) -> Self {
        Self {
            id: card.id,
            title: card.title,
            brand: card.brand,
            category: card.category,
            price: card.price,
            image_url: card.image_url,
            vendor,
        }
    }
}
