//! The way of a parcel: what is packed, sent and told.

use domain::{
    Currency, CustomerId, Money, ProductId, VariantId,
    shipment::{ShipmentLine, ShipmentStatus},
};
use store::session::Principal;

use super::*;

/// A shipment as the confirmed order opens it.
async fn opened(world: &World, vendor: &Vendor, n: u128, status: ShipmentStatus) -> ShipmentId {
    let id = ShipmentId::from_bits(n);
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
        address: serde_json::from_value(address()).unwrap(),
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
