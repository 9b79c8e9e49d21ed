//! What every bus does.

use async_trait::async_trait;
use aws_sdk_eventbridge::types::Target;
use domain::Timestamp;
use serde_json::{Value, json};

use super::{Bus, BusEvent, EventBridge, MemoryBus};
use crate::{
    aws::stack::{stack, unique},
    error::Error,
};

/// A bus and the way of a consumer who hears everything.
#[async_trait]
trait Subject: Sync {
    fn bus(&self) -> &dyn Bus;
    /// Takes `count` events in the form in which EventBridge delivers them, sorted by what is in them; without their time,
    /// for which MiniStack puts its own.
    async fn take(&self, count: usize) -> Vec<Value>;
}

#[async_trait]
impl Subject for MemoryBus {
    fn bus(&self) -> &dyn Bus {
        self
    }

    async fn take(&self, _count: usize) -> Vec<Value> {
        let published = self.take_published().into_iter();
        published.map(|event| delivered(&event)).collect()
    }
}

struct Emulated {
    bus: EventBridge,
    sqs: aws_sdk_sqs::Client,
    queue_url: String,
}

#[async_trait]
impl Subject for Emulated {
    fn bus(&self) -> &dyn Bus {
        &self.bus
    }

    async fn take(&self, count: usize) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        while events.len() < count {
            let call = self
                .sqs
                .receive_message()
                .queue_url(&self.queue_url)
                .max_number_of_messages(10)
                .wait_time_seconds(2);
            let messages = call.send().await.unwrap().messages.unwrap_or_default();
            assert!(!messages.is_empty(), "{} of {count} events came", events.len());
            for message in messages {
                let event: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                events.push(json!({
                    "source": event["source"], "detail-type": event["detail-type"], "detail": event["detail"],
                }));
            }
        }
        events.sort_by_key(|event| event["detail"]["at"].as_u64());
        events
    }
}

#[tokio::test]
async fn memory_conforms() {
    conforms(&MemoryBus::new()).await;
}

#[tokio::test]
async fn eventbridge_conforms() {
    let Some(stack) = stack() else { return };
    let sqs = aws_sdk_sqs::Client::new(stack.aws.config());
    let queue = sqs.create_queue().queue_name(unique("heard")).send().await.unwrap();
    let queue_url = queue.queue_url().unwrap().to_owned();
    let name = unique("bus");
    let bus = EventBridge::new(stack.aws.config(), &name);
    bus.client.create_event_bus().name(&name).send().await.unwrap();
    let rule = bus.client.put_rule().name("all").event_bus_name(&name);
    rule.event_pattern(r#"{"source":["souk"]}"#).send().await.unwrap();
    let arn = format!("arn:aws:sqs:us-east-1:000000000000:{}", queue_url.rsplit('/').next().unwrap());
    let target = Target::builder().id("queue").arn(arn).build().unwrap();
    bus.client.put_targets().rule("all").event_bus_name(&name).targets(target).send().await.unwrap();
    conforms(&Emulated { bus, sqs, queue_url }).await;
}

fn event(at: usize, text: &str) -> BusEvent {
    BusEvent {
        id: format!("evt-{at}"),
        source: "souk".to_owned(),
        detail_type: "order.confirmed".to_owned(),
        time: Timestamp::from_secs(1_795_248_267),
        detail: json!({"at": at, "text": text}).to_string(),
    }
}

fn delivered(event: &BusEvent) -> Value {
    let detail: Value = serde_json::from_str(&event.detail).unwrap();
    json!({"source": event.source, "detail-type": event.detail_type, "detail": detail})
}

async fn conforms(subject: &dyn Subject) {
    assert_eq!(subject.bus().publish(&[]).await.unwrap(), Vec::<usize>::new());
    more_than_a_batch_arrives_whole(subject).await;
    an_event_over_the_limit_is_refused_and_nothing_is_published(subject).await;
}

async fn more_than_a_batch_arrives_whole(subject: &dyn Subject) {
    let events: Vec<_> = (0..23).map(|at| event(at, if at % 4 == 0 { "ü" } else { "" })).collect();
    assert_eq!(subject.bus().publish(&events).await.unwrap(), Vec::<usize>::new());
    assert_eq!(subject.take(23).await, events.iter().map(delivered).collect::<Vec<_>>());
}

async fn an_event_over_the_limit_is_refused_and_nothing_is_published(subject: &dyn Subject) {
    let events = [event(0, "small"), event(1, &"x".repeat(256 * 1024))];
    assert!(matches!(subject.bus().publish(&events).await, Err(Error::Rejected(_))));
    subject.bus().publish(&[event(2, "next")]).await.unwrap();
    assert_eq!(subject.take(1).await, [delivered(&event(2, "next"))]);
}

/// The bus takes the call and refuses the entry, which is the case that is easily overlooked.
#[tokio::test]
async fn eventbridge_names_the_entry_that_it_refused() {
    let Some(stack) = stack() else { return };
    let bus = EventBridge::new(stack.aws.config(), "default");
    let reserved = BusEvent { source: "aws.souk".to_owned(), ..event(1, "") };
    assert_eq!(bus.publish(&[event(0, ""), reserved, event(2, "")]).await.unwrap(), [1]);
}
