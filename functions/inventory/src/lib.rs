//! A vendor's stock levels (003, part 1). Carts and orders move units through the store, not through here.

mod adjust;
mod read;
mod set;
mod stripes;
#[cfg(test)]
mod tests;
mod threshold;

use std::error::Error;

use axum::Router;
use domain::{
    ProductId, VariantId,
    text::Sku,
    variant::{Stock, Variant},
};
use platform::{Env, aws::Connecting};
use serde::Serialize;
use store::Store;
use utoipa::{ToSchema, openapi::OpenApi};
use web::{Context, Routes, Settings, routes};

/// What the handlers work with.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub settings: Settings,
}

impl Deps {
    /// Reads the configuration and begins to open the connections.
    pub async fn from_env() -> Result<(Self, Connecting), Box<dyn Error + Send + Sync>> {
        let (store, settings) =
            Env::process().read(|env| (store::Settings::read(env), Settings::read(env)))?;
        let (store, connecting) = Store::open(store).await?;
        Ok((Self { store, settings }, connecting))
    }
}

impl Context for Deps {
    fn store(&self) -> &Store {
        &self.store
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// The most units of one variant.
const MAX_ON_HAND: i64 = 1_000_000;

/// How many there are of a variant: `on_hand = available + reserved + allocated`.
#[derive(Serialize, ToSchema)]
pub(crate) struct StockBody {
    variant_id: VariantId,
    product_id: ProductId,
    sku: Sku,
    #[serde(flatten)]
    stock: Stock,
    /// At how many `on_hand` the vendor wants to be told that it runs out; `null` is never.
    low_stock_threshold: Option<u32>,
    /// Whether it has come to that.
    low: bool,
    /// Over how many stripes its stock is spread; `null` where it is not sold in stripes.
    stripes: Option<StripesBody>,
    /// Counts changes of `on_hand`, not of holds.
    version: u64,
}

/// How a variant is sold in stripes.
#[derive(Serialize, ToSchema)]
pub(crate) struct StripesBody {
    count: u8,
    /// They are being given up: what lies on them comes home within minutes, and can be bought meanwhile.
    closing: bool,
}

impl From<Variant> for StockBody {
    fn from(variant: Variant) -> Self {
        Self {
            low: variant.is_low(),
            stripes: (variant.stripes.count > 0)
                .then_some(StripesBody { count: variant.stripes.count, closing: variant.stripes.closing }),
            low_stock_threshold: variant.low_stock_threshold,
            variant_id: variant.id,
            product_id: variant.product_id,
            sku: variant.sku,
            stock: variant.stock,
            version: variant.version,
        }
    }
}

pub fn routes() -> Routes<Deps> {
    routes![
        set::set_stock,
        read::get_stock,
        adjust::adjust_stock,
        threshold::set_threshold,
        stripes::open_stripes,
        stripes::close_stripes,
    ]
}

pub fn app(deps: Deps) -> Router {
    web::finish(web::idempotent::layer(routes().into_router(), deps.clone()), deps)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
