//! What a vendor sees of its orders' money.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    Currency, LedgerTransactionId,
    cart::{Cart, CartLine},
    hold::Hold,
    order::{Order, OrderStatus, Purchase, Terms},
    payment::PaymentState,
    shipping::Shipping,
    tax::TaxRate,
    variant::VariantRef,
};

use super::*;

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
    let purchase = Purchase {
        id: world.ids.next(),
        payment_id: world.ids.next(),
        token: "token".to_owned(),
        email: "ada@example.org".parse().unwrap(),
        shipping_address: serde_json::from_value(address()).unwrap(),
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
