mod access;
mod change;
mod create;
mod shelf;

use std::time::Duration;

use axum::Router;
use domain::{Id, account::StaffRole, vendor::Vendor};
use serde_json::{Value, json};
use web::testing::{Answer, Call, World, forget_answers};

use crate::{Deps, app};

const PRODUCTS: &str = "/api/v1/vendor/products";

/// A shop with an owner who is logged in.
struct Shop {
    world: World,
    app: Router,
    vendor: Vendor,
    owner: String,
}

impl Shop {
    async fn new() -> Self {
        Self::of(World::default()).await
    }

    async fn of(world: World) -> Self {
        let deps = Deps { store: world.store.clone(), settings: world.settings(), ids: world.ids.clone() };
        let vendor = world.shop("tea").await;
        let owner = world.log_in(&vendor, StaffRole::Owner).await;
        Self { app: app(deps), vendor, owner, world }
    }

    async fn call(&self, call: Call) -> Answer {
        call.by(&self.owner).on(&self.app).await
    }

    async fn make(&self, body: &Value) -> Answer {
        self.call(Call::post(PRODUCTS).json(body)).await
    }

    /// A product that is made; a second passes, so that the next one is newer.
    async fn made(&self, body: &Value) -> Value {
        let answer = self.make(body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.world.clock.advance(Duration::from_secs(1));
        answer.json()
    }

    async fn stranger(&self) -> String {
        let other = self.world.shop("coffee").await;
        self.world.log_in(&other, StaffRole::Owner).await
    }
}

fn of(product: &Value) -> String {
    format!("{PRODUCTS}/{}", product["id"].as_str().unwrap())
}

fn tea() -> Value {
    json!({
        "sku": "TEA-1", "title": "Green tea", "description": "From Uji.", "category": "Food > Tea",
        "price": {"amount": 1250, "currency": "EUR"}, "tax_rate": 8.1, "status": "draft",
    })
}

fn tea_with(field: &str, value: Value) -> Value {
    let mut body = tea();
    body[field] = value;
    body
}

fn sized() -> Value {
    tea_with(
        "variants",
        json!([
            {"sku": "TEA-L", "options": {"size": "large"}, "price": {"amount": 2000, "currency": "EUR"}},
            {"sku": "TEA-M", "options": {"size": "medium"}},
            {"sku": "TEA-S", "options": {"size": "small"}},
        ]),
    )
}

fn skus(product: &Value) -> Vec<&str> {
    product["variants"].as_array().unwrap().iter().map(|variant| variant["sku"].as_str().unwrap()).collect()
}

fn prices(product: &Value) -> Vec<i64> {
    let variants = product["variants"].as_array().unwrap();
    variants.iter().map(|variant| variant["price"]["amount"].as_i64().unwrap()).collect()
}
