//! What Stripe tells, as often and in whichever order it likes; and what only pretends to be Stripe.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{OrderId, Tenant};
use platform::secret::sha256_hex;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    dynamodb::aws,
    sale::{Placed, story},
    shop::{Goods, Shop},
    stack::{Stack, text, unique},
    stripe::{event, intent, now},
    template::root,
};

/// A vendor, its goods (3 on the shelf), and an order of one of them that waits for its payment.
async fn waiting(stack: &Stack) -> (Shop, Goods, Placed) {
    let shop = stack.shop("teas").await;
    let tea = shop.goods("TEA-1", 2000, 3).await;
    let cart = stack.market().cart().await;
    cart.add(&tea, 1).await.expect(200);
    let placed = cart.check_out().await;
    (shop, tea, placed)
}

/// Tells of connected accounts, once.
async fn told_of_accounts(stack: &Stack, body: &str) {
    let signature = payments::webhook::sign(body, &stack.at.stripe_connect_webhook_secret, now());
    let answer = stack.deliver_to(&stack.at.stripe_connect_webhook_url, body, Some(&signature)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// A webhook as it was kept.
async fn kept(stack: &Stack, id: &str) -> Option<Value> {
    stack.items(&format!("WEBHOOK#{id}"), "WEBHOOK").await.pop()
}

/// The id of an event.
fn id_of(body: &str) -> String {
    text(&serde_json::from_str::<Value>(body).unwrap()["id"])
}

async fn told(stack: &Stack, body: &str, times: usize) {
    for _ in 0..times {
        let answer = stack.deliver(body, Some(&stack.signed(body, 0))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// Waits until whatever the deliveries set off has come to its end, by what follows the last of it: the events of a second order.
async fn settled(stack: &Stack) {
    let (_, _, other) = waiting(stack).await;
    let body = event("payment_intent.succeeded", &intent(&other, "succeeded"));
    told(stack, &body, 1).await;
    other.wait_for("CONFIRMED").await;
}

async fn sold_once(stack: &Stack, shop: &Shop, tea: &Goods, placed: &Placed) {
    assert_eq!(shop.levels(tea).await, [2, 2, 0, 0]);
    let sales = stack.sales(placed).await;
    assert_eq!((sales.len(), sales[0].entries.len()), (1, 5));
    assert_eq!(shop.get("/shipments").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn three_deliveries_of_each_webhook_make_one_sale() {
    let stack = Stack::find();
    let (shop, tea, placed) = waiting(&stack).await;
    for (event_type, status) in [
        ("payment_intent.created", "requires_payment_method"),
        ("payment_intent.requires_action", "requires_action"),
        ("payment_intent.processing", "processing"),
        ("payment_intent.payment_failed", "requires_payment_method"),
        ("payment_intent.succeeded", "succeeded"),
    ] {
        told(&stack, &event(event_type, &intent(&placed, status)), 3).await;
    }
    placed.wait_for("CONFIRMED").await;
    settled(&stack).await;
    sold_once(&stack, &shop, &tea, &placed).await;
    let order = placed.show().await;
    assert_eq!(story(&order).iter().filter(|status| **status == "PAID").count(), 1, "{order}");
    assert_eq!(story(&order).iter().filter(|status| **status == "CONFIRMED").count(), 1, "{order}");
}

#[tokio::test]
async fn a_capture_that_comes_before_everything_else_counts() {
    let stack = Stack::find();
    let (shop, tea, placed) = waiting(&stack).await;
    let succeeded = event("payment_intent.succeeded", &intent(&placed, "succeeded"));
    told(&stack, &succeeded, 1).await;
    for (event_type, status) in [
        ("payment_intent.payment_failed", "requires_payment_method"),
        ("payment_intent.processing", "processing"),
        ("payment_intent.requires_action", "requires_action"),
        ("payment_intent.canceled", "canceled"),
        ("payment_intent.created", "requires_payment_method"),
    ] {
        told(&stack, &event(event_type, &intent(&placed, status)), 1).await;
    }
    told(&stack, &succeeded, 2).await;
    let order = placed.wait_for("CONFIRMED").await;
    assert_eq!(story(&order), ["PENDING", "PAID", "CONFIRMED"]);
    settled(&stack).await;
    sold_once(&stack, &shop, &tea, &placed).await;
    assert_eq!(story(&placed.show().await), ["PENDING", "PAID", "CONFIRMED"]);
}

#[tokio::test]
async fn the_stacks_own_stripe_pays_an_order_though_its_webhook_was_delivered_by_hand_too() {
    let stack = Stack::find();
    let (shop, tea, placed) = waiting(&stack).await;
    assert_eq!(placed.pay("pm_card_visa").await.0, 200);
    told(&stack, &event("payment_intent.succeeded", &intent(&placed, "succeeded")), 3).await;
    placed.wait_for("CONFIRMED").await;
    settled(&stack).await;
    sold_once(&stack, &shop, &tea, &placed).await;
}

#[tokio::test]
async fn who_does_not_sign_as_stripe_does_is_refused() {
    let stack = Stack::find();
    let (_, _, placed) = waiting(&stack).await;
    let body = event("payment_intent.succeeded", &intent(&placed, "succeeded"));
    let other_body = stack.signed(&body.replace("2000", "2"), 0);
    let other_secret = payments::webhook::sign(&body, "whsec_of_somebody_else", now());
    let connect = payments::webhook::sign(&body, &stack.at.stripe_connect_webhook_secret, now());
    let empty_secret = payments::webhook::sign(&body, "", now());
    for signature in [
        None,
        Some(""),
        Some("t=1,v1=00"),
        Some("nonsense"),
        Some(&stack.signed(&body, -301)[..]),
        Some(&stack.signed(&body, 360)),
        Some(&other_body),
        Some(&other_secret),
        Some(&connect),
        Some(&empty_secret),
    ] {
        let answer = stack.deliver(&body, signature).await;
        assert_eq!(answer.error(), (400, "invalid_signature".to_owned()), "{signature:?}");
    }
    let platform = stack.signed(&body, 0);
    let answer = stack.deliver_to(&stack.at.stripe_connect_webhook_url, &body, Some(&platform)).await;
    assert_eq!(answer.error(), (400, "invalid_signature".to_owned()));
    assert_eq!(placed.show().await["status"], "PENDING");
}

#[tokio::test]
async fn what_stripe_tells_and_nobody_knows_is_taken_and_kept() {
    let stack = Stack::find();
    let (_, _, placed) = waiting(&stack).await;
    let moon = event("moon.landed", &json!({"object": "moon", "id": "moon_1"}));
    let half = event("payment_intent.succeeded", &json!({"object": "payment_intent"}));
    let no_json = format!("no JSON at all: {}", unique("x"));
    for (body, times) in [(&moon, 2), (&half, 1), (&no_json, 1)] {
        told(&stack, body, times).await;
    }
    let account = event("account.updated", &json!({"object": "account", "id": "acct_1"}));
    let list = json!([unique("x")]).to_string();
    for body in [&account, &list] {
        told_of_accounts(&stack, body).await;
    }
    assert_eq!(placed.show().await["status"], "PENDING");
    for (body, id, why, endpoint) in [
        (&moon, id_of(&moon), "unknown_type", "platform"),
        (&half, sha256_hex(&half), "unparsable", "platform"),
        (&no_json, sha256_hex(&no_json), "unparsable", "platform"),
        (&account, id_of(&account), "foreign", "connect"),
        (&list, sha256_hex(&list), "unparsable", "connect"),
    ] {
        let kept = kept(&stack, &id).await.unwrap_or_else(|| panic!("nobody has kept {body}"));
        assert_eq!(kept["body"], **body);
        assert_eq!((&kept["why"], &kept["endpoint"]), (&why.into(), &endpoint.into()), "{body}");
        let days = (kept["ttl"].as_i64().unwrap() - now()) / 86_400;
        assert!((58..=60).contains(&days), "{body} is kept for {days} days");
    }
}

#[tokio::test]
async fn what_could_not_be_read_is_brought_back_once_its_cause_is_mended() {
    let stack = Stack::find();
    let (_, _, placed) = waiting(&stack).await;
    // As though the function of yesterday had not been able to read it.
    let body = event("payment_intent.succeeded", &intent(&placed, "succeeded"));
    let mended = sha256_hex(&body);
    let attribute = |text: &str| AttributeValue::S(text.to_owned());
    aws_sdk_dynamodb::Client::new(aws(&stack.at.emulator_url).config())
        .put_item()
        .table_name(&stack.at.table)
        .item("PK", attribute(&format!("WEBHOOK#{mended}")))
        .item("SK", attribute("WEBHOOK"))
        .item("entity", attribute("webhook"))
        .item("why", attribute("unparsable"))
        .item("endpoint", attribute("platform"))
        .item("body", attribute(&body))
        .item("ttl", AttributeValue::N((now() + 86_400).to_string()))
        .item("L1PK", attribute("WEBHOOKS"))
        .item("L1SK", attribute(&mended))
        .send()
        .await
        .unwrap();
    let unreadable = json!([unique("x")]).to_string();
    told_of_accounts(&stack, &unreadable).await;

    let ran = Command::new("make").args(["redrive", "Q=stripe-webhook"]).current_dir(root()).output().await;
    let said = String::from_utf8_lossy(&ran.unwrap().stderr).into_owned();
    let still = sha256_hex(&unreadable);
    assert!(said.contains(&format!("WEBHOOK#{still}: kept again")), "{said}");
    assert!(!said.contains(&mended), "{said}");
    placed.wait_for("CONFIRMED").await;
    assert_eq!(kept(&stack, &mended).await, None);
    assert_eq!(kept(&stack, &still).await.unwrap()["body"], unreadable);
}

#[tokio::test]
async fn money_that_is_not_the_orders_pays_nothing() {
    let stack = Stack::find();
    let (shop, tea, placed) = waiting(&stack).await;
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut intent = intent(&placed, "succeeded");
        change(&mut intent);
        event("payment_intent.succeeded", &intent)
    };
    let other_order = json!(<OrderId as domain::Id>::from_bits(7));
    for (body, why) in [
        (changed(&|intent| intent["amount_received"] = json!(1999)), "mismatch"),
        (changed(&|intent| intent["currency"] = json!("usd")), "mismatch"),
        (changed(&|intent| intent["id"] = json!("pi_another")), "mismatch"),
        (changed(&|intent| intent["metadata"] = json!({})), "foreign"),
        (changed(&|intent| intent["metadata"]["order_id"] = json!("ord_1' OR 1=1")), "foreign"),
        (changed(&|intent| intent["metadata"]["order_id"] = other_order.clone()), "foreign"),
        (changed(&|intent| intent["metadata"]["tenant"] = json!(Tenant::Vendor(shop.id))), "foreign"),
    ] {
        told(&stack, &body, 1).await;
        let kept = kept(&stack, &id_of(&body)).await.unwrap_or_else(|| panic!("nobody has kept {body}"));
        assert_eq!((&kept["body"], &kept["why"]), (&json!(body), &why.into()));
    }
    settled(&stack).await;
    assert_eq!(placed.show().await["status"], "PENDING");
    assert_eq!(shop.levels(&tea).await[3], 1);
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let stack = Stack::find();
    let body = event("payment_intent.succeeded", &json!({"padding": "x".repeat(300 * 1024)}));
    for url in [&stack.at.stripe_webhook_url, &stack.at.stripe_connect_webhook_url] {
        let answer = stack.deliver_to(url, &body, Some(&stack.signed(&body, 0))).await;
        assert_eq!(answer.error(), (413, "payload_too_large".to_owned()));
    }
}
