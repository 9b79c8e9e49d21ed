use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::State, response::Response, routing};
use domain::Id;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use platform::{Clock, ManualClock};
use store::Store;
use table::memory::Memory;
use tower::ServiceExt;

use super::*;

const ORIGIN: &str = "https://console.example.com";

#[derive(Clone)]
struct Here {
    store: Store,
    settings: Settings,
    clock: Arc<ManualClock>,
}

impl Context for Here {
    fn store(&self) -> &Store {
        &self.store
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

fn here() -> Here {
    let clock = Arc::new(ManualClock::at("2026-11-21T08:00:00.000Z".parse().unwrap()));
    let seconds = clock.clone();
    let table = Memory::new(Arc::new(move || seconds.now().secs()));
    let settings = Settings { cookie_prefix: "__Host-".to_owned(), allowed_origins: vec![ORIGIN.to_owned()] };
    Here { store: Store::new(Arc::new(table), clock.clone()), settings, clock }
}

fn app(here: &Here) -> Router {
    let routes = Router::new()
        .route("/admin", routing::any(async |admin: Admin| admin.id.to_string()))
        .route("/staff", routing::any(async |staff: Staff| staff.tenant().to_string()))
        .route("/market", routing::any(async |customer: CustomerOf| customer.id.to_string()))
        .route("/maybe", routing::any(async |MaybeCustomer(id): MaybeCustomer| format!("{id:?}")))
        .route("/writing", routing::any(async |staff: Staff| staff.writing().map(|_| ())))
        .route("/out", routing::post(out));
    crate::finish(routes, here.clone())
}

async fn out(
    State(here): State<Here>,
    _: Admin,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    end_session(&here, Audience::Admin, (&method, &headers)).await
}

const VENDOR: u128 = 7;

async fn log_in_as(here: &Here, token: &str) {
    let vendor_id = VendorId::from_bits(VENDOR);
    let principal = match token {
        "admin" => Principal::Admin { admin_id: Id::from_bits(1), role: AdminRole::Admin },
        "editor" => Principal::Staff { staff_id: Id::from_bits(2), vendor_id, role: StaffRole::Editor },
        "viewer" => Principal::Staff { staff_id: Id::from_bits(3), vendor_id, role: StaffRole::Viewer },
        "buyer" => Principal::Customer { customer_id: Id::from_bits(4), channel: Tenant::Platform },
        _ => Principal::Customer { customer_id: Id::from_bits(5), channel: Tenant::Vendor(vendor_id) },
    };
    let session = Session::starting(principal, here.store.now());
    session::create(&here.store, &Secret::new(token.to_owned()), &session).await.unwrap();
}

async fn everybody() -> Here {
    let here = here();
    for token in ["admin", "editor", "viewer", "buyer", "shopper"] {
        log_in_as(&here, token).await;
    }
    here
}

async fn call(here: &Here, method: &str, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app(here).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn by_token(here: &Here, path: &str, token: &str) -> (StatusCode, String) {
    call(here, "POST", path, &[("authorization", &format!("Bearer {token}"))]).await
}

#[tokio::test]
async fn each_kind_of_session_opens_its_own_doors_alone() {
    let here = everybody().await;
    for (path, welcome) in
        [("/admin", &["admin"][..]), ("/staff", &["editor", "viewer"]), ("/market", &["buyer"])]
    {
        for token in ["admin", "editor", "viewer", "buyer", "shopper", "nobody", ""] {
            let (status, _) = by_token(&here, path, token).await;
            let expected = if welcome.contains(&token) { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(status, expected, "{path} {token}");
        }
    }
    let vendor = Tenant::Vendor(VendorId::from_bits(VENDOR)).to_string();
    assert_eq!(by_token(&here, "/staff", "viewer").await.1, vendor);
}

#[tokio::test]
async fn the_schemes_case_does_not_matter_and_other_schemes_are_nobody() {
    let here = everybody().await;
    for (value, status) in [
        ("bearer admin", StatusCode::OK),
        ("BEARER  admin ", StatusCode::OK),
        ("admin", StatusCode::UNAUTHORIZED),
        ("Basic admin", StatusCode::UNAUTHORIZED),
        ("", StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(call(&here, "GET", "/admin", &[("authorization", value)]).await.0, status, "{value:?}");
    }
}

#[tokio::test]
async fn a_cookie_counts_only_where_an_allowed_page_calls() {
    let here = everybody().await;
    let cookie = ("cookie", "theme=dark; __Host-admin=admin");
    let (origin, script) = (("origin", ORIGIN), ("x-requested-by", "console"));
    let (evil, null) = (("origin", "https://evil.example"), ("origin", "null"));
    for (method, headers, status) in [
        ("POST", &[cookie, origin, script][..], StatusCode::OK),
        ("GET", &[cookie, origin, script], StatusCode::OK),
        ("GET", &[cookie, script], StatusCode::OK),
        ("HEAD", &[cookie, script], StatusCode::OK),
        ("POST", &[cookie, script], StatusCode::FORBIDDEN),
        ("DELETE", &[cookie, script], StatusCode::FORBIDDEN),
        ("POST", &[cookie, origin], StatusCode::FORBIDDEN),
        ("GET", &[cookie], StatusCode::FORBIDDEN),
        ("POST", &[cookie, evil, script], StatusCode::FORBIDDEN),
        ("GET", &[cookie, evil, script], StatusCode::FORBIDDEN),
        ("POST", &[cookie, null, script], StatusCode::FORBIDDEN),
        ("POST", &[origin, script], StatusCode::UNAUTHORIZED),
    ] {
        let (answered, body) = call(&here, method, "/admin", headers).await;
        assert_eq!(answered, status, "{method} {headers:?}");
        if status == StatusCode::FORBIDDEN {
            assert!(body.contains("cross_site_request"), "{body}");
        }
    }
}

#[tokio::test]
async fn one_person_may_be_customer_staff_and_admin_in_one_browser() {
    let here = everybody().await;
    let cookies = ("cookie", "__Host-admin=admin; __Host-staff=editor; __Host-c-platform=buyer");
    for path in ["/admin", "/staff", "/market"] {
        let headers = [cookies, ("origin", ORIGIN), ("x-requested-by", "page")];
        assert_eq!(call(&here, "POST", path, &headers).await.0, StatusCode::OK, "{path}");
    }
    // A cookie's name says whose it is; what it holds does not change that.
    let swapped = ("cookie", "__Host-staff=admin; __Host-c-platform=shopper; admin=admin");
    for path in ["/admin", "/staff", "/market"] {
        let headers = [swapped, ("origin", ORIGIN), ("x-requested-by", "page")];
        assert_eq!(call(&here, "POST", path, &headers).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn a_guest_is_somebody_without_a_good_token() {
    let here = everybody().await;
    assert!(by_token(&here, "/maybe", "buyer").await.1.contains("Some(cus_"));
    for token in ["nobody", "shopper", "admin"] {
        assert_eq!(by_token(&here, "/maybe", token).await, (StatusCode::OK, "None".to_owned()), "{token}");
    }
    assert_eq!(call(&here, "GET", "/maybe", &[]).await, (StatusCode::OK, "None".to_owned()));
    let forged = [("cookie", "__Host-c-platform=buyer"), ("origin", "https://evil.example")];
    assert_eq!(call(&here, "POST", "/maybe", &forged).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_only_looks_does_not_write() {
    let here = everybody().await;
    assert_eq!(by_token(&here, "/writing", "editor").await.0, StatusCode::OK);
    let (status, body) = by_token(&here, "/writing", "viewer").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body.contains("permission_error"), "{body}");
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_the_log_out() {
    let here = everybody().await;
    here.clock.advance(session::LIFETIME);
    assert_eq!(by_token(&here, "/admin", "admin").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(by_token(&here, "/market", "buyer").await.0, StatusCode::OK);
    here.clock.advance(Duration::from_secs(29 * 86_400));
    assert_eq!(by_token(&here, "/market", "buyer").await.0, StatusCode::UNAUTHORIZED);

    log_in_as(&here, "admin").await;
    assert_eq!(by_token(&here, "/out", "admin").await.0, StatusCode::NO_CONTENT);
    assert_eq!(by_token(&here, "/out", "admin").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_log_out_clears_its_cookie() {
    let here = everybody().await;
    let request = Request::builder().method("POST").uri("/out").header("authorization", "Bearer admin");
    let response = app(&here).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let cookie = response.headers().get("set-cookie").unwrap().to_str().unwrap();
    assert_eq!(cookie, "__Host-admin=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
}

#[test]
fn a_new_password_has_8_to_256_characters_of_any_kind() {
    let read = |text: &str| serde_json::from_value::<NewPassword>(text.into());
    let long = "ü".repeat(256);
    for good in ["12345678", "ünïcödé!", "        ", long.as_str()] {
        assert!(read(good).is_ok(), "{good:?}");
    }
    let too_long = "ü".repeat(257);
    for bad in ["", "1234567", "üüüüüüü", too_long.as_str()] {
        let error = read(bad).err().map(|error| error.to_string()).unwrap();
        assert_eq!(error, "a password of 8 to 256 characters is needed");
    }
}
