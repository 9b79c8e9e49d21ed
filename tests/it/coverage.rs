//! Every route is in the tables of this file: who may call it without a log-in, and what it shows to strangers.
//!
//! A route that is new has to be entered here; until then a test fails. A path of a channel is written once, `{channel}` standing for the
//! market and for a vendor's shop.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderMap;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use super::{
    parties::{Parties, merged, never_made},
    sale::purchase,
    shop::product,
    stack::{Answer, Stack},
};

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
    ("POST", "/api/v1/vendor/media", Staff),
    ("GET", "/api/v1/vendor/media/{id}", Staff),
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
    ("GET", "/api/v1/vendor/ledger", Staff),
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
    named("GET", "{channel}/products/{id}", "id", &["draft"]),
    named("GET", "{channel}/products/{id}/availability", "id", &["draft"]),
    named("GET", "{channel}/cart/{id}", "id", &["cart"]),
    named("DELETE", "{channel}/cart/{id}", "id", &["cart"]),
    named("POST", "{channel}/cart/{id}/items", "id", &["cart"])
        .with(|| json!({"variant_id": "{variant}", "quantity": 1})),
    named("PUT", "{channel}/cart/{id}/items/{item_id}", "id", &["cart"]).with(|| json!({"quantity": 1})),
    named("DELETE", "{channel}/cart/{id}/items/{item_id}", "id", &["cart"]),
    named("POST", "{channel}/cart/{id}/checkout", "id", &["cart"]).with(|| purchase("eve@example.org")),
    named("GET", "{channel}/orders/{id}", "id", &["order"]),
    named("POST", "{channel}/orders/{id}/cancel", "id", &["order"]),
];

/// Routes whose ids are everybody's for whom they are open: admins see all vendors.
const NAMED_FOR_ALL: &[(&str, &str)] = &[("GET", "/api/v1/admin/vendors/{id}")];

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
    web::openapi::merge(documents().into_iter().map(|(_, document)| document))
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

/// An address of a route: the slug is the owner's, every other parameter holds this.
fn address(path: &str, parties: &Parties, param: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap().replace("{slug}", &parties.owner.slug);
    let mut filled = String::new();
    let mut rest = path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').unwrap();
        filled.extend([before, param]);
        rest = after;
    }
    filled + rest
}

#[tokio::test]
async fn nobody_gets_in_without_the_right_log_in() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let mut wrong = Vec::new();
    for (method, path, audience) in UNAUTHENTICATED {
        for full in paths(path) {
            let in_shop = full.contains("{slug}");
            let tokens = [
                ("an admin's", &parties.admin, *audience == Admin),
                ("an owner's", &parties.owner.token, *audience == Staff),
                ("a customer's of the market", &parties.customer, *audience == Customer && !in_shop),
                ("a customer's of the shop", &parties.shopper, *audience == Customer && in_shop),
                ("a nonsense", &"nonsense".to_owned(), false),
                ("an empty", &String::new(), false),
            ];
            for param in ["x", "never_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"] {
                let target = address(&full, &parties, param);
                let mut answers = vec![("no", stack.call(method, &target).send().await)];
                for (whose, token, _) in tokens.iter().filter(|(_, _, right)| !right) {
                    answers
                        .push((whose, stack.call(method, &target).by(token).json(&json!({})).send().await));
                }
                for (whose, answer) in answers {
                    let bearer =
                        answer.headers.get("www-authenticate").is_some_and(|value| value == "Bearer");
                    if answer.error() != (401, "unauthenticated".to_owned()) || !bearer {
                        wrong.push(format!("{whose} token: {answer:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A stranger's call of a named thing.
async fn strangers_call(
    stack: &Stack,
    parties: &Parties,
    (named, path): (&Named, &str),
    id: &str,
    (slug, token): (&str, Option<&str>),
) -> Answer {
    let line = never_made(&parties.things["line"]);
    let in_body = !path.contains(&format!("{{{}}}", named.by));
    let path =
        path.replace("{slug}", slug).replace(&format!("{{{}}}", named.by), id).replace("{item_id}", &line);
    let call = stack.call(named.method, path.strip_prefix("/api/v1").unwrap());
    let call = match token {
        Some(token) => call.by(token),
        None => call,
    };
    let body = match (named.body)() {
        body if in_body => merged(body, json!({named.by: id})),
        body => body,
    };
    if body.is_null() {
        return call.send().await;
    }
    let body = body.to_string().replace("{variant}", &parties.things["variant"]);
    call.text("application/json", body).send().await
}

/// All of an answer but what differs between any two.
fn comparable(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let volatile = ["date", "x-correlation-id", "apigw-requestid", "x-amzn-requestid", "x-amzn-trace-id"];
    let headers = |headers: &HeaderMap| {
        headers
            .iter()
            .filter(|(name, _)| !volatile.contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect()
    };
    (answer.status, headers(&answer.headers), answer.text.clone())
}

#[tokio::test]
async fn anothers_thing_is_like_one_that_was_never_made() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let mut wrong = Vec::new();
    for named in CROSS_TENANT {
        for path in paths(named.path) {
            let (owner, other) = (parties.owner.slug.as_str(), parties.other.slug.as_str());
            let strangers: Vec<(&str, Option<&str>)> = if !named.path.starts_with("{channel}") {
                vec![("", Some(&parties.other.token))]
            } else if path.contains("{slug}") {
                // In the shop whose goods they are, and in another's: what is the market's is not there, whoever asks.
                let (shopper, customer) = (Some(&*parties.shopper), Some(&*parties.customer));
                vec![(owner, None), (owner, shopper), (owner, customer), (other, customer)]
            } else {
                let tokens =
                    [&parties.shopper, &parties.other_customer, &parties.owner.token, &parties.admin];
                [None]
                    .into_iter()
                    .chain(tokens.map(|token| Some(&**token)))
                    .map(|token| ("", token))
                    .collect()
            };
            for (kind, stranger) in
                named.things.iter().flat_map(|kind| strangers.iter().map(move |stranger| (kind, stranger)))
            {
                let own = &parties.things[kind];
                let anothers = strangers_call(&stack, &parties, (named, &path), own, *stranger).await;
                let nobodys =
                    strangers_call(&stack, &parties, (named, &path), &never_made(own), *stranger).await;
                if anothers.status != 404 || comparable(&anothers) != comparable(&nobodys) {
                    wrong.push(format!("{kind}: {anothers:?}\n  a never made one: {nobodys:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_shops_goods_are_not_in_another_shop() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let (goods, variant) = (&parties.things["product"], &parties.things["variant"]);
    let elsewhere = parties.other.channel();
    for rest in ["", "/availability"] {
        let anothers = elsewhere.get(&format!("/products/{goods}{rest}")).await;
        let nobodys = elsewhere.get(&format!("/products/{}{rest}", never_made(goods))).await;
        assert_eq!((anothers.status, comparable(&anothers)), (404, comparable(&nobodys)));
        assert_eq!(parties.owner.channel().get(&format!("/products/{goods}{rest}")).await.status, 200);
    }
    let cart = elsewhere.cart().await;
    let add = async |variant: &str| {
        elsewhere
            .post(&format!("/cart/{}/items", cart.id), &json!({"variant_id": variant, "quantity": 1}))
            .await
    };
    let (anothers, nobodys) = (add(variant).await, add(&never_made(variant)).await);
    assert_eq!((anothers.status, comparable(&anothers)), (404, comparable(&nobodys)));
    let drafts = add(&parties.things["draft_variant"]).await;
    assert_eq!((drafts.status, comparable(&drafts)), (404, comparable(&nobodys)));
}

#[tokio::test]
async fn an_order_shows_itself_to_its_token_in_its_own_channel_alone() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let (order, token) = (&parties.things["order"], &parties.order_token);
    let show = async |channel: &str, id: &str, token: &str| {
        stack.get(&format!("/public/{channel}/orders/{id}?token={token}")).send().await
    };
    assert_eq!(show("market", order, token).await.status, 200);
    let nobodys = comparable(&show("market", &never_made(order), token).await);
    let shop = format!("vendors/{}", parties.owner.slug);
    for (channel, token) in
        [("market", "nonsense"), ("market", ""), (shop.as_str(), token), ("market", &token[1..])]
    {
        assert_eq!(comparable(&show(channel, order, token).await), nobodys, "{channel} {}", token.len());
    }
}

#[tokio::test]
async fn lists_hold_nothing_of_anothers() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    for path in ["/products", "/shipments", "/orders", "/ledger", "/marketplace/imports"] {
        let listed = parties.other.get(path).await;
        assert_eq!(listed["data"], json!([]), "{path}");
        let own = parties.owner.get(path).await;
        assert_ne!(own["data"], json!([]), "{path}");
    }
    let orders = async |token: &str| {
        stack.get("/public/market/customers/me/orders").by(token).send().await.expect(200)
    };
    assert_eq!(orders(&parties.other_customer).await["data"], json!([]));
    assert_eq!(orders(&parties.customer).await["data"][0]["id"], parties.things["order"].as_str());
    // A code is taken within a shop, not beyond it: the answer tells nothing of another's.
    let same = parties.other.call("POST", "/products").json(&product("OWN-1", 100)).send().await;
    let made = same.expect(201);
    let gone =
        parties.other.call("DELETE", &format!("/products/{}", made["id"].as_str().unwrap())).send().await;
    assert!(gone.status < 300, "{gone:?}");
}

/// A method that no route of ours takes tells a path that is known (405) from one that is not (404).
#[tokio::test]
async fn every_path_of_the_document_is_answered_by_its_function() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let paths: BTreeSet<String> = routes().into_iter().map(|(_, path)| path).collect();
    let mut wrong = Vec::new();
    for path in paths {
        let answer = stack.call("TRACE", &address(&path, &parties, "x")).send().await;
        if answer.error() != (405, "method_not_allowed".to_owned()) {
            wrong.push(format!("{answer:?}"));
        }
    }
    let unknown = stack.get("/nowhere").send().await;
    assert_eq!(unknown.error(), (404, "not_found".to_owned()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
