//! What vendors do for their catalogue: they bring in a feed and publish some of it, make products by hand, and show them.

use std::{io::Cursor, sync::Arc, time::Duration};

use domain::{
    ProductId, VariantId,
    feed::sample::{self, Style},
    variant::VariantRef,
};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    dice::Dice,
    life::Life,
    world::{Shop, upload},
};

const VENDOR: &str = "/api/v1/vendor";
/// The most rows of a feed: a few chunks.
const ROWS: u64 = 25;

/// Does one of these, as its token allows.
pub(super) async fn curate(life: &Arc<Life>, shop: &Shop, dice: &mut Dice) {
    let token = life.log_in(shop).await;
    match dice.below(4) {
        0 => import(life, shop, &token, dice).await,
        1 => show(life, shop, &token, dice).await,
        _ => create(life, shop, &token, dice).await,
    }
}

/// Uploads a feed, has it read, and publishes a thing that it brought; or ends the import halfway.
async fn import(life: &Arc<Life>, shop: &Shop, token: &str, dice: &mut Dice) {
    let ask = async |method: &str, path: &str, body: Option<Value>| {
        life.ask(method, &format!("{VENDOR}{path}"), Some(token), body).await
    };
    let from = json!({"csv_url": "https://feeds.example.org/all.csv", "currency": "EUR", "language": "de"});
    ask("PUT", "/settings/marketplace", Some(from)).await;
    let feed = sample::feed(Style::Plain, u32::try_from(dice.between(1, ROWS)).unwrap(), 0);
    let announced = json!({"filename": "feed.csv", "content_length": feed.len()});
    let Some(made) = ask("POST", "/marketplace/uploads", Some(announced)).await else { return };
    upload(&life.world.works.feeds, &made.body["upload"], feed.into_bytes()).await;
    let source = json!({"source": "upload", "upload_id": made.body["upload_id"]});
    // Two at once bring in the same rows.
    if dice.chance(300) {
        ask("POST", "/marketplace/import", Some(source.clone())).await;
    }
    let Some(job) = ask("POST", "/marketplace/import", Some(source)).await else { return };
    let Some(id) = job.body["id"].as_str() else { return };
    let job = format!("/marketplace/imports/{id}");
    if dice.chance(100) {
        sleep(dice.up_to(Duration::from_secs(2))).await;
        ask("POST", &format!("{job}/cancel"), None).await;
        return;
    }
    sleep(dice.up_to(Duration::from_secs(1200))).await;
    let Some(found) = ask("GET", &format!("{job}/products?limit=100"), None).await else { return };
    let staged = found.body["data"].as_array().cloned().unwrap_or_default();
    if staged.is_empty() {
        return;
    }
    let chosen = format!("/marketplace/products/{}", dice.pick(&staged)["id"].as_str().unwrap());
    ask("POST", &format!("{chosen}/select"), None).await;
    let body = json!({"on_hand": dice.between(1, 20)});
    if let Some(published) = ask("POST", &format!("{chosen}/publish"), Some(body)).await {
        offer(life, shop, &published.body);
    }
}

/// Makes a product, perhaps under a key.
async fn create(life: &Arc<Life>, shop: &Shop, token: &str, dice: &mut Dice) {
    let number = dice.next();
    let body = json!({
        "sku": format!("MADE-{number:x}"), "title": "Lamp", "description": "Gives light.", "category": "Light", "tax_rate": 17,
        "price": {"amount": dice.between(100, 9_000), "currency": "EUR"}, "status": "published",
    });
    let key = dice.chance(500).then(|| number.to_string());
    let path = format!("{VENDOR}/products");
    let made = life.ask_under(key.as_deref(), ("POST", &path), Some(token), Some(body)).await;
    let Some(made) = made else { return };
    life.expect(key.is_none() || made.code() != "sku_taken", || format!("{number:x} took its own code"));
    let counted = json!({"variant_id": made.body["variants"][0]["id"], "on_hand": dice.between(1, 20)});
    life.ask("PUT", &format!("{VENDOR}/inventory/stock"), Some(token), Some(counted)).await;
    offer(life, shop, &made.body);
}

/// Customers find what was published: the answer's first variant.
fn offer(life: &Life, shop: &Shop, product: &Value) {
    let id = |value: &Value| value["id"].as_str().map(str::to_owned);
    let (Some(product_id), Some(variant_id)) = (id(product), id(&product["variants"][0])) else { return };
    let (product_id, variant_id): (ProductId, VariantId) =
        (product_id.parse().unwrap(), variant_id.parse().unwrap());
    life.offer(VariantRef { vendor_id: shop.vendor.id, product_id, variant_id });
}

/// Gives a product a picture.
async fn show(life: &Arc<Life>, shop: &Shop, token: &str, dice: &mut Dice) {
    let product = dice.pick(&life.goods_of(shop)).product_id;
    let file = picture(dice);
    let body = json!({
        "product_id": product, "filename": "lamp.png", "content_type": "image/png", "content_length": file.len(),
    });
    let Some(made) = life.ask("POST", &format!("{VENDOR}/media"), Some(token), Some(body)).await else {
        return;
    };
    if made.status != 201 {
        return;
    }
    upload(&life.world.works.pictures, &made.body["upload"], file).await;
    life.moved();
}

/// A small picture of one colour.
fn picture(dice: &mut Dice) -> Vec<u8> {
    let [red, green, ..] = dice.next().to_le_bytes();
    let mut file = Cursor::new(Vec::new());
    let pixels = RgbImage::from_pixel(40, 30, Rgb([red, green, 7]));
    pixels.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

/// Somebody of the platform's looks at what there is.
pub(super) async fn support(life: Arc<Life>, mut dice: Dice) {
    for _ in 0..4 {
        sleep(dice.up_to(Duration::from_secs(1800))).await;
        life.chaos.tick();
        let token = life.world.support().await;
        let list = dice.pick(&["orders?status=CONFIRMED&limit=5", "shipments", "products", "vendors"]);
        life.ask("GET", &format!("/api/v1/admin/{list}"), Some(&token), None).await;
    }
}
