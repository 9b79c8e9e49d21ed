//! The first half of reading: bytes as they come become rows of known fields, each with its number.

mod body;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Column, MAX_BYTES, MAX_COLUMNS, MAX_ROW_BYTES, Refusal, RowError};
use body::{Body, DELIMITERS};

/// A row whose fields are texts still, or what was wrong with it as a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawRow {
    /// The header is row 1.
    pub row: u32,
    /// Those of known columns that are not empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Column, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RowError>,
}

/// What a feed was, once all of it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub rows: u32,
    /// `tab`, `comma` or `semicolon`.
    pub delimiter: &'static str,
    /// `utf-8`, or `windows-1252` where rows were not UTF-8.
    pub encoding: &'static str,
}

/// Reads a feed. Of rows with the same id the first counts; the others are errors, so that the outcome does not depend on the order in
/// which rows are worked on.
#[derive(Debug, Default)]
pub struct Reader {
    /// Before the header's end has come.
    opening: Vec<u8>,
    body: Option<Body>,
    bytes: u64,
}

impl Reader {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and answers the rows that they complete.
    ///
    /// # Errors
    /// [`Refusal`]: the feed can't be read at all.
    pub fn push(&mut self, bytes: &[u8]) -> Result<VecDeque<RawRow>, Refusal> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.bytes > MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        match &mut self.body {
            Some(body) => {
                body.records.push(bytes);
                body.rows()
            }
            None => {
                self.opening.extend_from_slice(bytes);
                // The header may hold quoted line breaks: it is looked at once there is enough for the largest one.
                if self.opening.len() <= MAX_ROW_BYTES {
                    return Ok(VecDeque::new());
                }
                self.open(false)
            }
        }
    }

    /// The feed has ended: answers the last rows and what it was.
    ///
    /// # Errors
    /// [`Refusal`]: the feed can't be read at all.
    pub fn finish(mut self) -> Result<(VecDeque<RawRow>, Summary), Refusal> {
        let mut rows = VecDeque::new();
        if self.body.is_none() {
            rows = self.open(true)?;
        }
        let mut body = self.body.take().ok_or(Refusal::Empty)?;
        body.records.end();
        rows.extend(body.rows()?);
        let encoding = if body.fallback { "windows-1252" } else { "utf-8" };
        Ok((rows, Summary { rows: body.rows, delimiter: body.delimiter.name, encoding }))
    }

    /// Reads the header and what else is there.
    fn open(&mut self, ended: bool) -> Result<VecDeque<RawRow>, Refusal> {
        let opening = std::mem::take(&mut self.opening);
        let text = opening.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&opening);
        // UTF-16 has zero bytes, archives and pictures have them too.
        if text.contains(&0) || text.starts_with(b"<") || text.starts_with(b"{") {
            return Err(Refusal::NotATable);
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            return Err(Refusal::Empty);
        }
        let mut found = DELIMITERS
            .into_iter()
            .filter_map(|delimiter| Body::open(delimiter, text, ended))
            .collect::<Vec<_>>();
        // The one under which most of the columns are known.
        found.sort_by_key(|body| std::cmp::Reverse((body.header.known(), body.header.len())));
        let mut body = found.into_iter().next().ok_or(Refusal::NotATable)?;
        if body.header.known() == 0 {
            return Err(Refusal::NotATable);
        }
        if body.header.len() > MAX_COLUMNS {
            return Err(Refusal::TooManyColumns);
        }
        let missing = body.header.missing();
        if !missing.is_empty() {
            return Err(Refusal::MissingColumns(missing));
        }
        let rows = body.rows()?;
        self.body = Some(body);
        Ok(rows)
    }
}
