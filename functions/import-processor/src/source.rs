//! The bytes of a job's feed, from wherever they come.

use bytes::Bytes;
use domain::import::{Failure, ImportJob, Source};

use crate::{
    Deps,
    pull::{Body, PullError},
};

/// How much of an uploaded feed is read at a time.
const PIECE: u64 = 4 * 1024 * 1024;

/// Why a feed was not read to its end.
pub(crate) enum Stopped {
    /// It never will be.
    For(Failure),
    /// It may be, a little later.
    Now(platform::Error),
}

impl From<PullError> for Stopped {
    fn from(error: PullError) -> Self {
        tracing::info!(error = &error as &dyn std::error::Error, "the feed was not fetched");
        Self::For(Failure { code: error.code().to_owned(), message: format!("{error}.") })
    }
}

impl From<platform::Error> for Stopped {
    fn from(error: platform::Error) -> Self {
        if error.is_retryable() {
            return Self::Now(error);
        }
        tracing::error!(error = &error as &dyn std::error::Error, "the work bucket refused a call");
        Self::For(crate::ours())
    }
}

/// A feed that is being read.
pub(crate) enum Feed<'a> {
    Uploaded { deps: &'a Deps, key: &'a str, read: u64, ended: bool },
    Fetched(Box<dyn Body>),
}

impl<'a> Feed<'a> {
    pub(crate) async fn open(deps: &'a Deps, job: &'a ImportJob) -> Result<Self, Stopped> {
        match &job.source {
            Source::Upload { key, .. } => Ok(Self::Uploaded { deps, key, read: 0, ended: false }),
            Source::Url { url } => Ok(Self::Fetched(deps.pull.open(url).await?)),
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Stopped> {
        match self {
            Self::Fetched(body) => Ok(body.next().await.map_err(PullError::Broken)?),
            Self::Uploaded { ended: true, .. } => Ok(None),
            Self::Uploaded { deps, key, read, ended } => {
                let bytes = deps.objects.get_range(key, *read..*read + PIECE).await?;
                let bytes = bytes.ok_or_else(|| {
                    let message = "The uploaded feed is not there any more.".to_owned();
                    Stopped::For(Failure { code: "upload_missing".to_owned(), message })
                })?;
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                *read += length;
                *ended = length < PIECE;
                Ok(Some(bytes))
            }
        }
    }
}
