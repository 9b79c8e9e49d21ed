//! Chunks of a feed on the work bucket: rows as JSON, one a line.

use domain::{
    feed::{RawRow, RowError},
    import::{ImportJob, chunk_key, errors_key},
};
use platform::objects::Put;
use serde_json::Error;

use crate::Deps;

/// A chunk of large rows ends when it has so many bytes.
const BYTES: usize = 1024 * 1024;
const TYPE: &str = "application/x-ndjson";

/// Writes the chunks of one reading.
pub(crate) struct Chunks<'a> {
    deps: &'a Deps,
    job: &'a ImportJob,
    plan: String,
    lines: Vec<u8>,
    rows: usize,
    written: u32,
}

impl<'a> Chunks<'a> {
    pub(crate) fn new(deps: &'a Deps, job: &'a ImportJob, plan: String) -> Self {
        Self { deps, job, plan, lines: Vec::new(), rows: 0, written: 0 }
    }

    pub(crate) async fn add(&mut self, row: &RawRow) -> Result<(), platform::Error> {
        // Texts and numbers alone always become JSON.
        if let Ok(line) = serde_json::to_vec(row) {
            self.lines.extend_from_slice(&line);
            self.lines.push(b'\n');
        }
        self.rows += 1;
        if self.rows >= self.deps.chunk_rows || self.lines.len() >= BYTES {
            self.write().await
        } else {
            Ok(())
        }
    }

    /// Writes what is left; answers the plan's id and how many chunks there are.
    pub(crate) async fn close(mut self) -> Result<(String, u32), platform::Error> {
        if self.rows > 0 {
            self.write().await?;
        }
        Ok((self.plan, self.written))
    }

    async fn write(&mut self) -> Result<(), platform::Error> {
        self.written += 1;
        let key = chunk_key(self.job.vendor_id, self.job.id, &self.plan, self.written);
        let lines = std::mem::take(&mut self.lines);
        self.rows = 0;
        self.deps.objects.put(&key, lines.into(), Put::of(TYPE)).await
    }
}

/// Reads a chunk.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<RawRow>, Error> {
    serde_json::Deserializer::from_slice(bytes).into_iter().collect()
}

/// Keeps all errors of a chunk beside it.
pub(crate) async fn keep_errors(
    deps: &Deps,
    job: &ImportJob,
    plan: &str,
    chunk: u32,
    errors: &[RowError],
) -> Result<(), platform::Error> {
    let mut lines = Vec::new();
    for line in errors.iter().filter_map(|error| serde_json::to_vec(error).ok()) {
        lines.extend_from_slice(&line);
        lines.push(b'\n');
    }
    deps.objects.put(&errors_key(job.vendor_id, job.id, plan, chunk), lines.into(), Put::of(TYPE)).await
}
