//! What nobody should send: each gets a 4xx with its code in the shape of errors, and changes nothing.

use serde_json::{Value, json};

use super::{
    parties::{Parties, merged},
    sale::purchase,
    shop::product,
    stack::{Answer, Stack, text, unique},
};

/// Who calls.
#[derive(Clone, Copy, Debug)]
enum Who {
    Guest,
    Admin,
    Owner,
}
use Who::{Admin, Guest, Owner};

impl Who {
    fn token(self, parties: &Parties) -> Option<&str> {
        match self {
            Guest => None,
            Admin => Some(&parties.admin),
            Owner => Some(&parties.owner.token),
        }
    }
}

/// A route that takes a body, and a body that it would take.
struct Takes {
    method: &'static str,
    path: &'static str,
    who: Who,
    body: Value,
    /// A field that has to be there.
    needs: &'static str,
}

/// Every kind of body that the API takes. `{cart}` and the like stand for things of the owner's.
fn bodies() -> Vec<Takes> {
    let takes = |method, path, who, body, needs| Takes { method, path, who, body, needs };
    let log_in = || json!({"email": "nobody@example.org", "password": "a passphrase"});
    vec![
        takes("POST", "/admin/auth/login", Guest, log_in(), "email"),
        takes(
            "POST",
            "/admin/vendors",
            Admin,
            json!({"name": "A", "slug": "never-made", "owner_email": "a@example.org", "country": "LU", "currency": "EUR"}),
            "slug",
        ),
        takes(
            "POST",
            "/vendor/auth/activate",
            Guest,
            json!({"token": "x", "password": "a passphrase", "name": "A"}),
            "token",
        ),
        takes("POST", "/vendor/auth/login", Guest, log_in(), "password"),
        takes("POST", "/vendor/products", Owner, product("BAD-1", 100), "sku"),
        takes(
            "PUT",
            "/vendor/inventory/stock",
            Owner,
            json!({"variant_id": "{variant}", "on_hand": 9}),
            "on_hand",
        ),
        takes(
            "POST",
            "/vendor/media",
            Owner,
            json!({"filename": "a.png", "content_type": "image/png", "content_length": 9}),
            "content_type",
        ),
        takes(
            "PUT",
            "/vendor/settings/marketplace",
            Owner,
            json!({"csv_url": "https://feeds.example.com/a.csv", "currency": "EUR", "language": "de"}),
            "csv_url",
        ),
        takes(
            "POST",
            "/vendor/marketplace/uploads",
            Owner,
            json!({"filename": "a.csv", "content_length": 9}),
            "content_length",
        ),
        takes("POST", "/vendor/marketplace/import", Owner, json!({"source": "url"}), "source"),
        takes(
            "PUT",
            "/vendor/shipments/{shipment}/ship",
            Owner,
            json!({"carrier": "P", "tracking_number": "1"}),
            "carrier",
        ),
        takes(
            "POST",
            "/public/market/cart/{guest_cart}/items",
            Guest,
            json!({"variant_id": "{variant}", "quantity": 1}),
            "quantity",
        ),
        takes(
            "PUT",
            "/public/market/cart/{guest_cart}/items/{guest_line}",
            Guest,
            json!({"quantity": 1}),
            "quantity",
        ),
        takes(
            "POST",
            "/public/market/cart/{guest_cart}/checkout",
            Guest,
            purchase("a@example.org"),
            "shipping_address",
        ),
        takes(
            "POST",
            "/public/market/customers/register",
            Guest,
            json!({"email": "a@example.org", "password": "a passphrase", "name": "A"}),
            "email",
        ),
        takes("POST", "/public/market/customers/login", Guest, log_in(), "email"),
    ]
}

/// A bench: the parties, and a guest's cart with a line that is the test's own.
struct Bench {
    stack: Stack,
    parties: Parties,
    cart: String,
    line: String,
}

impl Bench {
    async fn new() -> Self {
        let stack = Stack::find();
        let parties = Parties::of(&stack).await;
        let cart = stack.market().cart().await;
        let goods = parties.owner.goods(&unique("BENCH").to_uppercase(), 500, 2000).await;
        let filled = cart.add(&goods, 1).await.expect(200);
        Self { stack, parties, cart: cart.id, line: text(&filled["items"][0]["id"]) }
    }

    /// Puts ids into the places that name them.
    fn filled(&self, text: &str) -> String {
        let text = text.replace("{guest_cart}", &self.cart).replace("{guest_line}", &self.line);
        self.parties.things.iter().fold(text, |text, (kind, id)| text.replace(&format!("{{{kind}}}"), id))
    }

    async fn send(
        &self,
        (method, path, who): (&str, &str, Who),
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let call = self.stack.call(method, &self.filled(path));
        let call = match who.token(&self.parties) {
            Some(token) => call.by(token),
            None => call,
        };
        call.text(content_type, body.into()).send().await
    }

    async fn json(&self, route: (&str, &str, Who), body: &Value) -> Answer {
        self.send(route, "application/json", self.filled(&body.to_string())).await
    }
}

/// The codes that an answer may have for its status.
fn check(answer: &Answer, what: &str, allowed: &[(u16, &str)], wrong: &mut Vec<String>) {
    let error = answer.error();
    if !allowed.iter().any(|(status, code)| error == (*status, (*code).to_owned())) {
        wrong.push(format!("{what}: {answer:?}"));
    }
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    for Takes { method, path, who, body, needs } in bodies() {
        let route = (method, path, who);
        let unreadable = [(400, "invalid_json"), (400, "invalid_body")];
        for text in ["", "{", "nonsense", "{\"a\":", "{}{}", "\u{feff}{}", "{'a': 1}", "[1,]", "\"\\ud800\""]
        {
            let answer = bench.send(route, "application/json", text).await;
            check(&answer, &format!("{method} {path} {text:?}"), &unreadable, &mut wrong);
        }
        let answer =
            bench.send(route, "application/json", vec![b'{', b'"', 0xff, 0xfe, b'"', b':', b'1', b'}']).await;
        check(&answer, "not UTF-8", &unreadable, &mut wrong);
        let deep = "[".repeat(100_000);
        check(&bench.send(route, "application/json", deep).await, "deep", &unreadable, &mut wrong);
        for shape in [json!(null), json!(true), json!(7), json!("text"), json!([])] {
            let answer = bench.json(route, &shape).await;
            check(
                &answer,
                &format!("{method} {path} {shape}"),
                &[(400, "invalid_body"), (422, "invalid_value")],
                &mut wrong,
            );
        }
        let mut without = body.clone();
        without.as_object_mut().unwrap().remove(needs);
        check(
            &bench.json(route, &without).await,
            &format!("{method} {path} without {needs}"),
            &[(400, "invalid_body")],
            &mut wrong,
        );
        let more = merged(body.clone(), json!({"is_admin": true}));
        check(
            &bench.json(route, &more).await,
            &format!("{method} {path} with more"),
            &[(400, "invalid_body")],
            &mut wrong,
        );
        let padded = merged(body.clone(), json!({"padding": "x".repeat(300 * 1024)}));
        check(
            &bench.json(route, &padded).await,
            &format!("{method} {path} too large"),
            &[(413, "payload_too_large")],
            &mut wrong,
        );
        for content_type in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
        {
            let answer = bench.send(route, content_type, bench.filled(&body.to_string())).await;
            check(
                &answer,
                &format!("{method} {path} {content_type}"),
                &[(415, "unsupported_media_type")],
                &mut wrong,
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn fields_of_the_wrong_type() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    for Takes { method, path, who, body, .. } in bodies() {
        for field in body.as_object().unwrap().keys() {
            for value in
                [json!(true), json!(-1.5), json!({"a": {"b": []}}), json!([[]]), json!("\u{0}"), json!(1e300)]
            {
                let was = &body[field];
                let same = was.is_string() && value.is_string();
                let body = merged(body.clone(), json!({field: value}));
                let answer = bench.json((method, path, who), &body).await;
                let what = format!("{method} {path} {field} = {value}");
                if answer.status >= 500 || answer.status < 400 {
                    wrong.push(format!("{what}: {answer:?}"));
                } else if !same {
                    check(&answer, &what, &[(400, "invalid_body"), (422, "invalid_value")], &mut wrong);
                } else {
                    answer.error();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

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
    let goods = json!({"variant_id": more["items"][0]["variant_id"], "quantity": 1});
    let over = bench.json(("POST", items, Guest), &goods).await;
    assert_eq!(over.error(), (422, "invalid_value".to_owned()));
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
