//! Where records lie that can't be read: in the work bucket, beside those that Lambda gives up, in the form in which Lambda leaves them there.
//!
//! `make redrive Q=outbox-relay` brings both back (infra/local/dead_letters.py).

use std::sync::Arc;

use platform::{
    Aws, ObjectStore,
    objects::{Put, S3Objects},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The way to the work bucket.
pub struct Aside(Box<dyn Fn() -> Arc<dyn ObjectStore> + Send + Sync>);

/// A batch as it came, with the place for what can't be read of it.
pub(crate) struct Batch<'a> {
    pub(crate) aside: &'a Aside,
    pub(crate) payload: &'a str,
}

#[derive(Deserialize)]
struct Records<'a> {
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}

/// A batch that nothing was made of, with its payload as a text.
#[derive(Serialize)]
struct Left {
    condition: &'static str,
    payload: String,
}

impl Aside {
    /// The way to a bucket, whose client is made when it is gone to: seldom, and then a start need not have waited for it.
    pub(crate) fn in_bucket(aws: Aws, bucket: String) -> Self {
        Self(Box::new(move || -> Arc<dyn ObjectStore> {
            Arc::new(S3Objects::new(aws.config(), bucket.as_str()))
        }))
    }

    #[cfg(test)]
    pub(crate) fn at(work: Arc<dyn ObjectStore>) -> Self {
        Self(Box::new(move || work.clone()))
    }
}

impl Batch<'_> {
    /// Lays the record at a place of the batch aside, under its number in the stream; answers whether it lies there.
    pub(crate) async fn lay_aside(&self, at: usize, sequence: &str) -> bool {
        let Some(object) = left(self.payload, at) else { return false };
        let put = Put::of("application/json");
        match (self.aside.0)().put(&format!("stream/{sequence}.json"), object.into(), put).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(
                    stream.sequence = sequence,
                    error = &error as &dyn std::error::Error,
                    "a record could not be laid aside"
                );
                false
            }
        }
    }
}

/// A batch of one record of a batch, as an object.
fn left(payload: &str, at: usize) -> Option<String> {
    let batch: Records<'_> = serde_json::from_str(payload).ok()?;
    let payload = format!(r#"{{"Records":[{}]}}"#, batch.records.get(at)?.get());
    serde_json::to_string(&Left { condition: "Unreadable", payload }).ok()
}
