//! The retry loop against a socket that answers by script.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{LiveStripe, NewIntent, Stripe, StripeError};

const INTENT: &str = r#"{"object":"payment_intent","id":"pi_1","amount":500,"amount_capturable":0,"amount_received":0,
"capture_method":"automatic","confirmation_method":"automatic","created":1,"currency":"eur","livemode":false,"metadata":{"order_id":"ord_1"},
"payment_method_types":["card"],"status":"requires_payment_method","client_secret":"pi_1_secret_x"}"#;

fn error(kind: &str) -> String {
    format!(r#"{{"error":{{"type":"{kind}","message":"no"}}}}"#)
}

/// Answers each connection with the next (status, body) and remembers what was asked; status 0 hangs up, one below zero is kept under its key.
async fn stand_in(script: Vec<(i16, String)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    tokio::spawn(async move {
        for (status, body) in script {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 8192];
            let read = socket.read(&mut head).await.unwrap();
            log.lock().unwrap().push(String::from_utf8_lossy(&head[..read]).into_owned());
            if status == 0 {
                continue;
            }
            let (length, kept) = (body.len(), if status < 0 { "idempotent-replayed: true\r\n" } else { "" });
            let answer = format!(
                "HTTP/1.1 {} X\r\n{kept}content-length: {length}\r\nconnection: close\r\n\r\n{body}",
                status.abs()
            );
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, asked)
}

fn order() -> NewIntent {
    NewIntent {
        key: "intent-ord_1".into(),
        amount: 500,
        currency: "EUR".into(),
        metadata: BTreeMap::from([("order_id".into(), "ord_1".into())]),
        transfer_group: "ord_1".into(),
        description: None,
    }
}

#[tokio::test]
async fn each_try_carries_the_stored_key() {
    let script = vec![
        (503, "<html>".to_owned()),
        (0, String::new()),
        (409, error("invalid_request_error")),
        (429, error("invalid_request_error")),
        (200, INTENT.to_owned()),
    ];
    let (url, asked) = stand_in(script).await;
    let stripe = LiveStripe::new(&url, "sk_test_1").unwrap().with_jitter(|_| 0);
    let intent = stripe.create_intent(order()).await.unwrap();
    assert_eq!((intent.amount, intent.currency.as_str()), (500, "EUR"));
    assert_eq!(intent.client_secret.expose(), "pi_1_secret_x");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 5);
    for request in asked.iter() {
        assert!(request.to_lowercase().contains("idempotency-key: intent-ord_1\r\n"), "{request}");
    }
}

#[tokio::test]
async fn a_failure_that_is_kept_under_its_key_is_told_apart_and_not_repeated() {
    let (url, asked) = stand_in(vec![(500, error("api_error")), (-500, error("api_error"))]).await;
    let stripe = LiveStripe::new(&url, "sk_test_1").unwrap().with_jitter(|_| 0);
    assert!(matches!(stripe.create_intent(order()).await, Err(StripeError::Stuck)));
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_not_repeated() {
    let (url, asked) = stand_in(vec![(400, error("invalid_request_error")), (200, INTENT.to_owned())]).await;
    let stripe = LiveStripe::new(&url, "sk_test_1").unwrap();
    assert!(matches!(stripe.create_intent(order()).await, Err(StripeError::Refused { .. })));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_no_header_carries_is_refused_at_once() {
    let stripe = LiveStripe::new("http://127.0.0.1:1", "sk_test_1").unwrap();
    for key in ["", "a b", "ä", "a\nb", &"k".repeat(256)] {
        let refused = stripe.create_intent(NewIntent { key: key.into(), ..order() }).await;
        assert!(matches!(refused, Err(StripeError::Refused { .. })), "{key:?}");
    }
}

#[tokio::test]
async fn no_secret_gets_into_an_error() {
    let body = format!(
        r#"{{"error":{{"type":"invalid_request_error","code":"payment_intent_unexpected_state","message":"no","payment_intent":{INTENT}}}}}"#
    );
    let (url, _) = stand_in(vec![(400, body)]).await;
    let stripe = LiveStripe::new(&url, "sk_test_1").unwrap();
    let error = stripe.create_intent(order()).await.unwrap_err();
    assert!(
        matches!(&error, StripeError::InvalidState { code } if code == "payment_intent_unexpected_state")
    );
    assert!(!format!("{error:?} {error}").contains("pi_1_secret"));
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_within_fifteen_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let stripe = LiveStripe::new(&url, "sk_test_1").unwrap();
    let started = tokio::time::Instant::now();
    let error = stripe.create_intent(order()).await.unwrap_err();
    assert!(error.is_unavailable());
    assert!(started.elapsed() <= super::TOTAL + std::time::Duration::from_millis(10));
}
