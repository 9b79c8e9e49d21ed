//! Who is let in, and what strangers see.

use domain::Tenant;
use store::session::Principal;

use super::*;

/// Each route, with an id in it where there is one.
fn routes(import: &str, row: &str) -> Vec<Call> {
    let settings = settings("https://feeds.example.com/");
    vec![
        Call::get(SETTINGS),
        Call::put(SETTINGS).json(&settings),
        Call::post(&format!("{BASE}/uploads")).json(&json!({"filename": "a.csv", "content_length": 1})),
        Call::post(&format!("{BASE}/import")).json(&json!({"source": "url"})),
        Call::get(&format!("{BASE}/imports")),
        Call::get(&format!("{BASE}/imports/{import}")),
        Call::get(&format!("{BASE}/imports/{import}/products")),
        Call::get(&format!("{BASE}/imports/{import}/errors")),
        Call::post(&format!("{BASE}/imports/{import}/cancel")),
        Call::post(&format!("{BASE}/products/{row}/select")),
        Call::post(&format!("{BASE}/products/{row}/publish")).json(&json!({})),
    ]
}

#[tokio::test]
async fn only_a_vendors_staff_is_let_in_and_only_those_who_may_change() {
    let shop = Shop::new().await;
    let id = shop.imported(1).await.to_string();
    let row = shop.staged(1).to_string();
    let customer = Principal::Customer { customer_id: never_made(), channel: Tenant::Vendor(shop.vendor.id) };
    let customer = shop.world.log_in_as(customer).await;
    for call in routes(&id, &row) {
        let asked = format!("{call:?}");
        assert_eq!(call.on(&shop.app).await.error(), (401, "unauthenticated".to_owned()), "{asked}");
    }
    for call in routes(&id, &row) {
        assert_eq!(call.by(&customer).on(&shop.app).await.status, 401);
    }
    let viewer = shop.world.log_in(&shop.vendor, StaffRole::Viewer).await;
    let mut statuses = Vec::new();
    for call in routes(&id, &row) {
        statuses.push(call.by(&viewer).on(&shop.app).await.status);
    }
    assert_eq!(statuses, [200, 403, 403, 403, 200, 200, 200, 200, 403, 403, 403]);
}

#[tokio::test]
async fn anothers_import_and_row_answer_like_ones_that_were_never_made() {
    let shop = Shop::new().await;
    let id = shop.imported(1).await.to_string();
    let row = shop.staged(1).to_string();
    let stranger = shop.stranger().await;
    let never = (never_made::<ImportId>().to_string(), never_made::<StagedId>().to_string());
    for (theirs, nobodys) in routes(&id, &row).into_iter().zip(routes(&never.0, &never.1)).skip(5) {
        let theirs = theirs.by(&stranger).on(&shop.app).await;
        assert_eq!(theirs.status, 404);
        assert_eq!(theirs.bytes(), nobodys.by(&stranger).on(&shop.app).await.bytes());
    }
    let listed = Call::get(&format!("{BASE}/imports")).by(&stranger).on(&shop.app).await;
    assert_eq!(listed.json()["data"], json!([]));
}
