//! Batches from a queue: its messages are handled beside each other, and the answer names those that have to come again.

use std::{future::Future, time::Duration};

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::time::error::Elapsed;

use crate::error::Source;

/// A batch of a queue's, as Lambda hands it over; of what comes with a message, only its id and its body are read.
#[derive(Deserialize)]
pub struct Event {
    #[serde(rename = "Records")]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message_id: String,
    body: String,
}

/// What the queue is told: which messages it has to bring again (Lambda, "Reporting batch item failures").
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<Failed>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Failed {
    #[serde(rename = "itemIdentifier")]
    message: String,
}

/// Why a message was not handled.
#[derive(Debug)]
pub enum Failure {
    /// It may go well later, by itself or when somebody has mended what is wrong: the queue brings the message again, and after too often to its dead letters.
    /// So does what can't be read: no message is lost for a fault of ours.
    Retry(Source),
    /// There is nothing to be done any more: this is recorded in the log, and the message is gone.
    Permanent(Source),
}

impl Failure {
    pub fn retry(source: impl Into<Source>) -> Self {
        Self::Retry(source.into())
    }

    pub fn permanent(source: impl Into<Source>) -> Self {
        Self::Permanent(source.into())
    }
}

/// Handles the messages of a batch beside each other, and answers which of them failed.
///
/// Each message has `limit` of time: one that hangs does not take the others with it, and a whole batch is done within it.
pub async fn answer<'a, F>(event: &'a Event, limit: Duration, handle: impl FnMut(&'a str) -> F) -> Answer
where
    F: Future<Output = Result<(), Failure>>,
{
    let messages = event.messages.iter().map(|message| (&*message.message_id, &*message.body));
    let failed = run(messages, limit, handle).await;
    Answer { failures: failed.into_iter().map(|message| Failed { message }).collect() }
}

/// Messages are ids and bodies; answers the ids of those that failed.
async fn run<'a, F>(
    messages: impl IntoIterator<Item = (&'a str, &'a str)>,
    limit: Duration,
    mut handle: impl FnMut(&'a str) -> F,
) -> Vec<String>
where
    F: Future<Output = Result<(), Failure>>,
{
    let handled = messages.into_iter().map(|(id, body)| {
        let outcome = tokio::time::timeout(limit, handle(body));
        async move { again(id, outcome.await, limit).then(|| id.to_owned()) }
    });
    join_all(handled).await.into_iter().flatten().collect()
}

/// Logs what became of a message; answers whether it has to come again.
fn again(id: &str, outcome: Result<Result<(), Failure>, Elapsed>, limit: Duration) -> bool {
    match outcome {
        Ok(Ok(())) => {
            tracing::info!(message.id = id, "handled");
            false
        }
        Ok(Err(Failure::Permanent(error))) => {
            tracing::error!(message.id = id, error = error.as_ref() as &dyn std::error::Error, "given up");
            false
        }
        Ok(Err(Failure::Retry(error))) => {
            tracing::warn!(message.id = id, error = error.as_ref() as &dyn std::error::Error, "comes again");
            true
        }
        Err(_) => {
            tracing::warn!(message.id = id, limit_s = limit.as_secs(), "took too long, comes again");
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_what_may_go_well_later_comes_again() {
        let messages = [("1", "fine"), ("2", "later"), ("3", "never"), ("4", "hangs"), ("5", "fine")];
        let failed = run(messages, Duration::from_secs(5), |body| async move {
            match body {
                "later" => Err(Failure::retry("busy")),
                "never" => Err(Failure::permanent("nonsense")),
                "hangs" => std::future::pending().await,
                _ => Ok(()),
            }
        })
        .await;
        assert_eq!(failed, ["2", "4"]);
    }

    #[tokio::test]
    async fn a_batch_is_read_and_answered_as_lambda_has_it() {
        let event = json!({"Records": [
            {"messageId": "1", "receiptHandle": "AQEB", "body": "fine", "attributes": {"ApproximateReceiveCount": "1"},
             "messageAttributes": {}, "md5OfBody": "e4e6", "eventSource": "aws:sqs", "awsRegion": "eu-central-1"},
            {"messageId": "2", "body": "later"},
        ]});
        let event: Event = serde_json::from_value(event).unwrap();
        let mut seen = Vec::new();
        let answer = answer(&event, Duration::from_secs(5), |body| {
            seen.push(body);
            async move { if body == "later" { Err(Failure::retry("busy")) } else { Ok(()) } }
        })
        .await;
        assert_eq!(
            serde_json::to_value(&answer).unwrap(),
            json!({"batchItemFailures": [{"itemIdentifier": "2"}]})
        );
        assert_eq!(seen, ["fine", "later"]);
        assert_eq!(serde_json::to_value(Answer::default()).unwrap(), json!({"batchItemFailures": []}));
    }
}
