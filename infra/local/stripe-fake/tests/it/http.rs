//! Stripe's manners over HTTP: headers, keys, lists, and the switches.

use crate::support::{Http, KEY};
use serde_json::{Value, json};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn a_key_is_needed_as_bearer_or_basic() {
    let fake = Http::start().await;
    let basic = "Basic c2tfdGVzdF9jb25mb3JtYW5jZTo=";
    let bearer = format!("Bearer {KEY}");
    for (value, expected) in [(bearer.as_str(), 200), (basic, 200), ("Bearer sk_test_other", 401), ("x", 401)]
    {
        let answer = fake.request("GET", "/v1/balance", &[("authorization", value)], "").await;
        assert_eq!(answer.status, expected, "{value}");
    }
    let answer = fake.request("GET", "/v1/balance", &[], "").await;
    assert_eq!(answer.body["error"]["type"], "invalid_request_error");
}

#[tokio::test]
async fn answers_carry_stripes_headers_and_a_replay_says_so() {
    let fake = Http::start().await;
    let bearer = format!("Bearer {KEY}");
    let headers = [
        FORM,
        ("authorization", bearer.as_str()),
        ("idempotency-key", "k1"),
        ("stripe-version", "2026-01-01.moon"),
    ];
    let form = "amount=500&currency=eur&metadata[order_id]=ord_1";
    let first = fake.request("POST", "/v1/payment_intents", &headers, form).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.body["metadata"], json!({"order_id": "ord_1"}));
    assert_eq!(first.headers["stripe-version"], "2026-01-01.moon");
    assert_eq!(first.headers["idempotency-key"], "k1");
    assert!(first.headers["request-id"].to_str().unwrap().starts_with("req_"));
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let again = fake.request("POST", "/v1/payment_intents", &headers, form).await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = fake.request("POST", "/v1/payment_intents", &headers, "amount=501&currency=eur").await;
    assert_eq!((other.status, &other.body["error"]["type"]), (400, &json!("idempotency_error")));
}

#[tokio::test]
async fn lists_are_newest_first_and_paged() {
    let fake = Http::start().await;
    let bearer = format!("Bearer {KEY}");
    let auth = [("authorization", bearer.as_str())];
    for amount in 1..=3 {
        let form = format!("amount={amount}&currency=eur");
        fake.request("POST", "/v1/payment_intents", &auth, &form).await;
    }
    let page = fake.request("GET", "/v1/payment_intents?limit=2", &auth, "").await.body;
    assert_eq!(
        (&page["data"][0]["amount"], &page["data"][1]["amount"], &page["has_more"]),
        (&json!(3), &json!(2), &json!(true))
    );
    let after = page["data"][1]["id"].as_str().unwrap();
    let path = format!("/v1/payment_intents?limit=2&starting_after={after}");
    let page = fake.request("GET", &path, &auth, "").await.body;
    assert_eq!((&page["data"][0]["amount"], &page["has_more"]), (&json!(1), &json!(false)));
    assert_eq!(fake.request("GET", "/v1/moons", &auth, "").await.status, 404);
}

#[tokio::test]
async fn the_balance_is_charges_less_refunds_and_what_stripe_keeps() {
    let fake = Http::start().await;
    let bearer = format!("Bearer {KEY}");
    let auth = [("authorization", bearer.as_str())];
    let paid = "amount=500&currency=eur&confirm=true&payment_method=pm_card_visa";
    let intent = fake.request("POST", "/v1/payment_intents", &auth, paid).await.body;
    assert_eq!(intent["status"], "succeeded");
    let refund = format!("payment_intent={}&amount=120", intent["id"].as_str().unwrap());
    assert_eq!(fake.request("POST", "/v1/refunds", &auth, &refund).await.status, 200);
    let balance = fake.request("GET", "/v1/balance", &auth, "").await.body;
    assert_eq!(
        (&balance["available"][0]["amount"], &balance["available"][0]["currency"]),
        (&json!(500 - 120 - 33), &json!("eur"))
    );
    let charge = fake
        .request("GET", &format!("/v1/charges/{}", intent["latest_charge"].as_str().unwrap()), &auth, "")
        .await;
    assert_eq!(charge.body["amount_refunded"], 120);
}

#[tokio::test]
async fn switches_are_set_seen_and_reset() {
    let fake = Http::start().await;
    let bearer = format!("Bearer {KEY}");
    let auth = [("authorization", bearer.as_str())];
    assert_eq!(fake.request("GET", "/_test/health", &[], "").await.status, 200);
    assert_eq!(
        fake.switch("/_test/webhooks", json!({"duplicate": 3, "drop": true, "delay_s": 0.5})).await,
        200
    );
    let seen = fake.request("GET", "/_test/webhooks", &[], "").await.body;
    assert_eq!((&seen["duplicate"], &seen["reorder"]), (&json!(3), &json!(false)));
    assert_eq!(fake.switch("/_test/webhooks", json!({"moon": 1})).await, 400);
    assert_eq!(fake.switch("/_test/config", json!({"webhook_url": "http://127.0.0.1:9/"})).await, 400);
    let config = json!({"webhook_url": "http://127.0.0.1:9/", "webhook_secret": "whsec_x"});
    assert_eq!(fake.switch("/_test/config", config).await, 200);
    assert_eq!(fake.switch("/_test/faults", json!({"fail_next": 1, "status": 503})).await, 200);
    let form = "amount=500&currency=eur";
    assert_eq!(fake.request("POST", "/v1/payment_intents", &auth, form).await.status, 503);
    let before = fake.request("POST", "/v1/payment_intents", &auth, form).await.body;
    let events = fake.request("GET", "/_test/events", &[], "").await.body;
    assert_eq!(events["data"][0]["type"], "payment_intent.created");
    assert_eq!(fake.switch("/_test/reset", json!({})).await, 200);
    let events = fake.request("GET", "/_test/events", &[], "").await.body;
    assert_eq!(events["data"], Value::Array(Vec::new()));
    let after = fake.request("POST", "/v1/payment_intents", &auth, form).await.body;
    assert_ne!(after["id"], before["id"]);
}

#[tokio::test]
async fn the_live_adapter_gets_through_a_short_outage() {
    let fake = Http::start().await;
    assert_eq!(fake.switch("/_test/faults", json!({"fail_next": 2})).await, 200);
    let new = payments::NewIntent {
        key: "k".into(),
        amount: 100,
        currency: "JPY".into(),
        metadata: std::collections::BTreeMap::new(),
        transfer_group: "ord_1".into(),
        description: None,
    };
    let intent = payments::Stripe::create_intent(&fake.stripe, new).await.unwrap();
    assert_eq!(intent.currency, "JPY");
}
