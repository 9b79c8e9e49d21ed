//! Values that are read, and make no sense.

use super::*;

#[tokio::test]
async fn quantities_and_amounts_that_make_no_sense() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    let refused = [(422, "invalid_value"), (400, "invalid_body")];
    let huge: Value = serde_json::from_str("18446744073709551616").unwrap();
    let endless: Value = serde_json::from_str("1e30").unwrap();
    let items = "/public/market/cart/{guest_cart}/items";
    for quantity in [
        json!(0),
        json!(-1),
        json!(1000),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(4_294_967_297_u64),
        json!(1.5),
        json!("2"),
        huge.clone(),
        endless.clone(),
    ] {
        let added = bench
            .json(("POST", items, Guest), &json!({"variant_id": "{variant}", "quantity": quantity}))
            .await;
        check(&added, &format!("add {quantity}"), &refused, &mut wrong);
        let set = bench
            .json(("PUT", &format!("{items}/{{guest_line}}"), Guest), &json!({"quantity": quantity}))
            .await;
        check(&set, &format!("set {quantity}"), &refused, &mut wrong);
    }
    for on_hand in [
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(1_000_001),
        json!(0.5),
        json!("9"),
        huge.clone(),
        endless.clone(),
    ] {
        let set = bench
            .json(
                ("PUT", "/vendor/inventory/stock", Owner),
                &json!({"variant_id": "{variant}", "on_hand": on_hand}),
            )
            .await;
        check(&set, &format!("stock {on_hand}"), &refused, &mut wrong);
    }
    for amount in [
        json!(0),
        json!(-1),
        json!(100_000_000),
        json!(i64::MAX),
        json!(9.99),
        json!("999"),
        huge.clone(),
        endless.clone(),
    ] {
        let made = bench
            .json(
                ("POST", "/vendor/products", Owner),
                &merged(product("BAD-1", 1), json!({"price": {"amount": amount, "currency": "EUR"}})),
            )
            .await;
        check(&made, &format!("price {amount}"), &refused, &mut wrong);
    }
    for content_length in [json!(0), json!(-1), json!(u64::MAX), json!(2_000_000_000), huge, endless] {
        let media =
            json!({"filename": "a.png", "content_type": "image/png", "content_length": content_length});
        check(
            &bench.json(("POST", "/vendor/media", Owner), &media).await,
            &format!("media of {content_length}"),
            &refused,
            &mut wrong,
        );
        let feed = json!({"filename": "a.csv", "content_length": content_length});
        check(
            &bench.json(("POST", "/vendor/marketplace/uploads", Owner), &feed).await,
            &format!("feed of {content_length}"),
            &refused,
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let more = bench
        .json(("PUT", &format!("{items}/{{guest_line}}"), Guest), &json!({"quantity": 999}))
        .await
        .expect(200);
    // Of what is in the cart already: nothing, and one more than a line holds.
    for quantity in [0, 1] {
        let goods = json!({"variant_id": more["items"][0]["variant_id"], "quantity": quantity});
        let refused = bench.json(("POST", items, Guest), &goods).await;
        assert_eq!(refused.error(), (422, "invalid_value".to_owned()), "{quantity}");
    }
    let none_left = json!({"variant_id": "{variant}", "quantity": 999});
    assert_eq!(
        bench.json(("POST", items, Guest), &none_left).await.error(),
        (409, "insufficient_stock".to_owned())
    );
}

#[tokio::test]
async fn values_that_are_read_and_refused() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    let refused = [(422, "invalid_value"), (422, "currency_mismatch")];
    let checkout = "/public/market/cart/{guest_cart}/checkout";
    let long = "x".repeat(400);
    let emails = [
        "",
        " ",
        "a",
        "a@",
        "@example.org",
        "a b@example.org",
        "a@b@c",
        "a@example.org\r\nBcc: b@example.org",
        &format!("{long}@example.org"),
    ];
    for email in emails {
        check(
            &bench.json(("POST", checkout, Guest), &purchase(email)).await,
            &format!("check out as {email:?}"),
            &refused,
            &mut wrong,
        );
        let customer = json!({"email": email, "password": "a passphrase", "name": "A"});
        check(
            &bench.json(("POST", "/public/market/customers/register", Guest), &customer).await,
            &format!("register {email:?}"),
            &refused,
            &mut wrong,
        );
        let vendor = json!({"name": "A", "slug": "never-made", "owner_email": email, "country": "LU", "currency": "EUR"});
        check(
            &bench.json(("POST", "/admin/vendors", Admin), &vendor).await,
            &format!("a vendor of {email:?}"),
            &refused,
            &mut wrong,
        );
    }
    for (field, values) in [
        ("name", &["", "   ", "\u{0}", &long][..]),
        ("line1", &["", &long]),
        ("city", &["", &long]),
        ("postal_code", &["", &long]),
        ("country", &["", "L", "LUX", "lu!", "XX", "Luxembourg"]),
    ] {
        for value in values {
            let mut body = purchase("a@example.org");
            body["shipping_address"][field] = json!(value);
            check(
                &bench.json(("POST", checkout, Guest), &body).await,
                &format!("{field} = {value:?}"),
                &refused,
                &mut wrong,
            );
        }
    }
    for (field, values) in [
        ("sku", vec![json!(""), json!(" "), json!(long), json!("a#b\u{0}")]),
        ("title", vec![json!(""), json!("x".repeat(1000))]),
        ("category", vec![json!(""), json!(long)]),
        (
            "price",
            vec![
                json!({"amount": 1, "currency": "USD"}),
                json!({"amount": 1, "currency": "EURO"}),
                json!({"amount": 1, "currency": ""}),
            ],
        ),
        ("tax_rate", vec![json!(-1), json!(101), json!(17.123)]),
        ("status", vec![json!("archived"), json!("PUBLISHED")]),
        ("gtin", vec![json!("1"), json!("4006381333932"), json!("abcdefghijklm")]),
        ("variants", vec![json!([{"sku": "A", "options": {}}, {"sku": "A", "options": {"size": "S"}}])]),
    ] {
        for value in values {
            let body = merged(product("BAD-1", 100), json!({field: value}));
            check(
                &bench.json(("POST", "/vendor/products", Owner), &body).await,
                &format!("{field} = {value}"),
                &refused,
                &mut wrong,
            );
        }
    }
    for slug in ["", "a", "A B", "-a", "a-", "a--b", "../admin", "market", "ü", &long] {
        let vendor = json!({"name": "A", "slug": slug, "owner_email": "a@example.org", "country": "LU", "currency": "EUR"});
        let answer = bench.json(("POST", "/admin/vendors", Admin), &vendor).await;
        check(
            &answer,
            &format!("the slug {slug:?}"),
            &[(422, "invalid_value"), (409, "slug_taken")],
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let shown = bench.stack.get(&format!("/public/market/cart/{}", bench.cart)).send().await.expect(200);
    assert_eq!(shown["status"], "ACTIVE");
}

#[tokio::test]
async fn feeds_from_where_nobody_should_look() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    for url in [
        "",
        "feed",
        "ftp://example.com/a.csv",
        "file:///etc/passwd",
        "http://",
        "https://user:pass@example.com/a.csv",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/a.csv",
        "http://192.168.1.1/",
        "http://[fd00::1]/a.csv",
        "http://0.0.0.0/",
        "javascript:alert(1)",
        "gopher://example.com/",
    ] {
        let body = json!({"csv_url": url, "currency": "EUR", "language": "de"});
        let answer = bench.json(("PUT", "/vendor/settings/marketplace", Owner), &body).await;
        check(&answer, url, &[(422, "invalid_value"), (422, "feed_address_refused")], &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
