//! Onto the shelf and off it, out of the catalogue, and the list of all.

use super::*;

#[tokio::test]
async fn a_product_goes_onto_the_shelf_and_off_it() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let path = of(&product);
    let to = async |verb: &str| shop.call(Call::post(&format!("{path}/{verb}"))).await;
    assert_eq!(to("archive").await.error(), (409, "invalid_state".to_owned()));
    let published = to("publish").await;
    assert_eq!((published.status, &published.json()["status"]), (200, &json!("published")));
    assert_eq!(published.json()["published_at"], "2026-11-21T08:00:01.000Z");
    assert_eq!(to("publish").await.json(), published.json());
    let archived = to("archive").await;
    assert_eq!((archived.status, &archived.json()["status"]), (200, &json!("archived")));
    assert_eq!(to("archive").await.json(), archived.json());
    assert_eq!(to("publish").await.error(), (409, "invalid_state".to_owned()));
    let status = async |status: &str| shop.call(Call::patch(&path).json(&json!({"status": status}))).await;
    assert_eq!(status("published").await.error(), (409, "invalid_state".to_owned()));
    assert_eq!(status("draft").await.json()["status"], "draft");
    let both = json!({"status": "published", "title": "Sencha"});
    let now = shop.call(Call::patch(&path).json(&both)).await.json();
    assert_eq!(
        (&now["status"], &now["title"], &now["version"]),
        (&json!("published"), &json!("Sencha"), &json!(5))
    );
    assert_eq!(status("draft").await.json()["status"], "draft");
}

#[tokio::test]
async fn a_deleted_product_is_gone() {
    let shop = Shop::new().await;
    let product = shop.made(&tea_with("status", json!("published"))).await;
    let path = of(&product);
    let gone = shop.call(Call::delete(&path)).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    for call in [Call::get(&path), Call::delete(&path), Call::patch(&path).json(&json!({"title": "x"}))] {
        assert_eq!(shop.call(call).await.error(), (404, "not_found".to_owned()));
    }
    assert_eq!(shop.make(&tea()).await.status, 201);
}

#[tokio::test]
async fn a_list_is_newest_first_and_filtered() {
    let shop = Shop::new().await;
    for n in 1..=5 {
        let mut body = tea_with("sku", json!(format!("TEA-{n}")));
        body["title"] = json!(format!("Tea number {n}"));
        if n == 3 {
            body["status"] = json!("published");
        }
        shop.made(&body).await;
    }
    let stranger = shop.stranger().await;
    assert_eq!(Call::get(PRODUCTS).by(&stranger).on(&shop.app).await.json()["data"], json!([]));

    let titles = async |query: &str| {
        let answer = shop.call(Call::get(&format!("{PRODUCTS}?{query}"))).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        let list = answer.json();
        let number = |product: &Value| product["sku"].as_str().unwrap()[4..].parse::<u32>().unwrap();
        (list["data"].as_array().unwrap().iter().map(number).collect::<Vec<_>>(), list["next_cursor"].clone())
    };
    assert_eq!(titles("").await, (vec![5, 4, 3, 2, 1], Value::Null));
    assert_eq!(titles("status=&q=&limit=100").await.0, [5, 4, 3, 2, 1]);
    assert_eq!(titles("status=published").await.0, [3]);
    assert_eq!(titles("status=draft&q=NUMBER+4").await.0, [4]);
    assert_eq!(titles("q=tea-2").await.0, [2]);
    assert_eq!(titles("q=coffee").await.0, Vec::<u32>::new());
    let (page, cursor) = titles("limit=3").await;
    assert_eq!(page, [5, 4, 3]);
    assert_eq!(
        titles(&format!("limit=3&cursor={}", cursor.as_str().unwrap())).await,
        (vec![2, 1], Value::Null)
    );
    let (page, cursor) = titles("limit=3&status=draft").await;
    assert_eq!(page, [5, 4, 2]);
    let next = format!("limit=3&status=draft&cursor={}", cursor.as_str().unwrap());
    assert_eq!(titles(&next).await, (vec![1], Value::Null));

    for query in
        ["limit=0", "limit=101", "limit=x", "status=gone", "cursor=!", &format!("q={}", "x".repeat(201))]
    {
        assert_eq!(shop.call(Call::get(&format!("{PRODUCTS}?{query}"))).await.status, 400, "{query}");
    }
}
