//! What fails again and again lies with the dead letters, and comes back when its cause is mended.

use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::{
    Client,
    types::{QueueAttributeName, SendMessageBatchRequestEntry},
};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    dynamodb::aws,
    sale::Placed,
    shop::{Goods, Shop},
    stack::{Stack, unique, until},
};

const QUEUE: &str = "souk-notifier";
const DEAD_LETTERS: &str = "souk-notifier-dlq";

/// A confirmed order, and the address of its buyer, who has had the mail of it.
async fn confirmed(stack: &Stack, shop: &Shop, tea: &Goods) -> (Placed, String) {
    let email = format!("{}@customers.example", unique("poison"));
    let cart = shop.channel().cart().await;
    cart.add(tea, 1).await.expect(200);
    let placed = Placed::of(&cart.channel, cart.check_out_as(&email).await.expect(201));
    assert_eq!(placed.pay("pm_card_visa").await.0, 200);
    placed.wait_for("CONFIRMED").await;
    stack.mail(&email, &placed.id.to_string()).await;
    (placed, email)
}

/// That an order was confirmed, told once more under an id of its own.
fn told(placed: &Placed) -> Value {
    let id = format!("evt_{:0>32}", unique("x").chars().filter(char::is_ascii_hexdigit).collect::<String>());
    json!({"detail-type": "order.confirmed", "source": "souk.order", "detail": {
        "id": id, "type": "order.confirmed", "version": 1, "tenant": placed.channel.tenant,
        "occurred_at": "2026-11-21T08:00:00.000Z",
        "data": {
            "order_id": placed.id, "channel": placed.channel.tenant, "from": "PAID", "status": "CONFIRMED",
            "total": {"amount": 2000, "currency": "EUR"}, "vendors": [],
        },
    }})
}

/// Sets or removes the address of an order's buyer in the table.
async fn set_email(stack: &Stack, placed: &Placed, email: Option<&str>) {
    let pk = format!("T#{}#ORDER#{}", placed.channel.tenant, placed.id);
    let update = aws_sdk_dynamodb::Client::new(aws(&stack.at.emulator_url).config())
        .update_item()
        .table_name(&stack.at.table)
        .key("PK", AttributeValue::S(pk))
        .key("SK", AttributeValue::S("ORDER".to_owned()));
    let update = match email {
        Some(email) => update
            .update_expression("SET email = :email")
            .expression_attribute_values(":email", AttributeValue::S(email.to_owned())),
        None => update.update_expression("REMOVE email"),
    };
    update.send().await.unwrap();
}

async fn url(sqs: &Client, queue: &str) -> String {
    sqs.get_queue_url().queue_name(queue).send().await.unwrap().queue_url.unwrap()
}

/// Lets a message come again after so many seconds.
async fn hide_for(sqs: &Client, queue: &str, seconds: u32) {
    let name = QueueAttributeName::VisibilityTimeout;
    sqs.set_queue_attributes().queue_url(queue).attributes(name, seconds.to_string()).send().await.unwrap();
}

#[tokio::test]
async fn a_poisoned_message_holds_up_none_of_the_nine_beside_it_and_comes_back_when_it_is_mended() {
    let stack = Stack::find();
    let shop = stack.shop("poison").await;
    let tea = shop.goods("TEA-1", 2000, 9).await;
    let (fine, buyer) = confirmed(&stack, &shop, &tea).await;
    let (broken, other) = confirmed(&stack, &shop, &tea).await;
    set_email(&stack, &broken, None).await;
    let sqs = Client::new(aws(&stack.at.emulator_url).config());
    let (queue, dead) = (url(&sqs, QUEUE).await, url(&sqs, DEAD_LETTERS).await);
    hide_for(&sqs, &queue, 5).await;
    let messages = (0..10).map(|n| {
        let body = told(if n == 4 { &broken } else { &fine }).to_string();
        SendMessageBatchRequestEntry::builder().id(n.to_string()).message_body(body).build().unwrap()
    });
    let sent = sqs.send_message_batch().queue_url(&queue).set_entries(Some(messages.collect())).send().await;
    assert!(sent.unwrap().failed.is_empty());
    let mails = async |to: &str| stack.mails(to).await.len();
    until("the nine to be mailed", async || (mails(&buyer).await == 10).then_some(())).await;
    let broken_id = broken.id.to_string();
    until("the poison to lie with the dead letters", async || {
        let found = sqs.receive_message().queue_url(&dead).max_number_of_messages(10).visibility_timeout(0);
        let found = found.send().await.unwrap().messages.unwrap_or_default();
        found.iter().any(|message| message.body().is_some_and(|body| body.contains(&broken_id))).then_some(())
    })
    .await;
    assert_eq!((mails(&buyer).await, mails(&other).await), (10, 1));
    set_email(&stack, &broken, Some(&other)).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let ran = Command::new("make").args(["redrive", "Q=notifier"]).current_dir(root).output().await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    until("the mended one to be mailed", async || (mails(&other).await == 2).then_some(())).await;
    assert_eq!(mails(&buyer).await, 10);
    hide_for(&sqs, &queue, 180).await;
}
