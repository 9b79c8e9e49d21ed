//! Ids, pages, cursors, keys and versions that are none.

use super::*;

#[tokio::test]
async fn ids_that_are_none() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    let not_found = [(404, "not_found")];
    let product = &bench.parties.things["product"];
    let lower = product.to_lowercase();
    let traversal = "..%2F..%2Fadmin";
    for id in [
        "x",
        "prd_",
        "ven_7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
        &lower,
        "%00",
        "a%23b",
        traversal,
        "%F0%9F%8D%B5",
        "%FF",
        &format!("{product}x"),
        &"9".repeat(2000),
    ] {
        for (path, who) in [
            ("/vendor/products/{x}", Owner),
            ("/vendor/inventory/stock/{x}", Owner),
            ("/vendor/media/{x}", Owner),
            ("/vendor/marketplace/imports/{x}", Owner),
            ("/vendor/shipments/{x}", Owner),
            ("/vendor/orders/{x}", Owner),
            ("/admin/vendors/{x}", Admin),
            ("/public/market/products/{x}", Guest),
            ("/public/market/cart/{x}", Guest),
            ("/public/market/orders/{x}", Guest),
            ("/public/vendors/{x}/shop-info", Guest),
            ("/public/vendors/{x}/products", Guest),
        ] {
            let answer = bench.send(("GET", &path.replace("{x}", id), who), "application/json", "").await;
            check(&answer, &format!("{path} {id}"), &not_found, &mut wrong);
        }
    }
    for (route, body) in [
        (
            ("POST", "/public/market/cart/{guest_cart}/items", Guest),
            json!({"variant_id": "var_1", "quantity": 1}),
        ),
        (("PUT", "/vendor/inventory/stock", Owner), json!({"variant_id": "{product}", "on_hand": 1})),
        (("POST", "/vendor/marketplace/import", Owner), json!({"source": "upload", "upload_id": "upl_x"})),
    ] {
        check(&bench.json(route, &body).await, route.1, &[(422, "invalid_value")], &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn pages_that_are_none() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    let import = &bench.parties.things["import"];
    let rows = format!("/vendor/marketplace/imports/{import}/products");
    let errors = format!("/vendor/marketplace/imports/{import}/errors");
    for (path, who) in [
        ("/vendor/products", Owner),
        ("/vendor/shipments", Owner),
        ("/vendor/orders", Owner),
        ("/vendor/ledger", Owner),
        ("/vendor/marketplace/imports", Owner),
        (&rows, Owner),
        (&errors, Owner),
        ("/admin/vendors", Admin),
        ("/admin/orders", Admin),
        ("/admin/shipments", Admin),
        ("/admin/products", Admin),
        ("/public/market/products", Guest),
    ] {
        for query in
            ["limit=0", "limit=101", "limit=-1", "limit=ten", "limit=99999999999999999999", "limit=1.5"]
        {
            let answer = bench.send(("GET", &format!("{path}?{query}"), who), "application/json", "").await;
            check(&answer, query, &[(400, "invalid_query")], &mut wrong);
        }
        for cursor in ["nonsense", "%00", "%7B%7D", "a%20b", "%F0%9F%8D%B5", "/w=="] {
            let answer =
                bench.send(("GET", &format!("{path}?cursor={cursor}"), who), "application/json", "").await;
            check(&answer, &format!("{path} {cursor:.20}"), &[(400, "invalid_cursor")], &mut wrong);
        }
    }
    for query in ["status=nonsense", "status=PENDING%27"] {
        for path in ["/vendor/products", "/vendor/shipments", &rows] {
            let answer = bench.send(("GET", &format!("{path}?{query}"), Owner), "application/json", "").await;
            check(&answer, &format!("{path} {query}"), &[(400, "invalid_query")], &mut wrong);
        }
    }
    for query in ["min_price=x", "max_price=1e9", "min_price=-1"] {
        let answer = bench
            .send(("GET", &format!("/public/market/products?{query}"), Guest), "application/json", "")
            .await;
        check(&answer, query, &[(400, "invalid_query")], &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A cursor is a place in a list and no more: shown to another list it may be refused, or begin there somewhere.
#[tokio::test]
async fn a_cursor_of_ones_own_making_opens_nobody_elses_list() {
    let bench = Bench::new().await;
    let (owner, other) = (&bench.parties.owner, &bench.parties.other);
    owner.goods(&unique("PAGE").to_uppercase(), 100, 1).await;
    let cursor = text(&owner.get("/products?limit=1").await["next_cursor"]);
    assert_eq!(
        owner.get(&format!("/products?limit=1&cursor={cursor}")).await["data"].as_array().unwrap().len(),
        1
    );
    // Base 64 of `{}`, of three zeros, of a key of the market's, of bytes that are no text.
    for cursor in [&cursor, "e30", "AAAA", "VCNwbGF0Zm9ybSNTSEVMRiMw", "__79"] {
        for path in ["/products", "/shipments", "/orders", "/ledger", "/marketplace/imports"] {
            let answer = other.call("GET", &format!("{path}?cursor={cursor}")).send().await;
            match answer.status {
                200 => assert_eq!(answer.json()["data"], json!([]), "{answer:?}"),
                _ => assert_eq!(answer.error(), (400, "invalid_cursor".to_owned())),
            }
        }
    }
}

#[tokio::test]
async fn keys_and_versions_that_are_none() {
    let bench = Bench::new().await;
    let (stack, owner) = (&bench.stack, &bench.parties.owner);
    for key in [String::new(), "x".repeat(256)] {
        let answer = owner
            .call("POST", "/products")
            .header("idempotency-key", &key)
            .json(&product("BAD-1", 1))
            .send()
            .await;
        assert_eq!(answer.error(), (400, "invalid_idempotency_key".to_owned()), "{} characters", key.len());
    }
    let key = unique("key");
    let sku = unique("ONCE").to_uppercase();
    let once = || owner.call("POST", "/products").header("idempotency-key", &key);
    let first = once().json(&product(&sku, 100)).send().await;
    let again = once().json(&product(&sku, 100)).send().await;
    assert_eq!((first.status, &first.text), (201, &again.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = once().json(&product(&sku, 200)).send().await;
    assert_eq!(other.error(), (422, "idempotency_key_reused".to_owned()));

    let product = format!("/products/{}", text(&first.json()["id"]));
    for seen in ["\"999\"", "nonsense", "W/\"1\""] {
        let answer = owner
            .call("PATCH", &product)
            .header("if-match", seen)
            .json(&json!({"title": "New"}))
            .send()
            .await;
        assert!([400, 412].contains(&answer.error().0), "{seen}: {answer:?}");
    }
    let elsewhere =
        stack.get("/public/market/products?limit=1").header("origin", "https://evil.example").send().await;
    assert!(elsewhere.headers.get("access-control-allow-origin").is_none(), "{:?}", elsewhere.headers);
    let unknown = stack.call("POST", "/vendor/products/x/y/z").by(&owner.token).json(&json!({})).send().await;
    assert_eq!(unknown.error(), (404, "not_found".to_owned()));
    let wrong_method = stack.call("PATCH", "/vendor/products").by(&owner.token).json(&json!({})).send().await;
    assert_eq!(wrong_method.error(), (405, "method_not_allowed".to_owned()));
}
