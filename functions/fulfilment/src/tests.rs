use std::{collections::BTreeMap, time::Duration};

use axum::Router;
use domain::{
    Currency, CustomerId, Id, LedgerTransactionId, Money, OrderId, ProductId, ShipmentId, Tenant, VariantId,
    account::StaffRole,
    cart::{Cart, CartLine},
    hold::Hold,
    order::{Order, OrderStatus, Purchase, Terms},
    payment::PaymentState,
    shipment::{Shipment, ShipmentLine, ShipmentStatus},
    shipping::Shipping,
    tax::TaxRate,
    text::{Name, Sku},
    variant::VariantRef,
    vendor::Vendor,
};
use serde_json::{Value, json};
use store::{session::Principal, shipment};
use table::{Item, Key, Table, Write};
use web::testing::{Answer, Call, World, never_made};

use crate::{Deps, app};

const SHIPMENTS: &str = "/api/v1/vendor/shipments";

struct Shop {
    world: World,
    app: Router,
    vendor: Vendor,
    owner: String,
}

impl Shop {
    async fn new() -> Self {
        let world = World::default();
        let app =
            app(Deps { store: world.store.clone(), settings: world.settings(), ids: world.ids.clone() });
        let vendor = world.shop("tea").await;
        let owner = world.log_in(&vendor, StaffRole::Owner).await;
        Self { world, app, vendor, owner }
    }

    async fn put(&self, id: ShipmentId, verb: &str) -> Answer {
        Call::put(&format!("{SHIPMENTS}/{id}/{verb}")).by(&self.owner).on(&self.app).await
    }

    async fn ship(&self, id: ShipmentId, body: &Value) -> Answer {
        Call::put(&format!("{SHIPMENTS}/{id}/ship")).json(body).by(&self.owner).on(&self.app).await
    }

    async fn get(&self, rest: &str) -> Answer {
        Call::get(&format!("{SHIPMENTS}{rest}")).by(&self.owner).on(&self.app).await
    }
}

/// A shipment as the confirmed order opens it.
async fn opened(world: &World, vendor: &Vendor, n: u128, status: ShipmentStatus) -> ShipmentId {
    let id = ShipmentId::from_bits(n);
    let address = json!({
        "name": "Ada", "line1": "1, rue du Nord", "city": "Luxembourg", "postal_code": "L-1111", "country": "LU",
    });
    let line = ShipmentLine {
        id: Id::from_bits(n),
        product_id: ProductId::from_bits(n),
        variant_id: VariantId::from_bits(n),
        sku: Sku::try_from("TEA").unwrap(),
        title: Name::try_from("Tea").unwrap(),
        options: [("size".to_owned(), "small".to_owned())].into(),
        quantity: 2,
    };
    let made = Shipment {
        id,
        vendor_id: vendor.id,
        order_id: OrderId::from_bits(n),
        channel: Tenant::Platform,
        status,
        lines: vec![line],
        items_total: Money::new(2500, Currency::EUR),
        address: serde_json::from_value(address).unwrap(),
        carrier: None,
        tracking_number: None,
        estimated_delivery: world.now().plus_days(4),
        created_at: world.now(),
        processed_at: None,
        shipped_at: None,
        delivered_at: None,
        version: 1,
    };
    put(world, &made).await;
    id
}

async fn put(world: &World, shipment: &Shipment) {
    // Enough of an item that the store then replaces it by the whole one.
    let seed = json!({"version": shipment.version, "status": shipment.status});
    let key = Key::new(format!("T#{}#SHIPMENT#{}", shipment.vendor_id, shipment.id), "SHIPMENT");
    world.table.write(Write::put(Item::new(key, seed.as_object().unwrap().clone()))).await.unwrap();
    shipment::save(&world.store, shipment, shipment).await.unwrap();
}

/// A confirmed order of the market: two units for 10.00 of each of these vendors, sent for 5.00.
async fn bought(world: &World, vendors: &[&Vendor]) -> Order {
    let mut cart = Cart::new(Id::from_bits(1), Tenant::Platform, None, world.now());
    cart.currency = Some(Currency::EUR);
    let rate = json!({"zones": [{"rate": {"kind": "flat", "amount": 500}}]});
    let shipping: Shipping = serde_json::from_value(rate).unwrap();
    let mut terms = BTreeMap::new();
    for vendor in vendors {
        cart.lines.push(CartLine {
            id: world.ids.next(),
            variant: VariantRef {
                vendor_id: vendor.id,
                product_id: world.ids.next(),
                variant_id: world.ids.next(),
            },
            sku: Sku::try_from("TEA").unwrap(),
            title: Name::try_from("Tea").unwrap(),
            options: BTreeMap::new(),
            image_url: None,
            quantity: 2,
            unit_price: 1_000,
            tax_rate: TaxRate::default(),
            weight_grams: None,
            hold: Hold::Soft,
            stripes: 0,
            added_at: world.now(),
        });
        let shipment_id = world.ids.next();
        let shipping = shipping.clone();
        terms.insert(vendor.id, Terms { shipment_id, commission: 1_000, delivery_days: 4, shipping });
    }
    let address = json!({
        "name": "Ada", "line1": "1, rue du Nord", "city": "Luxembourg", "postal_code": "L-1111", "country": "LU",
    });
    let purchase = Purchase {
        id: world.ids.next(),
        payment_id: world.ids.next(),
        token: "token".to_owned(),
        email: "ada@example.org".parse().unwrap(),
        shipping_address: serde_json::from_value(address).unwrap(),
        customer_id: None,
    };
    let hold = Duration::from_secs(1_800);
    let mut order = Order::of_cart(&cart, purchase, &terms, world.now(), hold).unwrap();
    (order.status, order.payment.state) = (OrderStatus::Paid, PaymentState::Captured);
    let sale = order.confirmed(LedgerTransactionId::from_bits(1), world.now()).unwrap();
    for shipment in &sale.shipments {
        put(world, shipment).await;
    }
    let key = Key::new(format!("T#platform#ORDER#{}", sale.order.id), "ORDER");
    let doc = serde_json::to_value(&sale.order).unwrap();
    world.table.write(Write::put(Item::new(key, doc.as_object().unwrap().clone()))).await.unwrap();
    sale.order
}

fn post() -> Value {
    json!({"carrier": "Post", "tracking_number": "RR123"})
}

#[tokio::test]
async fn a_shipment_tells_what_to_pack_and_where_it_goes() {
    let shop = Shop::new().await;
    let id = opened(&shop.world, &shop.vendor, 1, ShipmentStatus::Pending).await;
    let answer = shop.get(&format!("/{id}")).await;
    assert_eq!((answer.status, answer.etag()), (200, Some("\"1\"")));
    assert_eq!(
        answer.json(),
        json!({
            "id": id, "vendor": shop.vendor.id, "order_id": OrderId::from_bits(1), "status": "PENDING",
            "lines": [{
                "id": "itm_00000000000000000000000001", "product_id": "prd_00000000000000000000000001",
                "variant_id": "var_00000000000000000000000001", "sku": "TEA", "title": "Tea",
                "options": {"size": "small"}, "quantity": 2,
            }],
            "totals": {"items": {"amount": 2500, "currency": "EUR"}},
            "ship_to": {
                "name": "Ada", "line1": "1, rue du Nord", "city": "Luxembourg", "postal_code": "L-1111", "country": "LU",
            },
            "carrier": null, "tracking_number": null, "estimated_delivery": "2026-11-25T08:00:00.000Z",
            "created_at": "2026-11-21T08:00:00.000Z", "processed_at": null, "shipped_at": null, "delivered_at": null,
            "version": 1,
        })
    );
}

#[tokio::test]
async fn a_parcel_goes_to_the_door_and_each_step_may_be_told_twice() {
    let shop = Shop::new().await;
    let id = opened(&shop.world, &shop.vendor, 1, ShipmentStatus::Pending).await;
    let mut version = 1;
    for (verb, status, moment) in [
        ("process", "PROCESSING", "processed_at"),
        ("ship", "SHIPPED", "shipped_at"),
        ("deliver", "DELIVERED", "delivered_at"),
    ] {
        shop.world.clock.advance(std::time::Duration::from_secs(60));
        let step =
            async || if verb == "ship" { shop.ship(id, &post()).await } else { shop.put(id, verb).await };
        let first = step().await;
        version += 1;
        assert_eq!((first.status, first.etag().unwrap()), (200, format!("\"{version}\"").as_str()), "{verb}");
        assert_eq!(first.json()["status"], status);
        assert_eq!(first.json()[moment], json!(shop.world.now()));
        shop.world.clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(step().await.json(), first.json(), "{verb} again");
        assert_eq!(shop.get(&format!("/{id}")).await.json(), first.json());
    }
    let done = shop.get(&format!("/{id}")).await.json();
    assert_eq!((&done["carrier"], &done["tracking_number"]), (&json!("Post"), &json!("RR123")));
}

#[tokio::test]
async fn steps_that_a_shipment_does_not_allow_change_nothing() {
    use ShipmentStatus::{Cancelled, Delivered, Pending, Processing, Returned, Shipped};
    let shop = Shop::new().await;
    for (n, (status, refused)) in [
        (Pending, &["ship", "deliver"][..]),
        (Processing, &["deliver"]),
        (Shipped, &["process", "ship", "cancel"]),
        (Delivered, &["process", "ship", "cancel"]),
        (Cancelled, &["process", "ship", "deliver"]),
        (Returned, &["process", "ship", "deliver", "cancel"]),
    ]
    .into_iter()
    .enumerate()
    {
        let id = opened(&shop.world, &shop.vendor, u128::try_from(n).unwrap(), status).await;
        for verb in refused {
            let answer =
                if *verb == "ship" { shop.ship(id, &post()).await } else { shop.put(id, verb).await };
            assert_eq!(answer.error(), (409, "invalid_state".to_owned()), "{status:?} {verb}");
        }
        assert_eq!(shop.get(&format!("/{id}")).await.json()["version"], 1);
    }
}

#[tokio::test]
async fn another_tracking_number_is_not_a_repeat() {
    let shop = Shop::new().await;
    let id = opened(&shop.world, &shop.vendor, 1, ShipmentStatus::Processing).await;
    assert_eq!(shop.ship(id, &post()).await.status, 200);
    let other = json!({"carrier": "Post", "tracking_number": "RR999"});
    assert_eq!(shop.ship(id, &other).await.error(), (409, "invalid_state".to_owned()));
    assert_eq!(shop.get(&format!("/{id}")).await.json()["tracking_number"], "RR123");
}

#[tokio::test]
async fn what_has_left_the_house_is_not_cancelled() {
    let shop = Shop::new().await;
    for (n, status) in [(1, ShipmentStatus::Shipped), (2, ShipmentStatus::Delivered)] {
        let id = opened(&shop.world, &shop.vendor, n, status).await;
        assert_eq!(shop.put(id, "cancel").await.error(), (409, "invalid_state".to_owned()));
    }
    let id = opened(&shop.world, &shop.vendor, 3, ShipmentStatus::Cancelled).await;
    let answer = shop.put(id, "cancel").await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("CANCELLED")));
}

#[tokio::test]
async fn a_parcel_needs_a_carrier_and_a_number() {
    let shop = Shop::new().await;
    let id = opened(&shop.world, &shop.vendor, 1, ShipmentStatus::Processing).await;
    for (body, status, code) in [
        (json!({}), 400, "invalid_body"),
        (json!({"carrier": "Post"}), 400, "invalid_body"),
        (json!({"carrier": "Post", "tracking_number": 5}), 400, "invalid_body"),
        (json!({"carrier": "Post", "tracking_number": "1", "status": "DELIVERED"}), 400, "invalid_body"),
        (json!({"carrier": " ", "tracking_number": "1"}), 422, "invalid_value"),
        (json!({"carrier": "Post", "tracking_number": "x".repeat(81)}), 422, "invalid_value"),
    ] {
        assert_eq!(shop.ship(id, &body).await.error(), (status, code.to_owned()), "{body}");
    }
    assert_eq!(shop.put(id, "ship").await.error(), (415, "unsupported_media_type".to_owned()));
    assert_eq!(shop.get(&format!("/{id}")).await.json()["status"], "PROCESSING");
}

#[tokio::test]
async fn a_list_is_newest_first_of_one_status_or_of_all() {
    let shop = Shop::new().await;
    for n in 1..=5 {
        let status = if n == 3 { ShipmentStatus::Shipped } else { ShipmentStatus::Pending };
        opened(&shop.world, &shop.vendor, n, status).await;
    }
    let other = shop.world.shop("coffee").await;
    opened(&shop.world, &other, 9, ShipmentStatus::Pending).await;
    let ids = async |query: &str| {
        let list = shop.get(query).await.json();
        let ids = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|shipment| shipment["id"].clone())
            .collect::<Vec<_>>();
        (ids, list["next_cursor"].clone())
    };
    let of = |all: &[u128]| all.iter().map(|n| json!(ShipmentId::from_bits(*n))).collect::<Vec<_>>();
    assert_eq!(ids("").await, (of(&[5, 4, 3, 2, 1]), Value::Null));
    assert_eq!(ids("?status=").await.0, of(&[5, 4, 3, 2, 1]));
    assert_eq!(ids("?status=PENDING").await.0, of(&[5, 4, 2, 1]));
    assert_eq!(ids("?status=DELIVERED").await.0, of(&[]));
    let (page, cursor) = ids("?limit=2").await;
    assert_eq!(page, of(&[5, 4]));
    assert_eq!(ids(&format!("?limit=2&cursor={}", cursor.as_str().unwrap())).await.0, of(&[3, 2]));
    for query in ["?status=pending", "?limit=0", "?limit=x", "?cursor=!"] {
        assert_eq!(shop.get(query).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn another_vendors_shipment_answers_like_one_that_was_never_made() {
    let shop = Shop::new().await;
    let other = shop.world.shop("coffee").await;
    let theirs = opened(&shop.world, &other, 9, ShipmentStatus::Pending).await;
    let never: ShipmentId = never_made();
    for (method, rest) in
        [("GET", ""), ("PUT", "/process"), ("PUT", "/ship"), ("PUT", "/deliver"), ("PUT", "/cancel")]
    {
        let ask = async |id: &str| {
            let call = Call::new(method, &format!("{SHIPMENTS}/{id}{rest}")).json(&post());
            call.by(&shop.owner).on(&shop.app).await.bytes()
        };
        let answer = ask(&theirs.to_string()).await;
        assert_eq!(answer.0, 404, "{rest}");
        assert_eq!(answer, ask(&never.to_string()).await, "{rest}");
        assert_eq!(answer, ask("shp_1").await, "{rest}");
    }
    let owner = shop.world.log_in(&other, StaffRole::Owner).await;
    let read = Call::get(&format!("{SHIPMENTS}/{theirs}")).by(&owner).on(&shop.app).await;
    assert_eq!((read.status, &read.json()["version"]), (200, &json!(1)));
}

#[tokio::test]
async fn how_much_of_an_order_was_refunded_is_each_vendors_own() {
    let shop = Shop::new().await;
    let other = shop.world.shop("coffee").await;
    let theirs = shop.world.log_in(&other, StaffRole::Owner).await;
    let order = bought(&shop.world, &[&shop.vendor, &other]).await;
    let all = "/api/v1/vendor/orders";
    let one = format!("{all}/{}", order.id);
    // What the list and the order itself say to a vendor.
    let seen = async |token: &str| {
        let listed = Call::get(all).by(token).on(&shop.app).await.json()["data"][0].clone();
        let shown = Call::get(&one).by(token).on(&shop.app).await.json();
        assert_eq!(listed, shown);
        let amount = shown["totals"]["refunded"]["amount"].as_i64().unwrap();
        (shown["refund_status"].as_str().unwrap().to_owned(), amount)
    };
    let is = |status: &str, amount: i64| (status.to_owned(), amount);
    assert_eq!((seen(&shop.owner).await, seen(&theirs).await), (is("none", 0), is("none", 0)));
    let unit = json!({"lines": [{"id": order.lines[0].id, "quantity": 1}]});
    for (ask, status, refunded) in [(unit, "partial", 1_000), (json!({"full": true}), "full", 2_500)] {
        let answer = Call::post(&format!("{one}/refunds")).json(&ask).by(&shop.owner).on(&shop.app).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!((seen(&shop.owner).await, seen(&theirs).await), (is(status, refunded), is("none", 0)));
    }
    // It has gone back, of the whole order as of this part.
    let order = store::order::get(&shop.world.store, &Tenant::Platform, order.id).await.unwrap();
    let (given, _) =
        order.refunded(&order.refunds[0], LedgerTransactionId::from_bits(2), shop.world.now()).unwrap();
    store::order::save(&shop.world.store, &order, &given).await.unwrap();
    assert_eq!((seen(&shop.owner).await, seen(&theirs).await), (is("full", 2_500), is("none", 0)));
}

#[tokio::test]
async fn only_those_who_may_write_move_parcels() {
    let shop = Shop::new().await;
    let id = opened(&shop.world, &shop.vendor, 1, ShipmentStatus::Pending).await;
    let viewer = shop.world.log_in(&shop.vendor, StaffRole::Viewer).await;
    let channel = Tenant::Vendor(shop.vendor.id);
    let customer_id = CustomerId::from_bits(1);
    let customer = shop.world.log_in_as(Principal::Customer { customer_id, channel }).await;
    for verb in ["process", "ship", "deliver", "cancel"] {
        let call = || Call::put(&format!("{SHIPMENTS}/{id}/{verb}")).json(&post());
        assert_eq!(call().by(&viewer).on(&shop.app).await.error(), (403, "forbidden".to_owned()), "{verb}");
        assert_eq!(call().by(&customer).on(&shop.app).await.status, 401, "{verb}");
        assert_eq!(call().on(&shop.app).await.error(), (401, "unauthenticated".to_owned()), "{verb}");
    }
    for path in [SHIPMENTS.to_owned(), format!("{SHIPMENTS}/{id}")] {
        assert_eq!(Call::get(&path).by(&viewer).on(&shop.app).await.status, 200);
        assert_eq!(Call::get(&path).on(&shop.app).await.status, 401);
    }
    assert_eq!(shop.get(&format!("/{id}")).await.json()["version"], 1);
}

#[tokio::test]
async fn a_new_vendor_has_an_account_with_nothing_on_it() {
    let shop = Shop::new().await;
    let ask = async |query: &str| {
        Call::get(&format!("/api/v1/vendor/ledger{query}")).by(&shop.owner).on(&shop.app).await
    };
    let ledger = ask("").await.json();
    assert_eq!(ledger["balance"], json!({"amount": 0, "currency": "EUR"}));
    assert_eq!((&ledger["balances"][0]["amount"], &ledger["data"]), (&json!(0), &json!([])));
    let never: OrderId = never_made();
    for query in
        [format!("?order_id={never}"), "?from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z".to_owned()]
    {
        assert_eq!(ask(&query).await.json()["data"], json!([]), "{query}");
    }
    let file = ask("?format=csv").await;
    assert_eq!(file.status, 200);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    for query in ["?order_id=x", "?from=yesterday", "?format=pdf", "?until=0"] {
        assert_eq!(ask(query).await.status, 400, "{query}");
    }
}
