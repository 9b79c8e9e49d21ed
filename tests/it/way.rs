//! The way of an order, from a vendor's feed to the customer's door, and the ways that end otherwise.

use domain::{
    feed::sample,
    ledger::{Account, Entry},
};
use image::ImageFormat;
use serde_json::{Value, json};

use super::{
    picture,
    sale::{Placed, story},
    shop::{Goods, Shop},
    stack::{Stack, text, unique, until},
};

/// How many rows of the feed can be read; one more can't.
const ROWS: u32 = 3000;

fn money(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// A feed of real-looking rows, with one at its end that can't be read.
fn feed() -> String {
    let mut feed = sample::feed(sample::Style::Letzshop, ROWS, 0);
    feed.push_str("SKU-BAD;Ohne Preis;Was kostet es?;viel;;Wohnen;in stock\r\n");
    feed
}

/// Publishes a row of the feed under the vendor's own words, at 40.00.
async fn curate(shop: &Shop, job: &str) -> Goods {
    let found = shop.get(&format!("/marketplace/imports/{job}/products?q=Teekanne&limit=5")).await;
    let rows = found["data"].as_array().unwrap();
    assert_eq!(rows.len(), 5, "{found}");
    let row = text(&rows[0]["id"]);
    shop.call("POST", &format!("/marketplace/products/{row}/select"))
        .json(&json!({}))
        .send()
        .await
        .expect(200);
    let selected = shop.get(&format!("/marketplace/imports/{job}/products?status=selected")).await;
    assert_eq!(selected["data"].as_array().unwrap().len(), 1, "{selected}");
    let own = json!({
        "sku": "POT-1", "title": "The blue pot", "description": "Ours alone.", "category": "Kitchen", "price": money(4000),
        "on_hand": 5,
    });
    let published =
        shop.call("POST", &format!("/marketplace/products/{row}/publish")).json(&own).send().await;
    let product = published.expect(201);
    assert_eq!(
        (&product["sku"], &product["title"], &product["category"]),
        (&json!("POT-1"), &json!("The blue pot"), &json!("Kitchen"))
    );
    assert_eq!((&product["status"], &product["variants"][0]["price"]), (&json!("published"), &money(4000)));
    Goods::of(&product)
}

/// Gives a product a picture and looks at all that is made of it.
async fn illustrate(shop: &Shop, goods: &Goods) {
    let bytes = picture::picture(1600, 1000, ImageFormat::Png);
    let wanted = json!({
        "product_id": goods.product, "filename": "pot.png", "content_type": "image/png", "content_length": bytes.len(),
    });
    let made = shop.call("POST", "/media").json(&wanted).send().await.expect(201);
    shop.upload(&made["upload"], bytes).await;
    let path = format!("/media/{}", text(&made["id"]));
    let media = until("the picture's variants", async || {
        let media = shop.get(&path).await;
        (media["status"] != "pending").then_some(media)
    })
    .await;
    assert_eq!(media["status"], "ready", "{media}");
    for (size, width, height) in
        [("thumbnail", 150, 94), ("small", 300, 188), ("medium", 600, 375), ("large", 1200, 750)]
    {
        let variant = &media["variants"][size];
        assert_eq!((&variant["width"], &variant["height"]), (&json!(width), &json!(height)), "{size}");
        let answer = shop.stack.http.get(text(&variant["url"])).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(variant["bytes"], bytes.len());
        assert_eq!(picture::size(&bytes), (width, height), "{size}");
        assert!(!variant["sources"].as_array().unwrap().is_empty());
    }
    let product = until("the picture on the product's page", async || {
        let page =
            shop.stack.get(&format!("/public/market/products/{}", goods.product)).send().await.expect(200);
        (!page["media"].as_array().unwrap().is_empty()).then_some(page)
    })
    .await;
    assert_eq!(product["media"][0]["id"], made["id"]);
}

/// The parcels of an order go their way; the customer sees each step.
async fn fulfil(shops: [&Shop; 2], placed: &Placed) {
    let mut parcels = Vec::new();
    for (at, shop) in shops.into_iter().enumerate() {
        let shipment = shop.shipment_of(&placed.id.to_string()).await;
        assert_eq!(
            (&shipment["status"], &shipment["ship_to"]["city"]),
            (&json!("PENDING"), &json!("Luxembourg"))
        );
        let id = text(&shipment["id"]);
        assert_eq!(shop.step(&id, "process", None).await["status"], "PROCESSING");
        placed.wait_for("PROCESSING").await;
        let parcel = json!({"carrier": "POST Luxembourg", "tracking_number": format!("LU00{at}")});
        assert_eq!(shop.step(&id, "ship", Some(parcel)).await["status"], "SHIPPED");
        parcels.push((shop, id));
    }
    placed.wait_for("SHIPPED").await;
    for (shop, id) in parcels {
        assert_eq!(shop.step(&id, "deliver", None).await["status"], "DELIVERED");
    }
}

/// 003, part 2, phase 3: 100.00 of two vendors, 80 to 20, at 10%.
async fn check_books(stack: &Stack, placed: &Placed, one: &Shop, two: &Shop) {
    let sales = stack.sales(placed).await;
    assert_eq!(sales.len(), 1);
    assert_eq!(
        sales[0].entries,
        [
            Entry::debit(Account::BuyerExternal, 10_000),
            Entry::credit(Account::StripeClearing, 10_000),
            Entry::debit(Account::StripeClearing, 8_000),
            Entry::credit(Account::VendorPayable(one.id), 7_200),
            Entry::credit(Account::PlatformRevenue, 800),
            Entry::debit(Account::StripeClearing, 2_000),
            Entry::credit(Account::VendorPayable(two.id), 1_800),
            Entry::credit(Account::PlatformRevenue, 200),
        ]
    );
    for (shop, owed) in [(one, 7_200), (two, 1_800)] {
        // All of it goes to the vendor's account.
        let statement = until("the share to be transferred", async || {
            let statement = shop.get("/ledger").await;
            let entries = statement["data"].as_array().unwrap().len();
            (entries == 2).then_some(statement)
        })
        .await;
        assert_eq!(statement["balance"], money(0), "{statement}");
        let entry = statement["data"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["direction"] == "CREDIT")
            .unwrap();
        let account = Account::VendorPayable(shop.id).to_string();
        assert_eq!((&entry["account"], &entry["amount"]), (&json!(account), &money(owed)));
        assert_eq!((&entry["order_id"], &entry["transaction_id"]), (&json!(placed.id), &json!(sales[0].id)));
    }
}

#[tokio::test]
async fn an_order_goes_from_a_vendors_feed_to_the_customers_door() {
    let stack = Stack::find();
    let (pots, teas) = (stack.shop("pots").await, stack.shop("teas").await);
    let job = pots.import(feed()).await;
    let counted = pots.imported(&job).await;
    for (count, expected) in
        [("rows_total", ROWS + 1), ("rows_done", ROWS + 1), ("rows_failed", 1), ("created", ROWS)]
    {
        assert_eq!(counted[count], expected, "{count}: {counted}");
    }
    assert_eq!(counted["status"], "completed_with_errors");
    let errors = pots.get(&format!("/marketplace/imports/{job}/errors")).await;
    assert_eq!(
        (&errors["data"][0]["row"], &errors["data"][0]["column"]),
        (&json!(ROWS + 2), &json!("price")),
        "{errors}"
    );
    let pot = curate(&pots, &job).await;
    illustrate(&pots, &pot).await;
    let tea = teas.goods("TEA-1", 2000, 3).await;
    assert_eq!(pots.levels(&pot).await, [5, 5, 0, 0]);

    let cart = stack.market().cart().await;
    cart.add(&pot, 2).await.expect(200);
    let filled = cart.add(&tea, 1).await.expect(200);
    assert_eq!(filled["totals"]["total"], money(10_000), "{filled}");
    assert_eq!(pots.levels(&pot).await, [5, 3, 2, 0]);
    let email = format!("ada@{}.example", unique("buyer"));
    let placed = Placed::of(&cart.channel, cart.check_out_as(&email).await.expect(201));
    assert_eq!(placed.answer["order"]["totals"]["total"], money(10_000));
    assert_eq!(pots.levels(&pot).await, [5, 3, 0, 2]);
    assert_eq!(teas.levels(&tea).await, [3, 2, 0, 1]);

    assert_eq!(placed.pay("pm_card_visa").await.0, 200);
    let order = placed.wait_for("CONFIRMED").await;
    let expected = [
        ("provisional", json!(false)),
        ("payment_status", json!("CAPTURED")),
        ("refund_status", json!("none")),
    ];
    for (field, value) in expected {
        assert_eq!(order[field], value, "{field}");
    }
    assert!(order["estimated_delivery"].is_string(), "{order}");
    assert_eq!(pots.levels(&pot).await, [3, 3, 0, 0]);
    assert_eq!(teas.levels(&tea).await, [2, 2, 0, 0]);
    check_books(&stack, &placed, &pots, &teas).await;
    let confirmation = stack.mail(&email, &placed.id.to_string()).await;
    assert!(confirmation.contains("The blue pot") && confirmation.contains("100"), "{confirmation}");

    fulfil([&pots, &teas], &placed).await;
    let order = placed.wait_for("DELIVERED").await;
    assert_eq!(story(&order), ["PENDING", "PAID", "CONFIRMED", "PROCESSING", "SHIPPED", "DELIVERED"]);
    let parcels = order["shipments"].as_array().unwrap();
    for (parcel, shop, number) in [(&parcels[0], &pots, "LU000"), (&parcels[1], &teas, "LU001")] {
        assert_eq!(
            (&parcel["carrier"], &parcel["tracking_number"]),
            (&json!("POST Luxembourg"), &json!(number))
        );
        assert_eq!((&parcel["vendor"], &parcel["status"]), (&json!(shop.id), &json!("DELIVERED")));
        assert!(parcel["shipped_at"].is_string() && parcel["delivered_at"].is_string(), "{parcel}");
        let part = shop.get(&format!("/orders/{}", placed.id)).await;
        assert_eq!(part["lines"].as_array().unwrap().len(), 1, "another vendor's part shows: {part}");
    }
    assert_eq!(order["lines"][0]["shipment_id"], parcels[0]["id"]);
    assert_eq!(stack.mails(&email).await.len(), 1, "one mail confirms an order");
    assert_eq!(cart.show().await["status"], "COMPLETED");
}

#[tokio::test]
async fn a_declined_card_is_not_the_end() {
    let stack = Stack::find();
    let shop = stack.shop("teas").await;
    let tea = shop.goods("TEA-1", 2000, 3).await;
    let cart = shop.channel().cart().await;
    cart.add(&tea, 2).await.expect(200);
    let placed = cart.check_out().await;
    let (status, refused) = placed.pay("pm_card_chargeDeclined").await;
    assert_eq!((status, &refused["error"]["code"]), (402, &json!("card_declined")));
    let order = placed.wait_for("PAYMENT_FAILED").await;
    assert_eq!((&order["payment_status"], &order["provisional"]), (&json!("FAILED"), &json!(true)));
    assert_eq!(shop.levels(&tea).await, [3, 1, 0, 2]);
    assert_eq!(placed.pay("pm_card_visa").await.0, 200);
    let order = placed.wait_for("CONFIRMED").await;
    assert_eq!(story(&order), ["PENDING", "PAYMENT_FAILED", "PAID", "CONFIRMED"]);
    assert_eq!(shop.levels(&tea).await, [1, 1, 0, 0]);
    assert_eq!(stack.sales(&placed).await.len(), 1);
}

#[tokio::test]
async fn what_is_never_paid_comes_back_and_the_cart_can_try_again() {
    let stack = Stack::find();
    let shop = stack.shop("teas").await;
    let tea = shop.goods("TEA-1", 2000, 3).await;
    let cart = stack.market().cart().await;
    cart.add(&tea, 2).await.expect(200);
    let placed = cart.check_out().await;
    assert_eq!(shop.levels(&tea).await, [3, 1, 0, 2]);
    stack.end_holds_of_order(&placed).await;
    stack.sweep().await;
    let order = placed.wait_for("CANCELLED").await;
    assert_eq!((&order["cancel_reason"], &order["payment_status"]), (&json!("unpaid"), &json!("CANCELLED")));
    assert_eq!(shop.levels(&tea).await, [3, 3, 0, 0]);
    // Stripe was told first: nobody can pay it any more.
    assert_eq!(placed.pay("pm_card_visa").await.0, 400);
    assert_eq!(stack.ledger(&placed).await, []);
    assert_eq!(cart.show().await["status"], "ACTIVE");
    let again = cart.check_out().await;
    assert_ne!(again.id, placed.id);
    assert_eq!(again.pay("pm_card_visa").await.0, 200);
    again.wait_for("CONFIRMED").await;
    assert_eq!(shop.levels(&tea).await, [1, 1, 0, 0]);
}

#[tokio::test]
async fn soft_holds_lapse_and_the_lines_stay() {
    let stack = Stack::find();
    let shop = stack.shop("teas").await;
    let tea = shop.goods("TEA-1", 2000, 3).await;
    let cart = stack.market().cart().await;
    let filled = cart.add(&tea, 2).await.expect(200);
    assert!(filled["items"][0]["reserved_until"].is_string(), "{filled}");
    stack.end_holds_of_cart(&cart).await;
    stack.sweep().await;
    until("the units to be back", async || (shop.levels(&tea).await == [3, 3, 0, 0]).then_some(())).await;
    let left = cart.show().await;
    let item = &left["items"][0];
    assert_eq!(
        (&left["status"], &item["quantity"], &item["reserved_until"]),
        (&json!("ACTIVE"), &json!(2), &Value::Null)
    );
    let placed = cart.check_out().await;
    assert_eq!(shop.levels(&tea).await, [3, 1, 0, 2]);
    assert_eq!(placed.cancel().await.expect(200)["status"], "CANCELLED");
    assert_eq!(shop.levels(&tea).await, [3, 3, 0, 0]);
}

#[tokio::test]
async fn what_is_paid_can_be_called_off_and_is_paid_back() {
    let stack = Stack::find();
    let shop = stack.shop("teas").await;
    let tea = shop.goods("TEA-1", 2000, 3).await;
    let cart = stack.market().cart().await;
    cart.add(&tea, 1).await.expect(200);
    let placed = cart.check_out().await;
    assert_eq!(placed.pay("pm_card_visa").await.0, 200);
    placed.wait_for("CONFIRMED").await;
    assert_eq!(placed.cancel().await.expect(200)["status"], "CANCELLED");
    assert_eq!(shop.levels(&tea).await, [3, 3, 0, 0]);
    until("the money to go back", async || (placed.show().await["refund_status"] == "full").then_some(()))
        .await;
    assert_eq!(placed.cancel().await.expect(200)["status"], "CANCELLED");
}
