use std::time::Duration;

use domain::{CartId, CustomerId, Tenant, cart::Cart};

use super::*;

const MARKET: &str = "/api/v1/public/market";

fn ada(password: &str) -> Value {
    json!({"email": "ada@example.org", "password": password})
}

#[tokio::test]
async fn a_customer_registers_and_is_logged_in() {
    let world = World::new();
    let body = json!({"email": "Ada@Example.org", "password": "correct horse", "name": "Ada"});
    let made = world.post(&format!("{MARKET}/customers/register"), body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let id = made.body["principal"]["id"].as_str().unwrap();
    assert!(id.starts_with("cus_"));
    let principal = json!({"id": id, "kind": "customer", "email": "ada@example.org", "name": "Ada"});
    assert_eq!(made.body["principal"], principal);
    assert_eq!(made.body["expires_at"], "2026-12-21T08:00:00.000Z");

    let me = world.by_token("GET", &format!("{MARKET}/customers/me"), &made.token()).await;
    assert_eq!((me.status, me.body), (StatusCode::OK, principal.clone()));
    let (cookie, attributes) = made.cookie();
    assert_eq!(cookie, format!("__Host-c-platform={}", made.token()));
    assert!(attributes.contains("Max-Age=2592000;"));
    assert_eq!(world.by_page("GET", &format!("{MARKET}/customers/me"), &cookie).await.body, principal);

    let entered = world.post(&format!("{MARKET}/customers/login"), ada("correct horse")).await;
    assert_eq!((entered.status, &entered.body["principal"]), (StatusCode::OK, &principal));
    assert_eq!(
        world.by_page("POST", &format!("{MARKET}/customers/logout"), &cookie).await.status,
        StatusCode::NO_CONTENT
    );
    assert!(
        world.by_page("GET", &format!("{MARKET}/customers/me"), &cookie).await.is(401, "unauthenticated")
    );
    // The other session goes on.
    let me = world.by_token("GET", &format!("{MARKET}/customers/me"), &entered.token()).await;
    assert_eq!(me.status, StatusCode::OK);
}

#[tokio::test]
async fn an_address_is_another_customer_in_each_channel() {
    let world = World::new();
    let (tea, _) = world.shop("tea", "tea@example.org").await;
    let (coffee, _) = world.shop("coffee", "coffee@example.org").await;
    let channels = [
        MARKET.to_owned(),
        "/api/v1/public/vendors/tea".to_owned(),
        "/api/v1/public/vendors/coffee".to_owned(),
    ];
    let mut ids = Vec::new();
    let mut tokens = Vec::new();
    for (number, channel) in channels.iter().enumerate() {
        let made =
            world.post(&format!("{channel}/customers/register"), ada(&format!("password {number}"))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        ids.push(made.body["principal"]["id"].clone());
        let name = [
            ("__Host-c-platform".to_owned()),
            format!("__Host-c-{}", tea.id),
            format!("__Host-c-{}", coffee.id),
        ];
        assert!(made.cookie().0.starts_with(&format!("{}=", name[number])));
        tokens.push(made.token());
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    for (here, channel) in channels.iter().enumerate() {
        for (of, token) in tokens.iter().enumerate() {
            let me = world.by_token("GET", &format!("{channel}/customers/me"), token).await;
            assert_eq!(me.status, if here == of { StatusCode::OK } else { StatusCode::UNAUTHORIZED });
            let entered =
                world.post(&format!("{channel}/customers/login"), ada(&format!("password {of}"))).await;
            assert_eq!(entered.status == StatusCode::OK, here == of, "{}", entered.body);
            assert!(here == of || entered.is(401, "invalid_credentials"));
        }
    }
}

#[tokio::test]
async fn an_address_registers_once_in_a_channel_and_the_first_password_stays() {
    let world = World::new();
    world.post(&format!("{MARKET}/customers/register"), ada("correct horse")).await;
    let before = world.table.dump();
    let again = world.post(&format!("{MARKET}/customers/register"), ada("other password")).await;
    assert!(again.is(409, "email_taken"), "{}", again.body);
    assert_eq!(again.body["error"]["param"], "email");
    assert!(again.headers.get("set-cookie").is_none());
    assert_eq!(world.table.dump(), before);
    assert_eq!(
        world.post(&format!("{MARKET}/customers/login"), ada("correct horse")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_shop_that_does_not_sell_has_no_customers() {
    let world = World::new();
    world.vendor("pending", "owner@example.org").await;
    let missing =
        world.post("/api/v1/public/vendors/never-made/customers/register", ada("correct horse")).await;
    assert!(missing.is(404, "not_found"));
    for slug in ["pending", "never-made", "NOT-A-SLUG", "admin"] {
        for route in ["register", "login"] {
            let path = format!("/api/v1/public/vendors/{slug}/customers/{route}");
            let answer = world.post(&path, ada("correct horse")).await;
            assert_eq!((answer.status, &answer.body), (missing.status, &missing.body), "{path}");
        }
        for (method, route) in [("POST", "logout"), ("GET", "me")] {
            let path = format!("/api/v1/public/vendors/{slug}/customers/{route}");
            let answer = world.by_token(method, &path, "nonsense").await;
            assert_eq!((answer.status, &answer.body), (missing.status, &missing.body), "{path}");
        }
    }
}

#[tokio::test]
async fn a_lock_out_in_one_channel_is_none_in_another() {
    let world = World::new();
    world.shop("tea", "tea@example.org").await;
    let tea = "/api/v1/public/vendors/tea";
    for channel in [MARKET, tea] {
        world.post(&format!("{channel}/customers/register"), ada("correct horse")).await;
    }
    for _ in 0..3 {
        assert!(
            world.post(&format!("{tea}/customers/login"), ada("wrong")).await.is(401, "invalid_credentials")
        );
    }
    let locked = world.post(&format!("{tea}/customers/login"), ada("correct horse")).await;
    assert!(locked.is(429, "too_many_attempts"));
    assert_eq!(locked.headers["retry-after"], "60");
    assert_eq!(
        world.post(&format!("{MARKET}/customers/login"), ada("correct horse")).await.status,
        StatusCode::OK
    );
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(
        world.post(&format!("{tea}/customers/login"), ada("correct horse")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_told_what_is_wrong_with_it() {
    let world = World::new();
    let cases = [
        ("email", Value::Null, 400, "invalid_body"),
        ("password", Value::Null, 400, "invalid_body"),
        ("channel", json!("platform"), 400, "invalid_body"),
        ("email", json!({}), 400, "invalid_body"),
        ("email", json!("a@b"), 422, "invalid_value"),
        ("email", json!("a@b.c\r\nBcc: x@y.z"), 422, "invalid_value"),
        ("password", json!("short"), 422, "invalid_value"),
        ("name", json!(""), 422, "invalid_value"),
        ("cart_id", json!("crt_x"), 422, "invalid_value"),
        ("name", json!("a\u{0}"), 422, "invalid_value"),
    ];
    refuses(&world, &format!("{MARKET}/customers/register"), &ada("correct horse"), &cases).await;
    let cases = [("email", Value::Null, 400, "invalid_body"), ("email", json!("a"), 422, "invalid_value")];
    refuses(&world, &format!("{MARKET}/customers/login"), &ada("correct horse"), &cases).await;
    // What was refused is not repeated in the answer where it may be a password.
    let answer = world.post(&format!("{MARKET}/customers/register"), ada("hunter2")).await;
    assert!(!answer.body.to_string().contains("hunter2"), "{}", answer.body);
}

/// A guest's cart, empty.
async fn cart(world: &World, owner: Option<CustomerId>) -> CartId {
    let id = world.deps.ids.unguessable();
    let cart = Cart::new(id, Tenant::Platform, owner, world.now());
    store::cart::create(&world.deps.store, &cart).await.unwrap();
    id
}

async fn owner_of(world: &World, cart: CartId) -> Option<CustomerId> {
    store::cart::get(&world.deps.store, &Tenant::Platform, cart).await.unwrap().customer_id
}

#[tokio::test]
async fn a_guests_cart_comes_along_at_the_registration_and_at_the_log_in() {
    for route in ["register", "login"] {
        let world = World::new();
        if route == "login" {
            world.post(&format!("{MARKET}/customers/register"), ada("correct horse")).await;
        }
        let guest = cart(&world, None).await;
        let mut body = ada("correct horse");
        body["cart_id"] = guest.to_string().into();
        let entered = world.post(&format!("{MARKET}/customers/{route}"), body).await;
        assert!(entered.status.is_success(), "{}", entered.body);
        let owner = owner_of(&world, guest).await.unwrap().to_string();
        assert_eq!(entered.body["principal"]["id"], owner);
    }
}

#[tokio::test]
async fn a_cart_that_cannot_come_along_keeps_nobody_out() {
    let world = World::new();
    world.post(&format!("{MARKET}/customers/register"), ada("correct horse")).await;
    let other: CustomerId = world.deps.ids.next();
    let theirs = cart(&world, Some(other)).await;
    let never_made: CartId = world.deps.ids.unguessable();
    for id in [theirs, never_made] {
        let mut body = ada("correct horse");
        body["cart_id"] = id.to_string().into();
        let entered = world.post(&format!("{MARKET}/customers/login"), body).await;
        assert_eq!(entered.status, StatusCode::OK, "{}", entered.body);
    }
    assert_eq!(owner_of(&world, theirs).await, Some(other));
}

#[tokio::test]
async fn a_refused_log_in_takes_no_cart() {
    let world = World::new();
    world.post(&format!("{MARKET}/customers/register"), ada("correct horse")).await;
    let guest = cart(&world, None).await;
    for route in ["register", "login"] {
        let mut body = ada("wrong password");
        body["cart_id"] = guest.to_string().into();
        assert!(world.post(&format!("{MARKET}/customers/{route}"), body).await.status.is_client_error());
    }
    assert_eq!(owner_of(&world, guest).await, None);
}

#[tokio::test]
async fn guests_and_staff_are_no_customers() {
    let world = World::new();
    let (_, staff) = world.shop("tea", "tea@example.org").await;
    for channel in [MARKET, "/api/v1/public/vendors/tea"] {
        for (method, route) in [("GET", "me"), ("POST", "logout")] {
            let path = format!("{channel}/customers/{route}");
            assert!(world.send(method, &path, &[], None).await.is(401, "unauthenticated"));
            assert!(world.by_token(method, &path, &staff).await.is(401, "unauthenticated"));
        }
    }
}

#[tokio::test]
async fn neither_password_nor_token_nor_an_address_in_a_key_lies_in_the_table() {
    let world = World::new();
    let made = world.post(&format!("{MARKET}/customers/register"), ada("correct horse")).await;
    let token = made.token();
    for item in world.table.dump() {
        let text = format!("{item:?}");
        assert!(!text.contains("correct horse") && !text.contains(&token), "{}", item.key);
        assert!(!item.key.to_string().contains('@'));
    }
}

#[test]
fn every_route_is_documented_under_both_kinds_of_channel() {
    let routes = web::openapi::routes(&crate::openapi());
    let paths: Vec<_> = routes.iter().map(|(method, path)| format!("{method} {path}")).collect();
    for route in [
        "POST {c}/customers/register",
        "POST {c}/customers/login",
        "POST {c}/customers/logout",
        "GET {c}/customers/me",
    ] {
        for channel in ["/api/v1/public/market", "/api/v1/public/vendors/{slug}"] {
            assert!(paths.contains(&route.replace("{c}", channel)), "{route} in {paths:?}");
        }
    }
    assert_eq!(paths.len(), 12);
}
