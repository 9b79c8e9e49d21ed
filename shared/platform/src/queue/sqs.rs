use async_trait::async_trait;
use aws_sdk_sqs::{Client, types::SendMessageBatchRequestEntry};
use aws_types::SdkConfig;

use super::{LIMITS, Queue};
use crate::{
    aws,
    batches::{self, Outcome},
    error::Error,
};

/// A standard queue of SQS.
#[derive(Clone, Debug)]
pub struct Sqs {
    pub(super) client: Client,
    pub(super) url: String,
}

impl Sqs {
    pub fn new(config: &SdkConfig, url: impl Into<String>) -> Self {
        Self { client: Client::new(config), url: url.into() }
    }

    /// Sends one batch; answers the places in it that failed.
    async fn send_batch(&self, bodies: Vec<String>) -> Result<Vec<usize>, Error> {
        let entry = |(at, body): (usize, String)| {
            SendMessageBatchRequestEntry::builder()
                .id(at.to_string())
                .message_body(body)
                .build()
                .map_err(Error::rejected)
        };
        let entries = bodies.into_iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let answer = call.send().await.map_err(aws::error)?;
        let failed = answer.failed().iter().filter_map(|entry| {
            tracing::warn!(error.code = entry.code(), "the queue refused a message");
            entry.id().parse().ok()
        });
        let mut failed: Vec<usize> = failed.collect();
        // The service names them in its own order.
        failed.sort_unstable();
        Ok(failed)
    }
}

#[async_trait]
impl Queue for Sqs {
    async fn send(&self, bodies: Vec<String>) -> Result<Vec<usize>, Error> {
        let batches = batches::cut(bodies.iter().map(String::len), LIMITS)?;
        let mut outcome = Outcome::default();
        let mut bodies = bodies.into_iter();
        for batch in batches {
            match self.send_batch(bodies.by_ref().take(batch.len()).collect()).await {
                Ok(failed) => outcome.answered(&batch, failed),
                Err(reason) => outcome.failed(batch, reason),
            }
        }
        outcome.finish()
    }
}
