//! Every route is in the tables of this file: who may call it without a log-in, and what it shows to strangers.
//!
//! A route that is new has to be entered here; until then a test fails. A path of a channel is written once, `{channel}` standing for the
//! market and for a vendor's shop.

mod strangers;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use super::sale::purchase;

/// Whose log-in a route asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Admin,
    Staff,
    Customer,
}
use Audience::{Admin, Customer, Staff};

/// Routes that answer 401 to whoever is not logged in.
const UNAUTHENTICATED: &[(&str, &str, Audience)] = &[
    ("POST", "/api/v1/admin/auth/logout", Admin),
    ("GET", "/api/v1/admin/vendors", Admin),
    ("POST", "/api/v1/admin/vendors", Admin),
    ("GET", "/api/v1/admin/vendors/{id}", Admin),
    ("GET", "/api/v1/admin/orders", Admin),
    ("POST", "/api/v1/admin/orders/{id}/refunds", Admin),
    ("GET", "/api/v1/admin/ledger", Admin),
    ("GET", "/api/v1/admin/reconciliation", Admin),
    ("POST", "/api/v1/admin/reconciliation", Admin),
    ("GET", "/api/v1/admin/shipments", Admin),
    ("GET", "/api/v1/admin/products", Admin),
    ("POST", "/api/v1/vendor/auth/logout", Staff),
    ("GET", "/api/v1/vendor/me", Staff),
    ("GET", "/api/v1/vendor/products", Staff),
    ("POST", "/api/v1/vendor/products", Staff),
    ("GET", "/api/v1/vendor/products/{id}", Staff),
    ("PATCH", "/api/v1/vendor/products/{id}", Staff),
    ("DELETE", "/api/v1/vendor/products/{id}", Staff),
    ("POST", "/api/v1/vendor/products/{id}/publish", Staff),
    ("POST", "/api/v1/vendor/products/{id}/archive", Staff),
    ("PUT", "/api/v1/vendor/inventory/stock", Staff),
    ("GET", "/api/v1/vendor/inventory/stock/{variant_id}", Staff),
    ("POST", "/api/v1/vendor/inventory/stock/{variant_id}/adjust", Staff),
    ("PUT", "/api/v1/vendor/inventory/stock/{variant_id}/threshold", Staff),
    ("PUT", "/api/v1/vendor/inventory/stock/{variant_id}/stripes", Staff),
    ("DELETE", "/api/v1/vendor/inventory/stock/{variant_id}/stripes", Staff),
    ("POST", "/api/v1/vendor/media", Staff),
    ("GET", "/api/v1/vendor/media/{id}", Staff),
    ("GET", "/api/v1/vendor/settings/shipping", Staff),
    ("PUT", "/api/v1/vendor/settings/shipping", Staff),
    ("GET", "/api/v1/vendor/settings/marketplace", Staff),
    ("PUT", "/api/v1/vendor/settings/marketplace", Staff),
    ("POST", "/api/v1/vendor/marketplace/uploads", Staff),
    ("POST", "/api/v1/vendor/marketplace/import", Staff),
    ("GET", "/api/v1/vendor/marketplace/imports", Staff),
    ("GET", "/api/v1/vendor/marketplace/imports/{id}", Staff),
    ("GET", "/api/v1/vendor/marketplace/imports/{id}/products", Staff),
    ("GET", "/api/v1/vendor/marketplace/imports/{id}/errors", Staff),
    ("POST", "/api/v1/vendor/marketplace/imports/{id}/cancel", Staff),
    ("POST", "/api/v1/vendor/marketplace/products/{id}/select", Staff),
    ("POST", "/api/v1/vendor/marketplace/products/{id}/publish", Staff),
    ("GET", "/api/v1/vendor/shipments", Staff),
    ("GET", "/api/v1/vendor/shipments/{id}", Staff),
    ("PUT", "/api/v1/vendor/shipments/{id}/process", Staff),
    ("PUT", "/api/v1/vendor/shipments/{id}/ship", Staff),
    ("PUT", "/api/v1/vendor/shipments/{id}/deliver", Staff),
    ("PUT", "/api/v1/vendor/shipments/{id}/cancel", Staff),
    ("GET", "/api/v1/vendor/orders", Staff),
    ("GET", "/api/v1/vendor/orders/{id}", Staff),
    ("POST", "/api/v1/vendor/orders/{id}/refunds", Staff),
    ("GET", "/api/v1/vendor/ledger", Staff),
    ("POST", "/api/v1/vendor/payments/setup", Staff),
    ("GET", "/api/v1/vendor/payments/config", Staff),
    ("GET", "/api/v1/vendor/payouts", Staff),
    ("GET", "/api/v1/vendor/transfers", Staff),
    ("POST", "{channel}/customers/logout", Customer),
    ("GET", "{channel}/customers/me", Customer),
    ("GET", "{channel}/customers/me/orders", Customer),
];

/// Routes that anybody may call: what they show is public, asks for a secret of its own, or is the log-in itself.
const PUBLIC: &[(&str, &str)] = &[
    ("GET", "/api/v1/openapi.json"),
    ("POST", "/api/v1/admin/auth/login"),
    ("POST", "/api/v1/admin/auth/activate"),
    ("POST", "/api/v1/vendor/auth/login"),
    ("POST", "/api/v1/vendor/auth/activate"),
    ("GET", "{channel}/shop-info"),
    ("GET", "{channel}/categories"),
    ("GET", "{channel}/products"),
    ("GET", "{channel}/products/{id}"),
    ("GET", "{channel}/products/{id}/availability"),
    ("POST", "{channel}/cart"),
    ("GET", "{channel}/cart/{id}"),
    ("DELETE", "{channel}/cart/{id}"),
    ("POST", "{channel}/cart/{id}/items"),
    ("PUT", "{channel}/cart/{id}/items/{item_id}"),
    ("DELETE", "{channel}/cart/{id}/items/{item_id}"),
    ("POST", "{channel}/cart/{id}/quote"),
    ("POST", "{channel}/cart/{id}/checkout"),
    ("GET", "{channel}/orders/{id}"),
    ("POST", "{channel}/orders/{id}/cancel"),
    ("POST", "{channel}/customers/register"),
    ("POST", "{channel}/customers/login"),
];

/// A route that names a thing, by its address or by a field of its body. A stranger who names another's thing gets 404, byte for byte
/// as for one that was never made.
struct Named {
    method: &'static str,
    path: &'static str,
    /// The parameter or field that holds the id.
    by: &'static str,
    /// Kinds of [`Parties::things`].
    things: &'static [&'static str],
    body: fn() -> Value,
}

const fn named(
    method: &'static str,
    path: &'static str,
    by: &'static str,
    things: &'static [&'static str],
) -> Named {
    Named { method, path, by, things, body: || Value::Null }
}

impl Named {
    const fn with(self, body: fn() -> Value) -> Self {
        Self { body, ..self }
    }
}

const CROSS_TENANT: &[Named] = &[
    named("GET", "/api/v1/vendor/products/{id}", "id", &["product", "draft"]),
    named("PATCH", "/api/v1/vendor/products/{id}", "id", &["product", "draft"])
        .with(|| json!({"title": "Mine"})),
    named("DELETE", "/api/v1/vendor/products/{id}", "id", &["product", "draft"]),
    named("POST", "/api/v1/vendor/products/{id}/publish", "id", &["product", "draft"]),
    named("POST", "/api/v1/vendor/products/{id}/archive", "id", &["product", "draft"]),
    named("PUT", "/api/v1/vendor/inventory/stock", "variant_id", &["variant"]).with(|| json!({"on_hand": 1})),
    named("GET", "/api/v1/vendor/inventory/stock/{variant_id}", "variant_id", &["variant", "draft_variant"]),
    named(
        "POST",
        "/api/v1/vendor/inventory/stock/{variant_id}/adjust",
        "variant_id",
        &["variant", "draft_variant"],
    )
    .with(|| json!({"delta": 1, "reason": "received"})),
    named(
        "PUT",
        "/api/v1/vendor/inventory/stock/{variant_id}/threshold",
        "variant_id",
        &["variant", "draft_variant"],
    )
    .with(|| json!({"low_stock_threshold": 1})),
    named(
        "PUT",
        "/api/v1/vendor/inventory/stock/{variant_id}/stripes",
        "variant_id",
        &["variant", "draft_variant"],
    )
    .with(|| json!({"count": 2})),
    named(
        "DELETE",
        "/api/v1/vendor/inventory/stock/{variant_id}/stripes",
        "variant_id",
        &["variant", "draft_variant"],
    ),
    named("POST", "/api/v1/vendor/media", "product_id", &["product"])
        .with(|| json!({"filename": "a.png", "content_type": "image/png", "content_length": 9})),
    named("GET", "/api/v1/vendor/media/{id}", "id", &["media"]),
    named("POST", "/api/v1/vendor/marketplace/import", "upload_id", &["upload"])
        .with(|| json!({"source": "upload"})),
    named("GET", "/api/v1/vendor/marketplace/imports/{id}", "id", &["import"]),
    named("GET", "/api/v1/vendor/marketplace/imports/{id}/products", "id", &["import"]),
    named("GET", "/api/v1/vendor/marketplace/imports/{id}/errors", "id", &["import"]),
    named("POST", "/api/v1/vendor/marketplace/imports/{id}/cancel", "id", &["import"]),
    named("POST", "/api/v1/vendor/marketplace/products/{id}/select", "id", &["staged"]),
    named("POST", "/api/v1/vendor/marketplace/products/{id}/publish", "id", &["staged"]).with(|| json!({})),
    named("GET", "/api/v1/vendor/shipments/{id}", "id", &["shipment"]),
    named("PUT", "/api/v1/vendor/shipments/{id}/process", "id", &["shipment"]),
    named("PUT", "/api/v1/vendor/shipments/{id}/ship", "id", &["shipment"])
        .with(|| json!({"carrier": "Mine", "tracking_number": "1"})),
    named("PUT", "/api/v1/vendor/shipments/{id}/deliver", "id", &["shipment"]),
    named("PUT", "/api/v1/vendor/shipments/{id}/cancel", "id", &["shipment"]),
    named("GET", "/api/v1/vendor/orders/{id}", "id", &["order"]),
    named("POST", "/api/v1/vendor/orders/{id}/refunds", "id", &["order"]).with(|| json!({"full": true})),
    named("GET", "{channel}/products/{id}", "id", &["draft"]),
    named("GET", "{channel}/products/{id}/availability", "id", &["draft"]),
    named("GET", "{channel}/cart/{id}", "id", &["cart"]),
    named("DELETE", "{channel}/cart/{id}", "id", &["cart"]),
    named("POST", "{channel}/cart/{id}/items", "id", &["cart"])
        .with(|| json!({"variant_id": "{variant}", "quantity": 1})),
    named("PUT", "{channel}/cart/{id}/items/{item_id}", "id", &["cart"]).with(|| json!({"quantity": 1})),
    named("DELETE", "{channel}/cart/{id}/items/{item_id}", "id", &["cart"]),
    named("POST", "{channel}/cart/{id}/quote", "id", &["cart"])
        .with(|| json!({"shipping_address": purchase("eve@example.org")["shipping_address"]})),
    named("POST", "{channel}/cart/{id}/checkout", "id", &["cart"]).with(|| purchase("eve@example.org")),
    named("GET", "{channel}/orders/{id}", "id", &["order"]),
    named("POST", "{channel}/orders/{id}/cancel", "id", &["order"]),
];

/// Routes whose ids are everybody's for whom they are open: admins see all vendors, and all orders.
const NAMED_FOR_ALL: &[(&str, &str)] =
    &[("GET", "/api/v1/admin/vendors/{id}"), ("POST", "/api/v1/admin/orders/{id}/refunds")];

/// Each HTTP function's part of the document.
pub(crate) fn documents() -> Vec<(&'static str, OpenApi)> {
    vec![
        ("accounts", accounts::openapi()),
        ("admin", admin::openapi()),
        ("cart", cart::openapi()),
        ("catalog", catalog::openapi()),
        ("checkout", checkout::openapi()),
        ("fulfilment", fulfilment::openapi()),
        ("imports", imports::openapi()),
        ("inventory", inventory::openapi()),
        ("media", media::openapi()),
        ("orders", orders::openapi()),
        ("payouts", payouts::openapi()),
        ("products", products::openapi()),
    ]
}

const CHANNELS: [&str; 2] = ["/api/v1/public/market", "/api/v1/public/vendors/{slug}"];

/// A path of the tables as the document has it: twice where it is a channel's.
fn paths(path: &str) -> Vec<String> {
    match path.strip_prefix("{channel}") {
        Some(rest) => CHANNELS.iter().map(|channel| format!("{channel}{rest}")).collect(),
        None => vec![path.to_owned()],
    }
}

type Route = (String, String);

fn expanded<'a>(routes: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Route> {
    routes
        .flat_map(|(method, path)| paths(path).into_iter().map(move |path| (method.to_owned(), path)))
        .collect()
}

fn document() -> OpenApi {
    web::openapi::merge(documents().into_iter().map(|(_, document)| document)).unwrap()
}

fn routes() -> BTreeSet<Route> {
    web::openapi::routes(&document()).into_iter().map(|(method, path)| (method.to_owned(), path)).collect()
}

fn log_ins() -> Vec<Route> {
    expanded(UNAUTHENTICATED.iter().map(|(method, path, _)| (*method, *path)))
}

#[test]
fn every_route_is_either_public_or_asks_for_a_log_in() {
    let (closed, open) = (log_ins(), expanded(PUBLIC.iter().copied()));
    let listed: BTreeSet<Route> = closed.iter().chain(&open).cloned().collect();
    assert_eq!(listed.len(), closed.len() + open.len(), "a route is listed twice");
    let routes = routes();
    let (new, gone): (Vec<_>, Vec<_>) =
        (routes.difference(&listed).collect(), listed.difference(&routes).collect());
    assert!(new.is_empty(), "enter these routes in UNAUTHENTICATED or PUBLIC: {new:?}");
    assert!(gone.is_empty(), "there are no such routes: {gone:?}");
}

#[test]
fn every_route_that_names_a_thing_is_in_the_cross_tenant_suite() {
    let names_a_thing = |(_, path): &&Route| path.replace("{slug}", "").contains('{');
    let routes = routes();
    let naming: BTreeSet<&Route> = routes.iter().filter(names_a_thing).collect();
    let suite = expanded(CROSS_TENANT.iter().map(|named| (named.method, named.path)));
    let exempt = expanded(NAMED_FOR_ALL.iter().copied());
    let listed: BTreeSet<&Route> = suite.iter().chain(&exempt).collect();
    let new: Vec<_> = naming.difference(&listed).collect();
    assert!(new.is_empty(), "enter these routes in CROSS_TENANT: {new:?}");
    let gone: Vec<_> = listed.into_iter().filter(|route| !routes.contains(*route)).collect();
    assert!(gone.is_empty(), "there are no such routes: {gone:?}");
}

#[test]
fn the_document_says_which_routes_ask_for_a_log_in() {
    let closed: BTreeSet<Route> = log_ins().into_iter().collect();
    let document = serde_json::to_value(document()).unwrap();
    for (method, path) in routes() {
        let operation = &document["paths"][&path][method.to_lowercase()];
        assert_eq!(
            operation["security"].is_array(),
            closed.contains(&(method.clone(), path.clone())),
            "{method} {path}"
        );
        assert!(operation["operationId"].is_string(), "{method} {path}");
    }
}

#[test]
fn operations_have_names_of_their_own() {
    let document = serde_json::to_value(document()).unwrap();
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (method, path) in routes() {
        let name =
            document["paths"][&path][method.to_lowercase()]["operationId"].as_str().unwrap().to_owned();
        names.entry(name).or_default().push(format!("{method} {path}"));
    }
    names.retain(|_, routes| routes.len() > 1);
    assert!(names.is_empty(), "{names:?}");
}
