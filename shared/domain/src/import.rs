//! Imports: a vendor's feed on its way into staged products.
//!
//! A job is planned once (its source is read, cut into chunks and counted) and then staged chunk by chunk, in any order.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Currency, IllegalTransition, ImportId, Timestamp, UploadId, VendorId, feed::Refusal, text::Text,
};

/// `pending -> running -> completed|completed_with_errors|failed|cancelled`, `failed|cancelled -> running`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    Pending,
    Running,
    Completed,
    /// All of the feed was read, and some of its rows were refused.
    CompletedWithErrors,
    /// The feed as a whole could not be read, or the job did not get on; `failure` says why.
    Failed,
    /// The vendor ended it.
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportEvent {
    Started,
    /// Its last chunk is staged and no row was refused.
    Completed,
    CompletedWithErrors,
    Failed,
    Cancelled,
}

impl ImportStatus {
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Running,
        Self::Completed,
        Self::CompletedWithErrors,
        Self::Failed,
        Self::Cancelled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::CompletedWithErrors => "completed_with_errors",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn on(self, event: ImportEvent) -> Result<Self, IllegalTransition> {
        use ImportEvent as E;
        match (self, event) {
            (Self::Pending | Self::Running | Self::Failed | Self::Cancelled, E::Started) => Ok(Self::Running),
            (Self::Running | Self::Completed, E::Completed) => Ok(Self::Completed),
            (Self::Running | Self::CompletedWithErrors, E::CompletedWithErrors) => {
                Ok(Self::CompletedWithErrors)
            }
            (Self::Pending | Self::Running | Self::Failed, E::Failed) => Ok(Self::Failed),
            (Self::Pending | Self::Running | Self::Cancelled, E::Cancelled) => Ok(Self::Cancelled),
            _ => Err(IllegalTransition { machine: "import", state: self.as_str(), event: event.as_str() }),
        }
    }
}

impl ImportEvent {
    pub const ALL: [Self; 5] =
        [Self::Started, Self::Completed, Self::CompletedWithErrors, Self::Failed, Self::Cancelled];

    fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Completed => "completed",
            Self::CompletedWithErrors => "completed_with_errors",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Where a job's feed comes from, as it was when the job was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// Fetched from the vendor's address.
    Url { url: String },
    /// Uploaded to the work bucket.
    Upload { upload_id: UploadId, key: String },
}

/// Leave to upload a feed, and what was said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    pub id: UploadId,
    pub vendor_id: VendorId,
    pub filename: Text<200>,
    /// In bytes.
    pub content_length: u64,
    /// Where it lies in the work bucket.
    pub key: String,
    pub created_at: Timestamp,
}

/// Where a feed is uploaded to in the work bucket.
pub fn upload_key(vendor: VendorId, id: UploadId) -> String {
    format!("feeds/{vendor}/{id}")
}

/// Where the rows of a plan's chunk lie in the work bucket.
pub fn chunk_key(vendor: VendorId, id: ImportId, plan: &str, chunk: u32) -> String {
    format!("imports/{vendor}/{id}/{plan}/{chunk:05}.rows.jsonl")
}

/// Where the errors of a plan's chunk lie in the work bucket, all of them.
pub fn errors_key(vendor: VendorId, id: ImportId, plan: &str, chunk: u32) -> String {
    format!("imports/{vendor}/{id}/{plan}/{chunk:05}.errors.jsonl")
}

/// How a feed was read: set once, when all of it is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Tells the chunks of this reading from those of one that was given up.
    pub id: String,
    pub chunks: u32,
    /// `tab`, `comma` or `semicolon`.
    pub delimiter: String,
    /// `utf-8`, or `windows-1252` where rows were not UTF-8.
    pub encoding: String,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// Stable: programs may depend on it.
    #[schema(example = "missing_columns")]
    pub code: String,
    /// For people; it may change.
    pub message: String,
}

impl From<&Refusal> for Failure {
    fn from(refusal: &Refusal) -> Self {
        Self { code: refusal.code().to_owned(), message: format!("{refusal}.") }
    }
}

/// One import of a vendor's feed.
///
/// Each row that was read is counted in `rows_done` and in exactly one of `rows_failed`, `created`, `updated` and `unchanged`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportJob {
    pub id: ImportId,
    pub vendor_id: VendorId,
    pub status: ImportStatus,
    pub source: Source,
    /// The currency of prices that name none.
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    pub rows_total: u64,
    pub rows_done: u64,
    pub rows_failed: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    pub chunks_done: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    pub version: u64,
    /// How often its work was asked for again since it last got on.
    #[serde(default)]
    pub pushes: u32,
    /// Of the request that began it, as the store noted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
}

impl ImportJob {
    pub fn new(
        id: ImportId,
        vendor_id: VendorId,
        source: Source,
        currency: Currency,
        language: Option<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            vendor_id,
            status: ImportStatus::Pending,
            source,
            currency,
            language,
            rows_total: 0,
            rows_done: 0,
            rows_failed: 0,
            created: 0,
            updated: 0,
            unchanged: 0,
            plan: None,
            chunks_done: 0,
            failure: None,
            created_at: now,
            started_at: None,
            finished_at: None,
            updated_at: now,
            version: 1,
            pushes: 0,
            correlation_id: None,
        }
    }

    /// When the job is looked at again unless it gets on (rule 10): as soon as its queue may have nothing left that would bring it on.
    ///
    /// A pending job's one message is at most hidden after a first try that failed. A running one's have all been tried as often as they are
    /// ever tried, and lie with the dead letters.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.status {
            ImportStatus::Pending => Some(self.updated_at + HIDDEN),
            ImportStatus::Running => Some(self.updated_at + HIDDEN * TRIES),
            ImportStatus::Completed
            | ImportStatus::CompletedWithErrors
            | ImportStatus::Failed
            | ImportStatus::Cancelled => None,
        }
    }

    /// Why a job ends that was pushed as often as makes sense; `None` while another push may help.
    pub fn stalled(&self) -> Option<Failure> {
        (self.pushes >= MAX_PUSHES).then(|| Failure {
            code: "stalled".to_owned(),
            message: "It did not get on, however often it was tried again. Start a new one.".to_owned(),
        })
    }

    /// How the job ends once all of its chunks are staged, `None` while some are not.
    pub fn outcome(&self) -> Option<ImportEvent> {
        let plan = self.plan.as_ref()?;
        (self.status == ImportStatus::Running && self.chunks_done >= plan.chunks).then_some(
            if self.rows_failed == 0 { ImportEvent::Completed } else { ImportEvent::CompletedWithErrors },
        )
    }
}

/// What became of the rows of a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub failed: u32,
    pub created: u32,
    pub updated: u32,
    pub unchanged: u32,
}

impl Tally {
    /// All rows of the chunk.
    pub fn rows(self) -> u32 {
        self.failed + self.created + self.updated + self.unchanged
    }
}

/// For how long the import queue hides a message that was handed out (`VisibilityTimeout` in template.yaml).
pub const HIDDEN: Duration = Duration::from_secs(720);
/// How often it hands a message out before that lies with the dead letters (`maxReceiveCount` in template.yaml).
pub const TRIES: u32 = 5;
/// How often the work of a job that does not get on is asked for again: enough for a fault that lasts some hours.
pub const MAX_PUSHES: u32 = 3;

/// A step of a job, as its message says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Work {
    /// Read the source, cut it into chunks, and ask for each to be staged.
    Plan { vendor_id: VendorId, import_id: ImportId },
    /// Stage one chunk of a plan; the first is 1.
    Stage { vendor_id: VendorId, import_id: ImportId, plan: String, chunk: u32 },
    /// Look at a job that is due: ask again for what is left of it, or end it.
    Look { vendor_id: VendorId, import_id: ImportId },
}

/// The most of a job's row errors that are kept in the table.
pub const MAX_KEPT_ERRORS: u64 = 1_000;

#[cfg(test)]
mod tests;
