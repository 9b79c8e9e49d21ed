//! The fields that clients of the API depend on: more may stand beside them, none may go.

use serde_json::{Value, json};

use super::{
    parties::Parties,
    stack::{Stack, unique},
};

/// Notes the fields that are missing; `a.b` is a field of a field, `a[]` an element of a list, which must have one.
fn missing(what: &str, body: &Value, fields: &str) -> Vec<String> {
    let has = |field: &&str| {
        let mut at = Some(body);
        for part in field.split('.') {
            let (name, element) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
            at = at.and_then(|value| value.get(name));
            if element {
                at = at.and_then(|value| value.get(0));
            }
        }
        at.is_some()
    };
    fields
        .split_whitespace()
        .filter(|field| !has(field))
        .map(|field| format!("{what} lacks {field}: {body}"))
        .collect()
}

#[tokio::test]
async fn every_body_has_the_fields_that_clients_read() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let (owner, things) = (&parties.owner, &parties.things);
    let mut faults = Vec::new();

    let product = "id sku title description category status variants[].id variants[].sku variants[].price.amount variants[].available media";
    faults.extend(missing(
        "a product",
        &owner.get(&format!("/products/{}", things["product"])).await,
        product,
    ));
    let page = owner.channel().get(&format!("/products/{}", things["product"])).await.expect(200);
    faults.extend(missing("a product's page", &page, product));
    let stock = owner.get(&format!("/inventory/stock/{}", things["variant"])).await;
    faults.extend(missing(
        "a stock level",
        &stock,
        "variant_id on_hand available reserved allocated version",
    ));

    let cart = stack
        .get(&format!("/public/market/cart/{}", things["cart"]))
        .by(&parties.customer)
        .send()
        .await
        .expect(200);
    let item = "id variant_id product_id sku title vendor quantity unit_price.amount subtotal.currency added_at reserved_until";
    faults.extend(missing(
        "a cart",
        &cart,
        "id status totals.items totals.shipping totals.tax totals.total currency expires_at",
    ));
    faults.extend(missing("an item", &cart["items"][0], item));

    let order = stack
        .get(&format!("/public/market/orders/{}", things["order"]))
        .by(&parties.customer)
        .send()
        .await
        .expect(200);
    let fields = "id status provisional payment_status refund_status lines[].shipment_id totals.items totals.shipping totals.tax \
                  totals.total shipments[].id shipments[].vendor shipments[].status shipments[].carrier shipments[].tracking_number \
                  shipments[].shipped_at shipments[].delivered_at timeline[].status timeline[].timestamp estimated_delivery";
    faults.extend(missing("an order", &order, fields));
    let shipment = "id order_id status lines[].id ship_to.city totals";
    faults.extend(missing(
        "a shipment",
        &owner.get(&format!("/shipments/{}", things["shipment"])).await,
        shipment,
    ));

    let job = owner.get(&format!("/marketplace/imports/{}", things["import"])).await;
    faults.extend(missing(
        "an import",
        &job,
        "id status rows_total rows_done rows_failed created updated unchanged",
    ));
    let ledger = owner.get("/ledger").await;
    let entry = "id transaction_id account direction amount.amount order_id created_at";
    faults.extend(missing("a statement", &ledger, "balance data[] next_cursor"));
    faults.extend(missing("a ledger entry", &ledger["data"][0], entry));
    faults.extend(missing("a member of staff", &owner.get("/me").await, "id kind email vendor role"));
    let customer = stack.get("/public/market/customers/me").by(&parties.customer).send().await.expect(200);
    faults.extend(missing("a customer", &customer, "id kind email"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn checkout_answers_the_order_and_its_payment() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let cart = stack.market().cart().await;
    let empty = cart.check_out_as("ada@example.org").await;
    assert_eq!(empty.error(), (409, "cart_empty".to_owned()));
    let goods = parties.owner.goods(&unique("CON").to_uppercase(), 1170, 4).await;
    cart.add(&goods, 2).await.expect(200);
    let placed = cart.check_out_as("ada@example.org").await.expect(201);
    let fields = "order.id order.token order.status order.totals.total payment.id payment.client_secret payment.status payment.checkout_url";
    assert_eq!(missing("a checkout", &placed, fields), [""; 0]);
    assert_eq!(placed["order"]["totals"]["tax"], json!({"amount": 340, "currency": "EUR"}));
    // A cart checks out once, whoever says where to.
    let again = cart.check_out_as("eve@example.org").await.expect(201);
    assert_eq!(again, placed);
    let path = format!("/public/market/cart/{}/items", cart.id);
    let late = stack.post(&path).json(&json!({"variant_id": goods.variant, "quantity": 1})).send().await;
    assert_eq!(late.error(), (409, "cart_not_active".to_owned()));
}

#[tokio::test]
async fn the_document_is_served_as_it_is_generated() {
    let stack = Stack::find();
    let served = stack.get("/openapi.json").send().await.expect(200);
    let generated =
        web::openapi::merge(super::coverage::documents().into_iter().map(|(_, document)| document)).unwrap();
    let generated = serde_json::to_value(generated).unwrap();
    let paths = |document: &Value| {
        document["paths"].as_object().map(|paths| paths.keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!(served["openapi"].as_str().unwrap()[..3], generated["openapi"].as_str().unwrap()[..3]);
    assert_eq!(paths(&served), paths(&generated), "docs/openapi.json is stale");
}
