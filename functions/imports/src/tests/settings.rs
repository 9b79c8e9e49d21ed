//! Where a feed comes from.

use super::*;

#[tokio::test]
async fn where_the_feed_comes_from_is_set_and_read() {
    let shop = Shop::new().await;
    assert_eq!(shop.call(Call::get(SETTINGS)).await.error(), (404, "not_found".to_owned()));
    let body =
        json!({"csv_url": "http://feeds.example.com:8080/a?b=c", "currency": "CHF", "language": "fr-LU"});
    let set = shop.call(Call::put(SETTINGS).json(&body)).await;
    assert_eq!((set.status, set.json()), (200, body.clone()));
    assert_eq!(shop.call(Call::put(SETTINGS).json(&body)).await.json(), body);
    assert_eq!(shop.call(Call::get(SETTINGS)).await.json(), body);
    let set = shop.call(Call::put(SETTINGS).json(&settings("https://feeds.example.com/thé"))).await;
    assert_eq!(set.json()["csv_url"], "https://feeds.example.com/th%C3%A9");
}

#[tokio::test]
async fn an_address_is_validated_before_it_is_saved() {
    let shop = Shop::new().await;
    let long = format!("https://example.com/{}", "x".repeat(2_000));
    for (url, code) in [
        ("", "invalid_value"),
        ("feeds.example.com", "invalid_value"),
        ("ftp://feeds.example.com/", "invalid_value"),
        ("https://ann:pw@example.com/", "invalid_value"),
        ("https://feeds.example.com/%2", "invalid_value"),
        (long.as_str(), "invalid_value"),
        ("http://localhost/", "feed_address_refused"),
        ("http://127.0.0.1:9000/", "feed_address_refused"),
        ("http://169.254.169.254/latest", "feed_address_refused"),
        ("http://[fd00:ec2::254]/", "feed_address_refused"),
    ] {
        let answer = shop.call(Call::put(SETTINGS).json(&settings(url))).await;
        assert_eq!(answer.error(), (422, code.to_owned()), "{url}");
        assert_eq!(answer.json()["error"]["param"], "csv_url");
    }
    for (field, value, status) in [
        ("language", json!("german"), 422),
        ("language", json!("DE"), 422),
        ("language", json!("de-lu"), 422),
        ("language", json!(5), 400),
        ("currency", json!("EURO"), 422),
        ("more", json!(1), 400),
    ] {
        let mut body = settings("https://feeds.example.com/");
        body[field] = value;
        assert_eq!(shop.call(Call::put(SETTINGS).json(&body)).await.status, status, "{body}");
    }
    assert_eq!(shop.call(Call::get(SETTINGS)).await.status, 404);
    let laptop = Shop::with(MemoryQueue::new(), Reach::PublicAndLoopback).await;
    assert_eq!(laptop.call(Call::put(SETTINGS).json(&settings("http://127.0.0.1:9000/"))).await.status, 200);
}
