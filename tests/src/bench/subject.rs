//! The five functions, one of each kind, and the call that is measured.

use platform::{Clock, SystemClock};
use serde_json::{Value, json};
use table::Key;

use souk_lab::{Fallible, WEBHOOK_SECRET};

use super::market::Market;

/// A function under measurement.
pub(crate) struct Subject {
    pub(crate) function: &'static str,
    /// What kind of function it is, and what it is called for.
    pub(crate) call: &'static str,
    /// The items that it reads and writes, the one that is replaced first.
    items: fn(&Market) -> Vec<Key>,
    event: fn(&Market) -> Fallible<Value>,
}

pub(crate) static SUBJECTS: [Subject; 5] = [
    Subject {
        function: "catalog",
        call: "HTTP API, public: a product's page",
        items: |market| market.keys("product", ""),
        event: product_page,
    },
    Subject {
        function: "cart",
        call: "HTTP API: goods into a cart",
        items: |market| {
            [market.keys("cart", &market.cart), market.keys("variant", &market.shelf.product_id.to_string())]
                .concat()
        },
        event: add_to_cart,
    },
    Subject {
        function: "stripe-webhook",
        call: "function URL: a payment succeeded",
        items: |market| market.keys("order", ""),
        event: webhook,
    },
    Subject {
        function: "outbox-relay",
        call: "stream: one record, one event",
        items: |market| market.keys("order", ""),
        event: stream,
    },
    Subject {
        function: "order-lifecycle",
        call: "queue: a payment confirms an order",
        items: |market| [market.keys("order", ""), market.keys("variant", "")].concat(),
        event: queue,
    },
];

impl Subject {
    /// The payload of one call; signed anew, where it is.
    pub(crate) fn event(&self, market: &Market) -> Fallible<Value> {
        (self.event)(market)
    }

    /// What the function reads and writes, for the stock function.
    pub(crate) fn keys(&self, market: &Market) -> String {
        let keys = (self.items)(market).into_iter().map(|key| json!({ "PK": key.pk, "SK": key.sk }));
        Value::from_iter(keys).to_string()
    }
}

fn product_page(market: &Market) -> Fallible<Value> {
    let path = format!("/api/v1/public/market/products/{}", market.shelf.product_id);
    Ok(http("GET", &path, "GET /api/v1/public/market/products/{id}", json!({}), None))
}

fn add_to_cart(market: &Market) -> Fallible<Value> {
    let path = format!("/api/v1/public/market/cart/{}/items", market.cart);
    let body = json!({ "variant_id": market.shelf.variant_id, "quantity": 2 });
    let headers = json!({ "content-type": "application/json" });
    Ok(http("POST", &path, "POST /api/v1/public/market/cart/{id}/items", headers, Some(body.to_string())))
}

fn webhook(market: &Market) -> Fallible<Value> {
    let signature = payments::webhook::sign(&market.webhook, WEBHOOK_SECRET, SystemClock.now().secs());
    let headers = json!({ "content-type": "application/json; charset=utf-8", "stripe-signature": signature });
    Ok(http("POST", "/", "$default", headers, Some(market.webhook.clone())))
}

fn stream(market: &Market) -> Fallible<Value> {
    Ok(json!({ "Records": [market.payment] }))
}

fn queue(market: &Market) -> Fallible<Value> {
    Ok(json!({ "Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": market.captured.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1795248000000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1795248000001",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:souk-order-lifecycle",
        "awsRegion": "eu-central-1",
    }] }))
}

/// A request in payload format 2.0, which HTTP APIs and function URLs share
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
fn http(method: &str, path: &str, route: &str, more: Value, body: Option<String>) -> Value {
    let mut headers = json!({
        "accept": "application/json",
        "accept-encoding": "gzip, deflate, br",
        "host": "api.souk.example",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "x-amzn-trace-id": "Root=1-69201f4b-5f84c7b11f3e4ab20d6c3e88",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    });
    if let (Some(headers), Value::Object(more)) = (headers.as_object_mut(), more) {
        headers.extend(more);
    }
    json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "50c0ffee",
            "domainName": "api.souk.example",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "stage": "$default",
            "time": "21/Nov/2026:08:00:00 +0000",
            "timeEpoch": 1_795_248_000_000_i64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}
