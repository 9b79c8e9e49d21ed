//! A staged product becomes one of the catalogue (000, 2.4).

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use domain::{
    Money, ProductId, StagedId, Timestamp, VariantId,
    category::Category,
    feed::{Availability, FeedRow},
    money::MAX_AMOUNT,
    product::{Gtin, Image, Product, ProductStatus},
    staged::{Staged, StagedEvent},
    text::{Description, Name, Sku},
    variant::{Stock, Variant},
    vendor::Vendor,
};
use serde::Deserialize;
use store::{Error, product::Listing, staged};
use utoipa::ToSchema;
use web::{ApiError, ErrorBody, Json, Path, ProductBody, Result, Staff, product_body::Percent};

use crate::{
    Deps,
    curate::{StagedAddress, TURNS},
};

/// The most units of a variant.
const MAX_ON_HAND: u32 = 1_000_000;

/// What the vendor puts in place of the feed's.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Customised {
    /// Unique within the vendor; the feed's id where it is left out.
    sku: Option<Sku>,
    title: Option<Name>,
    description: Option<Description>,
    category: Option<Category>,
    /// In the vendor's currency, VAT included; the feed's regular price where it is left out.
    price: Option<Money>,
    tax_rate: Option<Percent>,
    /// The feed's quantity where it is left out, none where that is missing too.
    #[schema(maximum = 1000000)]
    on_hand: Option<u32>,
}

/// Publishes a selected product, with what the vendor changes of it. Of one that is published the product is answered as it is.
#[utoipa::path(
    post, path = "/api/v1/vendor/marketplace/products/{id}/publish", tag = "imports",
    params(
        ("id" = StagedId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat under the same key gets the first answer."),
    ),
    request_body = Customised,
    responses(
        (status = 201, body = ProductBody),
        (status = 200, body = ProductBody, description = "It was published before."),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`invalid_state`: it is not selected; `sku_taken`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`, `currency_mismatch`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn publish_staged_product(
    State(deps): State<Deps>,
    staff: Staff,
    Path(address): Path<StagedAddress>,
    Json(body): Json<Customised>,
) -> Result<(StatusCode, Json<ProductBody>)> {
    let staff = staff.writing()?;
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    for _ in 0..TURNS {
        let seen = staged::get(&deps.store, vendor.id, address.id).await?;
        if let Some(listing) = staged::product_of(&deps.store, &seen).await? {
            return Ok((StatusCode::OK, Json(listing.into())));
        }
        // One whose product was deleted may be published anew.
        let status =
            if seen.product_id.is_some() { seen.status.on(StagedEvent::Withdrawn)? } else { seen.status };
        status.on(StagedEvent::Published)?;
        let listing = body.clone().listing(&deps, &vendor, &seen)?;
        match staged::publish(&deps.store, &seen, &listing).await {
            Err(Error::VersionConflict) => {}
            published => {
                published?;
                return Ok((StatusCode::CREATED, Json(listing.into())));
            }
        }
    }
    Err(Error::VersionConflict.into())
}

impl Customised {
    fn listing(self, deps: &Deps, vendor: &Vendor, staged: &Staged) -> Result<Listing> {
        let row = &staged.row;
        let price = self.price.unwrap_or(row.price);
        check_price(price, vendor)?;
        let on_hand = self.on_hand.unwrap_or_else(|| offered(row));
        if on_hand > MAX_ON_HAND {
            return Err(ApiError::invalid("on_hand", format!("There are 0 to {MAX_ON_HAND} of a product.")));
        }
        let title = self.title.unwrap_or_else(|| row.title.clone());
        let described = self.description.or_else(|| row.description.clone());
        let description = described.or_else(|| Description::try_from(title.as_str()).ok());
        let category = self.category.or_else(|| category(row));
        let now = deps.store.now();
        let product = Product {
            id: deps.ids.next::<ProductId>(),
            vendor_id: vendor.id,
            sku: self.sku.unwrap_or_else(|| row.feed_id.clone()),
            title,
            description: description
                .ok_or_else(|| ApiError::invalid("description", "Give a description."))?,
            category: category
                .ok_or_else(|| ApiError::invalid("category", "The feed names no category: give one."))?,
            brand: row.brand.clone(),
            gtin: row.gtin.clone().and_then(|gtin| Gtin::try_from(String::from(gtin)).ok()),
            tags: Vec::new(),
            price,
            tax_rate: self.tax_rate.map(|rate| rate.0).or(row.tax_rate).unwrap_or_default(),
            status: ProductStatus::Published,
            variants: 1,
            images: images(row),
            staged_id: Some(staged.id),
            created_at: now,
            updated_at: now,
            published_at: Some(now),
            version: 1,
        };
        let variant = only_variant(deps.ids.next(), &product, on_hand, now);
        Ok(Listing { product, variants: vec![variant] })
    }
}

fn only_variant(id: VariantId, product: &Product, on_hand: u32, now: Timestamp) -> Variant {
    let on_hand = i64::from(on_hand);
    Variant {
        id,
        product_id: product.id,
        vendor_id: product.vendor_id,
        sku: product.sku.clone(),
        title: product.title.clone(),
        options: BTreeMap::new(),
        price: product.price,
        own_price: false,
        weight_grams: None,
        stripes: Default::default(),
        low_stock_threshold: None,
        adjustment: None,
        counts: 0,
        tax_rate: product.tax_rate,
        image_url: product.images.first().map(|image| image.thumbnail_url.clone()),
        sellable: true,
        stock: Stock { on_hand, available: on_hand, ..Stock::default() },
        created_at: now,
        version: 1,
        revision: 1,
    }
}

fn check_price(price: Money, vendor: &Vendor) -> Result<()> {
    let own = vendor.currency;
    if price.currency != own {
        let message = format!("Prices of this shop are in {own}: give one.");
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "currency_mismatch", message)
            .param("price.currency"));
    }
    if (1..=MAX_AMOUNT).contains(&price.amount) {
        Ok(())
    } else {
        Err(ApiError::invalid("price.amount", format!("A price is from 1 to {MAX_AMOUNT} minor units.")))
    }
}

/// What the feed says is there.
fn offered(row: &FeedRow) -> u32 {
    match row.availability {
        Some(Availability::OutOfStock) => 0,
        _ => row.quantity.unwrap_or(0),
    }
}

/// The feed's category, as much of its end as fits; a number of Google's taxonomy is none.
fn category(row: &FeedRow) -> Option<Category> {
    let google = row
        .google_product_category
        .as_ref()
        .filter(|text| text.as_str().contains(|c: char| c.is_alphabetic()));
    let path = row.product_type.as_ref().or(google)?;
    let mut rest = path.as_str();
    loop {
        if let Ok(category) = Category::try_from(rest.trim().to_owned()) {
            return Some(category);
        }
        rest = rest.split_once('>')?.1;
    }
}

/// The feed's pictures, shown from where they lie.
fn images(row: &FeedRow) -> Vec<Image> {
    let urls = row.image_link.iter().chain(&row.additional_image_links);
    urls.map(|url| Image {
        media_id: None,
        url: url.clone(),
        thumbnail_url: url.clone(),
        variants: std::collections::BTreeMap::new(),
    })
    .collect()
}
