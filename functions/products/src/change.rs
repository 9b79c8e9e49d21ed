//! `PATCH /products/{id}`: a vendor changes what it entered.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
};
use domain::{
    Money, ProductId, Timestamp, VariantId,
    category::Category,
    product::{Gtin, ProductEvent, ProductStatus},
    text::{Description, Name, Sku, Text},
};
use serde::Deserialize;
use store::product::{self, Listing};
use utoipa::ToSchema;
use web::{
    ApiError, ErrorBody, IfMatch, Json, Path, ProductBody, Result, Staff, etag,
    given::{clearable, given},
    product_body::Percent,
};

use crate::{
    Deps,
    body::{Named, Options, check_price, check_tags, check_variants, check_weight, plain},
};

/// How often a change that meets another one is made anew.
const ATTEMPTS: usize = 8;

/// What is to be changed: fields that are left out stay, `null` empties those that may be empty.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductChange {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    sku: Option<Sku>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    title: Option<Name>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    description: Option<Description>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    category: Option<Category>,
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Text<120>>)]
    brand: Option<Option<Text<120>>>,
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Gtin>)]
    gtin: Option<Option<Gtin>>,
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Vec<Text<60>>>, max_items = 20)]
    tags: Option<Option<Vec<Text<60>>>>,
    /// Variants that have no price of their own follow.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    price: Option<Money>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    tax_rate: Option<Percent>,
    /// Of all variants that name none here.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<u32>, maximum = 1_000_000)]
    weight_grams: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    status: Option<ProductStatus>,
    /// Those that change; the others stay.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    variants: Option<Vec<VariantChange>>,
}

/// What is to be changed of a variant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariantChange {
    id: VariantId,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    sku: Option<Sku>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = std::collections::BTreeMap<String, String>, nullable = false)]
    options: Option<Options>,
    /// `null` makes it follow the product's.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Money>)]
    price: Option<Option<Money>>,
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<u32>, maximum = 1_000_000)]
    weight_grams: Option<Option<u32>>,
}

#[utoipa::path(
    patch, path = "/api/v1/vendor/products/{id}", tag = "products",
    params(Named, ("If-Match" = Option<String>, Header, description = "The version that was seen.")),
    request_body = ProductChange,
    responses(
        (status = 200, body = ProductBody),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`sku_taken`, `invalid_state`"),
        (status = 412, body = ErrorBody, description = "`version_conflict`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`, `currency_mismatch`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change_product(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
    seen: IfMatch,
    Json(change): Json<ProductChange>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ProductBody>)> {
    let now = deps.store.now();
    saved(&deps, staff.writing()?, named.id, seen, |before| change.applied(before, now)).await
}

/// Saves what `change` makes of a product, made anew where somebody else changed it meanwhile. `None` changes nothing.
pub(crate) async fn saved(
    deps: &Deps,
    staff: Staff,
    id: ProductId,
    seen: IfMatch,
    change: impl Fn(&Listing) -> Result<Option<Listing>>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ProductBody>)> {
    for _ in 0..ATTEMPTS {
        let before = product::get(&deps.store, staff.vendor, id).await?;
        seen.check(before.product.version)?;
        let after = match change(&before)? {
            None => before,
            Some(after) => match product::save(&deps.store, &before, &after).await {
                Ok(()) => after,
                Err(store::Error::VersionConflict) => continue,
                Err(error) => return Err(error.into()),
            },
        };
        return Ok(([etag(after.product.version)], Json(after.into())));
    }
    Err(store::Error::VersionConflict.into())
}

impl ProductChange {
    fn applied(&self, before: &Listing, now: Timestamp) -> Result<Option<Listing>> {
        let mut next = before.clone();
        self.change_product(&mut next)?;
        self.change_variants(&mut next)?;
        check_variants(next.variants.iter().map(|variant| (&variant.sku, &variant.options)))?;
        if let Some(status) = self.status
            && let Some(moved) = next.on(towards(next.product.status, status), now)?
        {
            next = moved;
        }
        if next == *before {
            return Ok(None);
        }
        next.product.version = before.product.version + 1;
        next.product.updated_at = now;
        Ok(Some(next))
    }

    fn change_product(&self, next: &mut Listing) -> Result<()> {
        let Listing { product, variants } = next;
        if let Some(sku) = &self.sku {
            // The only variant of a simple product goes by the product's code.
            for variant in variants.iter_mut().filter(|variant| variant.sku == product.sku) {
                variant.sku = sku.clone();
            }
            product.sku = sku.clone();
        }
        set(&mut product.title, self.title.as_ref());
        set(&mut product.description, self.description.as_ref());
        set(&mut product.category, self.category.as_ref());
        set(&mut product.brand, self.brand.as_ref());
        set(&mut product.gtin, self.gtin.as_ref());
        if let Some(tags) = &self.tags {
            product.tags = tags.clone().unwrap_or_default();
            check_tags(&product.tags)?;
        }
        if let Some(price) = self.price {
            check_price(price, product.price.currency, "price")?;
            product.price = price;
        }
        if let Some(rate) = self.tax_rate {
            product.tax_rate = rate.0;
        }
        Ok(())
    }

    fn change_variants(&self, next: &mut Listing) -> Result<()> {
        let Listing { product, variants } = next;
        if let Some(weight) = self.weight_grams {
            check_weight(weight, "weight_grams")?;
            for variant in variants.iter_mut() {
                variant.weight_grams = weight;
            }
        }
        for (at, change) in self.variants.iter().flatten().enumerate() {
            let Some(variant) = variants.iter_mut().find(|variant| variant.id == change.id) else {
                return Err(ApiError::invalid(
                    format!("variants[{at}].id"),
                    "The product has no such variant.",
                ));
            };
            set(&mut variant.sku, change.sku.as_ref());
            if let Some(options) = &change.options {
                variant.options = plain(options.clone());
            }
            if let Some(price) = change.price {
                if let Some(price) = price {
                    check_price(price, product.price.currency, &format!("variants[{at}].price"))?;
                    variant.price = price;
                }
                variant.own_price = price.is_some();
            }
            if let Some(weight) = change.weight_grams {
                check_weight(weight, &format!("variants[{at}].weight_grams"))?;
                variant.weight_grams = weight;
            }
        }
        for variant in variants {
            variant.title = product.title.clone();
            variant.tax_rate = product.tax_rate;
            if !variant.own_price {
                variant.price = product.price;
            }
        }
        Ok(())
    }
}

fn set<T: Clone>(field: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        *field = value.clone();
    }
}

/// The event that leads from a status to another.
fn towards(from: ProductStatus, to: ProductStatus) -> ProductEvent {
    match (from, to) {
        (_, ProductStatus::Published) => ProductEvent::Published,
        (_, ProductStatus::Archived) => ProductEvent::Archived,
        (ProductStatus::Archived, ProductStatus::Draft) => ProductEvent::Restored,
        (_, ProductStatus::Draft) => ProductEvent::Withdrawn,
    }
}
