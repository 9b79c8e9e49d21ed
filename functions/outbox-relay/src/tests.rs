//! Batches with a record that can't be read, on the in-process engines.

use async_trait::async_trait;
use domain::Timestamp;
use platform::{Fault, Gate, ManualClock, ObjectStore, bus::MemoryBus, fault::Open, objects::MemoryObjects};
use serde_json::{Value, json};

use super::*;

struct World {
    bus: Arc<MemoryBus>,
    deps: Deps,
    work: Arc<MemoryObjects>,
    aside: Aside,
}

/// A bus that takes everything, and a bucket behind a gate.
fn world(gate: impl Gate + 'static) -> World {
    let bus = Arc::new(MemoryBus::new());
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_795_248_267)));
    let work = Arc::new(MemoryObjects::behind(clock, Arc::new(gate)));
    World { deps: Deps { bus: bus.clone() }, bus, aside: Aside::at(work.clone()), work }
}

impl World {
    async fn handle(&self, batch: &Value) -> Vec<String> {
        let answer = handle(&self.deps, &self.aside, &batch.to_string()).await.unwrap();
        answer.failures.into_iter().map(|failed| failed.sequence).collect()
    }

    /// The ids of the carts that the bus was told of.
    fn told(&self) -> Vec<String> {
        let published = self.bus.take_published();
        let details = published.iter().map(|event| serde_json::from_str::<Value>(&event.detail).unwrap());
        details.map(|detail| detail["data"]["cart_id"].as_str().unwrap().to_owned()).collect()
    }
}

/// Nobody comes through.
struct Closed;

#[async_trait]
impl Gate for Closed {
    async fn enter(&self, _: &str) -> Fault {
        Fault::Before
    }
}

fn cart(place: usize) -> String {
    format!("crt_3F8Z0K6T9Q2W5XJ7N4B1C8D6E{place}")
}

/// Three new carts; of the second something is stored in a way that is not ours.
fn batch() -> Value {
    let sample = include_str!("../../../events/outbox-relay/cart-created.json");
    let sample: Value = serde_json::from_str(sample).unwrap();
    let records = (1..=3).map(|place| {
        let mut record = sample["Records"][0].clone();
        record["dynamodb"]["SequenceNumber"] = json!(place.to_string());
        record["dynamodb"]["NewImage"]["PK"] = json!({"S": format!("T#platform#CART#{}", cart(place))});
        record["dynamodb"]["NewImage"]["id"] = json!({"S": cart(place)});
        if place == 2 {
            record["dynamodb"]["NewImage"]["tags"] = json!({"SS": ["a"]});
        }
        record
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_laid_aside_whole_and_holds_up_nothing() {
    let world = world(Open);
    let batch = batch();
    for _ in 0..2 {
        assert_eq!(world.handle(&batch).await, Vec::<String>::new());
        assert_eq!(world.told(), [cart(1), cart(3)]);
        assert_eq!(world.work.keys(), ["stream/2.json"]);
    }
    let object = world.work.get("stream/2.json").await.unwrap().unwrap();
    let object: Value = serde_json::from_slice(&object.bytes).unwrap();
    let payload: Value = serde_json::from_str(object["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload, json!({"Records": [batch["Records"][1]]}));
}

#[tokio::test]
async fn so_is_a_record_whose_image_is_not_what_it_says_it_is() {
    let world = world(Open);
    let mut batch = batch();
    let image = &mut batch["Records"][1]["dynamodb"]["NewImage"];
    *image = json!({"PK": image["PK"], "SK": image["SK"], "entity": {"S": "cart"}, "status": {"N": "7"}});
    assert_eq!(world.handle(&batch).await, Vec::<String>::new());
    assert_eq!(world.told(), [cart(1), cart(3)]);
    assert_eq!(world.work.keys(), ["stream/2.json"]);
}

#[tokio::test]
async fn a_record_that_cannot_be_laid_aside_comes_again_and_nothing_behind_it_is_told_before() {
    let world = world(Closed);
    assert_eq!(world.handle(&batch()).await, ["2"]);
    assert_eq!(world.told(), [cart(1)]);
}

#[tokio::test]
async fn what_is_brought_back_and_still_cannot_be_read_is_refused() {
    let world = world(Open);
    let mut back = batch();
    back["brought_back"] = json!(true);
    assert_eq!(world.handle(&back).await, ["2"]);
    assert_eq!(world.work.keys(), Vec::<String>::new());
    back["Records"][1]["dynamodb"]["NewImage"].as_object_mut().unwrap().remove("tags");
    world.told();
    assert_eq!(world.handle(&back).await, Vec::<String>::new());
    assert_eq!(world.told(), [cart(1), cart(2), cart(3)]);
}
