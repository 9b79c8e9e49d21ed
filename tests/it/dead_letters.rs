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
    stack::{Stack, text, unique, until},
};

const QUEUE: &str = "souk-notifier";
const DEAD_LETTERS: &str = "souk-notifier-dlq";

/// A customer of the market who has been welcomed: the id and the address.
async fn welcomed(stack: &Stack) -> (String, String) {
    let email = format!("{}@customers.example", unique("poison"));
    let token = stack.market().customer(&email).await;
    let me = stack.get("/public/market/customers/me").by(&token).send().await.expect(200);
    stack.mail(&email, "").await;
    (text(&me["id"]), email)
}

/// That a customer was registered, told once more under an id of its own.
fn told(customer: &str) -> Value {
    let id = format!("evt_{:0>32}", unique("x").chars().filter(char::is_ascii_hexdigit).collect::<String>());
    json!({"detail-type": "customer.registered", "source": "souk.customer", "detail": {
        "id": id, "type": "customer.registered", "version": 1, "tenant": "platform",
        "occurred_at": "2026-11-21T08:00:00.000Z", "data": {"customer_id": customer, "channel": "platform"},
    }})
}

/// Sets or removes a customer's address in the table.
async fn set_email(stack: &Stack, customer: &str, email: Option<&str>) {
    let update = aws_sdk_dynamodb::Client::new(aws(&stack.at.emulator_url).config())
        .update_item()
        .table_name(&stack.at.table)
        .key("PK", AttributeValue::S(format!("T#platform#CUSTOMER#{customer}")))
        .key("SK", AttributeValue::S("CUSTOMER".to_owned()));
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

/// Takes away the note that a customer was welcomed, once it is there: the same event is mailed again then.
async fn forget_the_mail(stack: &Stack, customer: &str) {
    let table = aws_sdk_dynamodb::Client::new(aws(&stack.at.emulator_url).config());
    until("the mail to be noted as sent", async || {
        let note = table
            .delete_item()
            .table_name(&stack.at.table)
            .key("PK", AttributeValue::S(format!("MAIL#{customer}:customer.registered")))
            .key("SK", AttributeValue::S("MAIL".to_owned()))
            .condition_expression("#state = :sent")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":sent", AttributeValue::S("sent".to_owned()));
        note.send().await.is_ok().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_poisoned_message_holds_up_none_of_the_nine_beside_it_and_comes_back_when_it_is_mended() {
    let stack = Stack::find();
    let mut customers = Vec::new();
    for _ in 0..10 {
        let (id, email) = welcomed(&stack).await;
        forget_the_mail(&stack, &id).await;
        customers.push((id, email));
    }
    let (broken, bob) = customers.swap_remove(4);
    set_email(&stack, &broken, None).await;
    let sqs = Client::new(aws(&stack.at.emulator_url).config());
    let (queue, dead) = (url(&sqs, QUEUE).await, url(&sqs, DEAD_LETTERS).await);
    hide_for(&sqs, &queue, 5).await;
    let told_of = customers.iter().map(|(id, _)| id).chain([&broken]);
    let messages = told_of.map(|id| {
        let body = told(id).to_string();
        SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
    });
    let sent = sqs.send_message_batch().queue_url(&queue).set_entries(Some(messages.collect())).send().await;
    assert!(sent.unwrap().failed.is_empty());
    let mails = async |to: &str| stack.mails(to).await.len();
    let times = async || {
        let mut times = Vec::new();
        for (_, email) in &customers {
            times.push(mails(email).await);
        }
        times
    };
    until("the nine to be mailed", async || (times().await == [2; 9]).then_some(())).await;
    until("the poison to lie with the dead letters", async || {
        let found = sqs.receive_message().queue_url(&dead).max_number_of_messages(10).visibility_timeout(0);
        let found = found.send().await.unwrap().messages.unwrap_or_default();
        found.iter().any(|message| message.body().is_some_and(|body| body.contains(&broken))).then_some(())
    })
    .await;
    assert_eq!((times().await, mails(&bob).await), (vec![2; 9], 1));
    set_email(&stack, &broken, Some(&bob)).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let ran = Command::new("make").args(["redrive", "Q=notifier"]).current_dir(root).output().await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    until("the mended one to be mailed", async || (mails(&bob).await == 2).then_some(())).await;
    assert_eq!(times().await, [2; 9]);
    hide_for(&sqs, &queue, 180).await;
}
