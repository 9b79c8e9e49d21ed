//! What of the table's stream can't be told lies in the work bucket, and comes back when its cause is mended.

use platform::{
    ObjectStore,
    objects::{Put, S3Objects},
};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    dynamodb::aws,
    stack::{Stack, text, unique},
    template::root,
};

/// A batch of one new cart, of which everything can be read, or not.
fn batch(sequence: &str, readable: bool) -> Value {
    let sample = include_str!("../../events/outbox-relay/cart-created.json");
    let mut batch: Value = serde_json::from_str(sample).unwrap();
    let change = &mut batch["Records"][0]["dynamodb"];
    change["SequenceNumber"] = sequence.into();
    if !readable {
        change["NewImage"]["tags"] = json!({"SS": ["a"]});
    }
    batch
}

#[tokio::test]
async fn a_record_that_cannot_be_read_lies_aside_and_one_behind_it_comes_back() {
    let stack = Stack::find();
    let work = S3Objects::new(aws(&stack.at.emulator_url).config(), "souk-work-000000000000-eu-central-1");
    let sequence = unique("unreadable");
    let unreadable = batch(&sequence, false);
    let answer = stack.invoke("outbox-relay", &unreadable).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let aside = format!("stream/{sequence}.json");
    let object = work.get(&aside).await.unwrap().expect("it lies aside");
    let object: Value = serde_json::from_slice(&object.bytes).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text(&object["payload"])).unwrap(), unreadable);

    // As Lambda leaves it, when the bus has been down for too long.
    let given_up = format!("aws/lambda/{}", unique("given-up"));
    let left = json!({"version": "1.0", "payload": batch(&unique("readable"), true).to_string()});
    work.put(&given_up, left.to_string().into(), Put::of("application/json")).await.unwrap();
    let ran = Command::new("make").args(["redrive", "Q=outbox-relay"]).current_dir(root()).output().await;
    let said = String::from_utf8_lossy(&ran.unwrap().stderr).into_owned();
    assert!(said.contains(&format!("{aside}: fails again")), "{said}");
    assert!(!said.contains(&given_up), "{said}");
    assert_eq!(work.head(&given_up).await.unwrap(), None);
    assert!(work.head(&aside).await.unwrap().is_some());
    work.delete(&aside).await.unwrap();
}
