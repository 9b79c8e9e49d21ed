//! How vendors come to be paid, on the running stack.

use serde_json::{Value, json};

use super::{
    shop::Shop,
    stack::{Stack, until},
};

async fn config(shop: &Shop) -> Value {
    shop.get("/payments/config").await
}

/// The account that Stripe has for a vendor.
async fn account_of(stack: &Stack, shop: &Shop) -> String {
    let account = shop.open_account().await;
    let told = stack.from_stripe(&format!("accounts/{account}")).await;
    assert_eq!(told["metadata"]["vendor_id"], json!(shop.id));
    account
}

/// The vendor as it lies in the table: what a webhook wrote.
async fn stored(stack: &Stack, shop: &Shop) -> Value {
    stack.items(&format!("T#{}#VENDOR", shop.id), "VENDOR").await.remove(0)
}

#[tokio::test]
async fn a_vendor_is_led_to_stripe_and_back_and_stripe_tells_when_it_is_ready() {
    let stack = Stack::find();
    let shop = stack.new_shop("pots").await;
    let before = config(&shop).await;
    assert_eq!((&before["needs_setup"], &before["accepts_payments"]), (&json!(true), &json!(false)));
    let account = account_of(&stack, &shop).await;
    assert_eq!(config(&shop).await["status"], "incomplete");
    stack.at_stripes(&format!("accounts/{account}/complete")).await;
    until("the vendor to be ready", async || {
        (stored(&stack, &shop).await["payouts_status"] == "ready").then_some(())
    })
    .await;
    let after = config(&shop).await;
    assert_eq!((&after["needs_setup"], &after["accepts_payments"]), (&json!(false), &json!(true)));
    // Stripe wants to know more: it tells that too.
    stack.at_stripes(&format!("accounts/{account}/restrict")).await;
    until("the vendor to be held back", async || {
        (stored(&stack, &shop).await["payouts_status"] == "restricted").then_some(())
    })
    .await;
    assert_eq!(config(&shop).await["requirements"]["disabled_reason"], "requirements.past_due");
    assert_eq!(shop.get("/payouts").await, json!({"data": [], "next_cursor": null}));
}

#[tokio::test]
async fn only_the_consoles_own_pages_are_come_back_to() {
    let stack = Stack::find();
    let shop = stack.new_shop("pots").await;
    let page = "https://elsewhere.example/payments";
    let pages = json!({"return_url": page, "refresh_url": page});
    let refused = shop.call("POST", "/payments/setup").json(&pages).send().await;
    assert_eq!(refused.expect(422)["error"]["code"], "invalid_value");
}
