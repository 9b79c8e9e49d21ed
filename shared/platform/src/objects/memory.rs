use std::{collections::BTreeMap, fmt, ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use domain::Timestamp;
use sha2::{Digest, Sha256};

use super::{Head, Object, ObjectStore, Put, Upload};
use crate::{
    clock::Clock,
    error::Error,
    fault::{self, Gate, Open},
    guarded::Guarded,
};

/// A bucket in this process, which also takes what its uploads allow and tells which keys were written.
pub struct MemoryObjects {
    state: Guarded<State>,
    clock: Arc<dyn Clock>,
    gate: Arc<dyn Gate>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Object>,
    created: Vec<String>,
    uploads: BTreeMap<String, Leave>,
}

/// What an upload's URL allows.
#[derive(Clone)]
struct Leave {
    key: String,
    content_type: String,
    content_length: u64,
    until: Timestamp,
}

#[derive(Debug, thiserror::Error)]
#[error("the upload is not as it was allowed")]
struct NotAllowed;

impl MemoryObjects {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::behind(clock, Arc::new(Open))
    }

    /// Makes a bucket whose calls go through `gate`.
    pub fn behind(clock: Arc<dyn Clock>, gate: Arc<dyn Gate>) -> Self {
        Self { state: Guarded::default(), clock, gate }
    }

    /// Takes the keys that were written since the last time, in order, once for each time: what S3 would notify of.
    pub fn take_created(&self) -> Vec<String> {
        self.state.with(|state| std::mem::take(&mut state.created))
    }

    /// Answers all keys, in order.
    pub fn keys(&self) -> Vec<String> {
        self.state.with(|state| state.objects.keys().cloned().collect())
    }

    /// Does what the holder of an upload does.
    ///
    /// # Errors
    /// [`Error::Rejected`] when the body's length is another or the time is over; [`Error::Exists`] when the object is there.
    pub async fn upload(&self, upload: &Upload, body: Bytes) -> Result<(), Error> {
        let now = self.clock.now();
        fault::pass(&*self.gate, "objects.upload", || {
            self.state.with(|state| {
                let leave = state.uploads.get(&upload.url).cloned();
                let leave = leave.filter(|leave| length(&body) == leave.content_length && now < leave.until);
                let leave = leave.ok_or_else(|| Error::rejected(NotAllowed))?;
                state.put(&leave.key, body, Put { if_absent: true, ..Put::of(leave.content_type) })
            })
        })
        .await
    }
}

impl State {
    fn put(&mut self, key: &str, bytes: Bytes, put: Put) -> Result<(), Error> {
        if put.if_absent && self.objects.contains_key(key) {
            return Err(Error::Exists);
        }
        let etag = format!("\"{}\"", hex::encode(Sha256::digest(&bytes)));
        self.objects.insert(key.to_owned(), Object { bytes, content_type: put.content_type, etag });
        self.created.push(key.to_owned());
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for MemoryObjects {
    async fn put(&self, key: &str, body: Bytes, put: Put) -> Result<(), Error> {
        fault::pass(&*self.gate, "objects.put", || self.state.with(|state| state.put(key, body, put))).await
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        fault::pass(&*self.gate, "objects.get", || {
            Ok(self.state.with(|state| state.objects.get(key).cloned()))
        })
        .await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Bytes>, Error> {
        fault::pass(&*self.gate, "objects.get_range", || {
            Ok(self.state.with(|state| state.objects.get(key).map(|object| part(&object.bytes, &range))))
        })
        .await
    }

    async fn head(&self, key: &str) -> Result<Option<Head>, Error> {
        fault::pass(&*self.gate, "objects.head", || {
            Ok(self.state.with(|state| {
                state.objects.get(key).map(|object| Head {
                    size: length(&object.bytes),
                    content_type: object.content_type.clone(),
                    etag: object.etag.clone(),
                })
            }))
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        fault::pass(&*self.gate, "objects.delete", || {
            self.state.with(|state| state.objects.remove(key));
            Ok(())
        })
        .await
    }

    /// Passes no gate: signing is arithmetic and calls nobody.
    async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        content_length: u64,
        ttl: Duration,
    ) -> Result<Upload, Error> {
        let until = self.clock.now() + ttl;
        let url = self.state.with(|state| {
            let url = format!("memory://uploads/{}/{key}", state.uploads.len());
            let leave =
                Leave { key: key.to_owned(), content_type: content_type.to_owned(), content_length, until };
            state.uploads.insert(url.clone(), leave);
            url
        });
        let headers = [
            ("content-type", content_type),
            ("content-length", &content_length.to_string()),
            ("if-none-match", "*"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Upload { url, method: "PUT".to_owned(), headers: headers.into() })
    }
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn part(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let clamp = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let (start, end) = (clamp(range.start), clamp(range.end));
    if start < end { bytes.slice(start..end) } else { Bytes::new() }
}

impl fmt::Debug for MemoryObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryObjects").finish_non_exhaustive()
    }
}
