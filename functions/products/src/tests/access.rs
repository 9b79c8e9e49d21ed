//! Who may do what.

use domain::{ProductId, Tenant};
use store::session::Principal;
use web::testing::never_made;

use super::*;

#[tokio::test]
async fn another_vendors_product_answers_like_one_that_was_never_made() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let stranger = shop.stranger().await;
    let never: ProductId = never_made();
    let change = json!({"title": "Mine"});
    type Make = fn(&str) -> Call;
    let calls: [(&str, Make); 5] = [
        ("", Call::get),
        ("", Call::patch),
        ("", Call::delete),
        ("/publish", Call::post),
        ("/archive", Call::post),
    ];
    for (rest, make) in calls {
        let ask = async |id: &str| {
            let call = make(&format!("{PRODUCTS}/{id}{rest}")).json(&change).by(&stranger);
            call.on(&shop.app).await.bytes()
        };
        let theirs = ask(product["id"].as_str().unwrap()).await;
        assert_eq!(theirs.0, 404, "{rest}");
        assert_eq!(theirs, ask(&never.to_string()).await);
        assert_eq!(theirs, ask("prd_1").await);
        assert_eq!(theirs, ask("%20").await);
    }
    assert_eq!(shop.call(Call::get(&of(&product))).await.json(), product);
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let path = of(&product);
    for role in [StaffRole::Viewer, StaffRole::Analyst] {
        let viewer = shop.world.log_in(&shop.vendor, role).await;
        for call in [
            Call::post(PRODUCTS).json(&tea()),
            Call::patch(&path).json(&json!({"title": "x"})),
            Call::delete(&path),
            Call::post(&format!("{path}/publish")),
            Call::post(&format!("{path}/archive")),
        ] {
            assert_eq!(call.by(&viewer).on(&shop.app).await.error(), (403, "forbidden".to_owned()));
        }
        assert_eq!(Call::get(&path).by(&viewer).on(&shop.app).await.status, 200);
    }
    let editor = shop.world.log_in(&shop.vendor, StaffRole::Editor).await;
    assert_eq!(Call::delete(&path).by(&editor).on(&shop.app).await.status, 204);
}

#[tokio::test]
async fn who_is_no_staff_is_nobody() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let channel = Tenant::Vendor(shop.vendor.id);
    let customer =
        shop.world.log_in_as(Principal::Customer { customer_id: shop.world.ids.next(), channel }).await;
    let path = of(&product);
    for (method, path) in [
        ("GET", PRODUCTS.to_owned()),
        ("POST", PRODUCTS.to_owned()),
        ("GET", path.clone()),
        ("PATCH", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/publish")),
        ("POST", format!("{path}/archive")),
    ] {
        let without = Call::new(method, &path).json(&tea()).on(&shop.app).await;
        assert_eq!(without.error(), (401, "unauthenticated".to_owned()), "{method} {path}");
        for token in ["nonsense", customer.as_str()] {
            let answer = Call::new(method, &path).json(&tea()).by(token).on(&shop.app).await;
            assert_eq!(answer.bytes(), without.bytes(), "{method} {path}");
        }
    }
}
