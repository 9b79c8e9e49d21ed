use std::time::Duration;

use domain::vendor::VendorStatus;

use super::*;

const ACTIVATE: &str = "/api/v1/vendor/auth/activate";
const LOG_IN: &str = "/api/v1/vendor/auth/login";
const LOG_OUT: &str = "/api/v1/vendor/auth/logout";
const ME: &str = "/api/v1/vendor/me";

fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

#[tokio::test]
async fn an_owner_activates_logs_in_looks_and_logs_out() {
    let world = World::new();
    let (vendor, staff) = world.vendor("tea", "owner@example.org").await;
    let invitation = world.invite(&staff).await;
    let body = json!({"token": invitation.reveal(), "password": "correct horse", "name": " Ada "});
    let activated = world.post(ACTIVATE, body).await;
    assert_eq!(activated.status, StatusCode::OK, "{}", activated.body);
    let principal = json!({
        "id": staff.id.to_string(), "kind": "staff", "email": "owner@example.org", "name": "Ada",
        "vendor": vendor.id.to_string(), "role": "owner",
    });
    assert_eq!(activated.body["principal"], principal);
    let sells = store::vendor::get(&world.deps.store, vendor.id).await.unwrap();
    assert_eq!(sells.status, VendorStatus::Active);

    let entered = world.post(LOG_IN, credentials("Owner@Example.org", "correct horse")).await;
    assert_eq!(entered.status, StatusCode::OK);
    assert_eq!(entered.body["principal"], principal);
    assert_eq!(entered.body["expires_at"], "2026-11-22T08:00:00.000Z");
    assert_ne!(entered.token(), activated.token());
    assert_eq!(entered.headers["cache-control"], "no-store");

    for token in [activated.token(), entered.token()] {
        let me = world.by_token("GET", ME, &token).await;
        assert_eq!(me.status, StatusCode::OK);
        assert_eq!((&me.body["id"], &me.body["vendor"]), (&principal["id"], &principal["vendor"]));
        let shop = json!({
            "id": vendor.id.to_string(), "slug": "tea", "name": "Tea", "status": "active", "country": "LU", "currency": "EUR",
        });
        assert_eq!(me.body["shop"], shop);
        let left = world.by_token("POST", LOG_OUT, &token).await;
        assert_eq!((left.status, left.body), (StatusCode::NO_CONTENT, Value::Null));
        assert!(world.by_token("GET", ME, &token).await.is(401, "unauthenticated"));
        assert!(world.by_token("POST", LOG_OUT, &token).await.is(401, "unauthenticated"));
    }
}

#[tokio::test]
async fn an_invitation_counts_once_and_for_a_week() {
    let world = World::new();
    let (vendor, staff) = world.vendor("tea", "owner@example.org").await;
    let (first, second) = (world.invite(&staff).await, world.invite(&staff).await);
    world.clock.advance(Duration::from_secs(7 * 86_400));
    let late = world.invite(&staff).await;
    let activate = async |token: &Secret<String>, password: &str| {
        world.post(ACTIVATE, json!({"token": token.reveal(), "password": password, "name": "Ada"})).await
    };
    assert!(activate(&first, "correct horse").await.is(422, "invalid_token"));
    assert_eq!(store::vendor::get(&world.deps.store, vendor.id).await.unwrap().status, VendorStatus::Pending);

    let another = world.invite(&staff).await;
    assert_eq!(activate(&late, "correct horse").await.status, StatusCode::OK);
    let never_made = activate(&Secret::new("never made".to_owned()), "other password").await;
    for used in [&late, &another, &second] {
        let answer = activate(used, "other password").await;
        assert_eq!((answer.status, &answer.body), (StatusCode::UNPROCESSABLE_ENTITY, &never_made.body));
        assert!(answer.is(422, "invalid_token"));
    }
    // The password is still the first one.
    let entered = world.post(LOG_IN, credentials("owner@example.org", "correct horse")).await;
    assert_eq!(entered.status, StatusCode::OK);
}

#[tokio::test]
async fn an_admins_invitation_makes_no_staff() {
    let world = World::new();
    let token = world.deps.ids.token();
    let invited = invitation::Invited::Admin { admin_id: world.deps.ids.next() };
    invitation::create(&world.deps.store, &token, invited).await.unwrap();
    let body = json!({"token": token.reveal(), "password": "correct horse", "name": "Ada"});
    assert!(world.post(ACTIVATE, body).await.is(422, "invalid_token"));
}

#[tokio::test]
async fn what_cannot_be_read_is_told_what_is_wrong_with_it() {
    let world = World::new();
    let good = json!({"token": "t", "password": "correct horse", "name": "Ada"});
    let cases = [
        ("token", Value::Null, 400, "invalid_body"),
        ("password", Value::Null, 400, "invalid_body"),
        ("name", Value::Null, 400, "invalid_body"),
        ("role", json!("owner"), 400, "invalid_body"),
        ("token", json!(7), 400, "invalid_body"),
        ("password", json!("1234567"), 422, "invalid_value"),
        ("password", json!("x".repeat(257)), 422, "invalid_value"),
        ("name", json!("  "), 422, "invalid_value"),
        ("name", json!("x".repeat(121)), 422, "invalid_value"),
        ("token", json!(""), 422, "invalid_token"),
    ];
    refuses(&world, ACTIVATE, &good, &cases).await;
    let cases = [
        ("email", Value::Null, 400, "invalid_body"),
        ("password", Value::Null, 400, "invalid_body"),
        ("remember", json!(true), 400, "invalid_body"),
        ("password", json!(["x"]), 400, "invalid_body"),
        ("email", json!("nobody"), 422, "invalid_value"),
        ("password", json!(""), 401, "invalid_credentials"),
        ("password", json!("x".repeat(10_000)), 401, "invalid_credentials"),
    ];
    refuses(&world, LOG_IN, &credentials("owner@example.org", "correct horse"), &cases).await;
}

#[tokio::test]
async fn nobody_learns_from_a_log_in_which_addresses_have_an_account() {
    let world = World::new();
    world.shop("tea", "owner@example.org").await;
    world.vendor("coffee", "invited@example.org").await;
    world.table.meter().take();
    let mut answers = Vec::new();
    for address in ["owner@example.org", "invited@example.org", "nobody@example.org"] {
        let answer = world.post(LOG_IN, credentials(address, "wrong password")).await;
        assert!(answer.is(401, "invalid_credentials"), "{address}");
        answers.push((answer.body, answer.headers, world.table.meter().take().round_trips));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn three_wrong_passwords_in_a_row_lock_the_account_for_a_while() {
    let world = World::new();
    world.shop("tea", "owner@example.org").await;
    let (right, wrong) =
        (credentials("owner@example.org", "correct horse"), credentials("owner@example.org", "wrong"));
    for wait_s in [60, 120, 240, 480, 900, 900] {
        while world.post(LOG_IN, wrong.clone()).await.is(401, "invalid_credentials") {}
        let refused = world.post(LOG_IN, right.clone()).await;
        assert!(refused.is(429, "too_many_attempts"));
        assert_eq!(refused.headers["retry-after"], wait_s.to_string());
        assert_eq!(refused.body["error"]["type"], "rate_limit_error");
        world.clock.advance(Duration::from_millis(wait_s * 1000 - 1));
        let refused = world.post(LOG_IN, right.clone()).await;
        assert_eq!(refused.headers["retry-after"], "1");
        world.clock.advance(Duration::from_millis(1));
    }
    assert_eq!(world.post(LOG_IN, right.clone()).await.status, StatusCode::OK);
    for _ in 0..2 {
        assert!(world.post(LOG_IN, wrong.clone()).await.is(401, "invalid_credentials"));
    }
    assert_eq!(world.post(LOG_IN, right).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_uses_its_cookie_and_an_alien_page_cannot() {
    let world = World::new();
    world.shop("tea", "owner@example.org").await;
    let entered = world.post(LOG_IN, credentials("owner@example.org", "correct horse")).await;
    let (cookie, attributes) = entered.cookie();
    assert_eq!(cookie, format!("__Host-staff={}", entered.token()));
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Max-Age=86400; Secure");

    assert_eq!(world.by_page("GET", ME, &cookie).await.status, StatusCode::OK);
    for headers in [
        [("cookie", cookie.as_str()), ("origin", "https://evil.example"), ("x-requested-by", "page")],
        [("cookie", cookie.as_str()), ("origin", ORIGIN), ("accept", "*/*")],
        [("cookie", cookie.as_str()), ("accept", "*/*"), ("x-requested-by", "page")],
    ] {
        assert!(
            world.send("POST", LOG_OUT, &headers, None).await.is(403, "cross_site_request"),
            "{headers:?}"
        );
    }
    let left = world.by_page("POST", LOG_OUT, &cookie).await;
    assert_eq!(left.status, StatusCode::NO_CONTENT);
    let (cleared, attributes) = left.cookie();
    assert_eq!((cleared.as_str(), attributes.contains("Max-Age=0;")), ("__Host-staff=", true));
    assert!(world.by_page("GET", ME, &cookie).await.is(401, "unauthenticated"));
}

#[tokio::test]
async fn over_plain_http_the_cookie_has_no_prefix_and_is_not_secure() {
    let world = World::new();
    world.shop("tea", "owner@example.org").await;
    let settings = web::Settings { cookie_prefix: String::new(), ..world.deps.settings.clone() };
    let app = app(Deps { settings, ..world.deps.clone() });
    let world = World { app, ..world };
    let (cookie, attributes) =
        world.post(LOG_IN, credentials("owner@example.org", "correct horse")).await.cookie();
    assert!(cookie.starts_with("staff="));
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Max-Age=86400");
}

#[tokio::test]
async fn a_session_ends_after_a_day() {
    let world = World::new();
    let (_, token) = world.shop("tea", "owner@example.org").await;
    world.clock.advance(Duration::from_millis(86_400_000 - 1));
    assert_eq!(world.by_token("GET", ME, &token).await.status, StatusCode::OK);
    world.clock.advance(Duration::from_millis(1));
    assert!(world.by_token("GET", ME, &token).await.is(401, "unauthenticated"));
}

#[tokio::test]
async fn guests_and_customers_are_no_staff() {
    let world = World::new();
    let body = json!({"email": "ada@example.org", "password": "correct horse"});
    let customer = world.post("/api/v1/public/market/customers/register", body).await;
    for (method, path) in [("GET", ME), ("POST", LOG_OUT)] {
        assert!(world.send(method, path, &[], None).await.is(401, "unauthenticated"));
        assert!(world.by_token(method, path, &customer.token()).await.is(401, "unauthenticated"));
        assert!(world.by_token(method, path, "nonsense").await.is(401, "unauthenticated"));
    }
}
