//! Objects: pictures, feeds and raw payloads, each under a key.
//!
//! **Invariant:** an [`Upload`] makes a new object of the declared type and length or none: it never replaces one,
//! since the store itself enforces the headers that are signed.

#[cfg(test)]
mod conformance;
mod memory;
mod s3;

use std::{collections::BTreeMap, fmt, ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

pub use memory::MemoryObjects;
pub use s3::S3Objects;

use crate::error::Error;

/// How an object is to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    pub content_type: String,
    pub cache_control: Option<String>,
    /// Whether to leave an object that is there alone and fail with [`Error::Exists`].
    pub if_absent: bool,
}

impl Put {
    /// Stores under this type, in place of what was there.
    pub fn of(content_type: impl Into<String>) -> Self {
        Self { content_type: content_type.into(), ..Self::default() }
    }
}

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// In bytes.
    pub size: u64,
    pub content_type: String,
    /// Changes when the content does; opaque.
    pub etag: String,
}

/// An object as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub bytes: Bytes,
    pub content_type: String,
    /// Changes when the content does; opaque.
    pub etag: String,
}

/// Leave to upload one object: a request that its holder sends with exactly these headers. `Debug` hides the signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    pub url: String,
    pub method: String,
    pub headers: BTreeMap<String, String>,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("method", &self.method)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// One bucket of objects. An absent object is `None`, not an error.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Stores an object.
    ///
    /// # Errors
    /// [`Error::Exists`] where [`Put::if_absent`] asks for it.
    async fn put(&self, key: &str, body: Bytes, put: Put) -> Result<(), Error>;

    /// Reads a whole object into memory.
    async fn get(&self, key: &str) -> Result<Option<Object>, Error>;

    /// Reads the bytes from `range.start` up to `range.end`, which it leaves out; fewer, down to none, where the object ends before.
    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Bytes>, Error>;

    async fn head(&self, key: &str) -> Result<Option<Head>, Error>;

    /// Deletes an object; one that is not there is deleted already.
    async fn delete(&self, key: &str) -> Result<(), Error>;

    /// Gives leave to upload one new object of this type and of exactly this length in bytes, for as long as `ttl`, at most seven days.
    async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        content_length: u64,
        ttl: Duration,
    ) -> Result<Upload, Error>;
}
