//! What Stripe tells, as often and in whichever order it likes; and what only pretends to be Stripe.

use domain::{OrderId, Tenant};
use serde_json::{Value, json};

use super::{
    sale::{Placed, story},
    shop::{Goods, Shop},
    stack::Stack,
    stripe::{event, intent},
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
    let other_secret = payments::webhook::sign(&body, "whsec_of_somebody_else", super::stripe::now());
    let connect =
        payments::webhook::sign(&body, &stack.at.stripe_connect_webhook_secret, super::stripe::now());
    let empty_secret = payments::webhook::sign(&body, "", super::stripe::now());
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
    told(&stack, &event("moon.landed", &json!({"object": "moon", "id": "moon_1"})), 2).await;
    told(&stack, &event("payment_intent.succeeded", &json!({"object": "payment_intent"})), 1).await;
    told(&stack, "no JSON at all", 1).await;
    for at_connect in
        [event("account.updated", &json!({"object": "account", "id": "acct_1"})), "[]".to_owned()]
    {
        let signature = payments::webhook::sign(
            &at_connect,
            &stack.at.stripe_connect_webhook_secret,
            super::stripe::now(),
        );
        let answer =
            stack.deliver_to(&stack.at.stripe_connect_webhook_url, &at_connect, Some(&signature)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_eq!(placed.show().await["status"], "PENDING");
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
    for body in [
        changed(&|intent| intent["amount_received"] = json!(1999)),
        changed(&|intent| intent["currency"] = json!("usd")),
        changed(&|intent| intent["id"] = json!("pi_another")),
        changed(&|intent| intent["metadata"] = json!({})),
        changed(&|intent| intent["metadata"]["order_id"] = json!("ord_1' OR 1=1")),
        changed(&|intent| intent["metadata"]["order_id"] = json!(<OrderId as domain::Id>::from_bits(7))),
        changed(&|intent| intent["metadata"]["tenant"] = json!(Tenant::Vendor(shop.id))),
    ] {
        told(&stack, &body, 1).await;
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
