//! `POST /products`: a vendor enters a product.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
};
use domain::{
    Money, Timestamp, VariantId,
    category::Category,
    product::{Gtin, MAX_VARIANTS, Product, ProductStatus},
    text::{Description, Name, Sku, Text},
    variant::{Stock, Variant},
    vendor::Vendor,
};
use serde::Deserialize;
use store::product::{self, Listing};
use utoipa::ToSchema;
use web::{
    ApiError, ErrorBody, Json, ProductBody, Result, Staff, etag,
    idempotent::{Once, made},
    product_body::Percent,
};

use crate::{
    Deps,
    body::{Options, check_price, check_tags, check_variants, check_weight, plain},
};

/// A product to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProduct {
    /// Unique within the vendor, as the variants' are.
    sku: Sku,
    title: Name,
    description: Description,
    category: Category,
    brand: Option<Text<120>>,
    gtin: Option<Gtin>,
    #[schema(max_items = 20)]
    tags: Option<Vec<Text<60>>>,
    /// In the vendor's currency, VAT included.
    price: Money,
    tax_rate: Percent,
    /// What a unit weighs with its packing: parcels may be charged by it. Variants may name their own.
    #[schema(maximum = 1_000_000)]
    weight_grams: Option<u32>,
    /// Without any it has one, with the product's code.
    #[schema(max_items = 30)]
    variants: Option<Vec<NewVariant>>,
    #[serde(default)]
    status: FirstStatus,
}

/// A variant to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVariant {
    sku: Sku,
    /// At most five, of up to 60 characters.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    options: Options,
    /// The product's where it is left out.
    price: Option<Money>,
    /// The product's where it is left out.
    #[schema(maximum = 1_000_000)]
    weight_grams: Option<u32>,
}

/// What a product starts as.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FirstStatus {
    #[default]
    Draft,
    Published,
}

#[utoipa::path(
    post, path = "/api/v1/vendor/products", tag = "products",
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat under the same key gets the first answer.")),
    request_body = NewProduct,
    responses(
        (status = 201, body = ProductBody),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 409, body = ErrorBody, description = "`sku_taken`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`, `currency_mismatch`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn create_product(
    State(deps): State<Deps>,
    staff: Staff,
    Once(once): Once,
    Json(body): Json<NewProduct>,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1], Json<ProductBody>)> {
    let staff = staff.writing()?;
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    let mut listing = body.listing(&deps, &vendor)?;
    match product::create_once(&deps.store, &listing, once.as_ref()).await {
        // By a call that was stopped after its work.
        Err(store::Error::MadeBefore(id)) => {
            listing = product::get(&deps.store, vendor.id, made(&id)?).await?
        }
        other => other?,
    }
    Ok((StatusCode::CREATED, [etag(listing.product.version)], Json(listing.into())))
}

impl NewProduct {
    fn listing(self, deps: &Deps, vendor: &Vendor) -> Result<Listing> {
        check_price(self.price, vendor.currency, "price")?;
        let tags = self.tags.unwrap_or_default();
        check_tags(&tags)?;
        let entered = match self.variants {
            Some(variants) if !variants.is_empty() => variants,
            _ => vec![NewVariant {
                sku: self.sku.clone(),
                options: Options::new(),
                price: None,
                weight_grams: None,
            }],
        };
        if entered.len() > MAX_VARIANTS {
            return Err(ApiError::invalid(
                "variants",
                format!("A product has at most {MAX_VARIANTS} variants."),
            ));
        }
        for (at, price) in entered.iter().enumerate().filter_map(|(at, variant)| Some((at, variant.price?))) {
            check_price(price, vendor.currency, &format!("variants[{at}].price"))?;
        }
        check_weight(self.weight_grams, "weight_grams")?;
        for (at, variant) in entered.iter().enumerate() {
            check_weight(variant.weight_grams, &format!("variants[{at}].weight_grams"))?;
        }
        let now = deps.store.now();
        let status = match self.status {
            FirstStatus::Draft => ProductStatus::Draft,
            FirstStatus::Published => ProductStatus::Published,
        };
        let product = Product {
            id: deps.ids.next(),
            vendor_id: vendor.id,
            sku: self.sku,
            title: self.title,
            description: self.description,
            category: self.category,
            brand: self.brand,
            gtin: self.gtin,
            tags,
            price: self.price,
            tax_rate: self.tax_rate.0,
            status,
            variants: u32::try_from(entered.len()).unwrap_or(u32::MAX),
            images: Vec::new(),
            staged_id: None,
            created_at: now,
            updated_at: now,
            published_at: (status == ProductStatus::Published).then_some(now),
            version: 1,
        };
        // Variants are read in the order of their ids: sorted, that is the order in which they were entered.
        let mut ids: Vec<VariantId> = entered.iter().map(|_| deps.ids.next()).collect();
        ids.sort();
        let variants: Vec<Variant> = ids
            .into_iter()
            .zip(entered)
            .map(|(id, entered)| entered.of(&product, self.weight_grams, id, now))
            .collect();
        check_variants(variants.iter().map(|variant| (&variant.sku, &variant.options)))?;
        Ok(Listing { product, variants })
    }
}

impl NewVariant {
    fn of(self, product: &Product, weight: Option<u32>, id: VariantId, now: Timestamp) -> Variant {
        Variant {
            id,
            product_id: product.id,
            vendor_id: product.vendor_id,
            sku: self.sku,
            title: product.title.clone(),
            options: plain(self.options),
            price: self.price.unwrap_or(product.price),
            own_price: self.price.is_some(),
            tax_rate: product.tax_rate,
            weight_grams: self.weight_grams.or(weight),
            image_url: None,
            sellable: product.status == ProductStatus::Published,
            stock: Stock::default(),
            stripes: Default::default(),
            low_stock_threshold: None,
            adjustment: None,
            counts: 0,
            created_at: now,
            version: 1,
            revision: 1,
        }
    }
}
