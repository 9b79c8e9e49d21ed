//! Feeds: tables of a vendor's goods in the shape of Google Shopping and Letzshop, as text between tabs, commas or semicolons.
//!
//! Reading has two halves. [`Reader`] takes the bytes as they come and answers [`RawRow`]s: records, decoded, their fields by
//! [`Column`]. [`FeedRow::read`] makes values of one such row. The first half sees the whole feed, the second a row alone, so that
//! rows can be read in any order and anywhere.
//!
//! **Invariant:** no row is lost: every record behind the header is answered, as fields or as an error with its number.

mod address;
mod amount;
mod column;
mod link;
mod reader;
mod records;
mod row;
pub mod sample;
mod text;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use address::{Reach, allowed};
pub use amount::{BadAmount, price};
pub use column::Column;
pub use link::{BadLink, MAX_LINK, link};
pub use reader::{RawRow, Reader, Summary};
pub use row::{Availability, FeedRow};

/// The largest feed, in bytes.
pub const MAX_BYTES: u64 = 100 * 1024 * 1024;
/// The most rows of a feed.
pub const MAX_ROWS: u32 = 250_000;
/// The most columns of a feed.
pub const MAX_COLUMNS: usize = 200;
/// The largest record, in bytes.
pub const MAX_ROW_BYTES: usize = 128 * 1024;
/// So many records without an end, and the text is no table.
pub const MAX_BROKEN: u32 = 2_000;

/// Why a feed as a whole can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the feed is empty")]
    Empty,
    #[error("the feed is no text between tabs, commas or semicolons")]
    NotATable,
    #[error("required columns are missing: {}", .0.join(", "))]
    MissingColumns(Vec<&'static str>),
    #[error("a feed has at most {MAX_COLUMNS} columns")]
    TooManyColumns,
    #[error("a feed has at most {MAX_ROWS} rows")]
    TooManyRows,
    #[error("a feed has at most {} MiB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    #[error("more than {MAX_BROKEN} rows have quotation marks that are never closed, or no end")]
    Broken,
}

impl Refusal {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_feed",
            Self::NotATable => "not_a_table",
            Self::MissingColumns(_) => "missing_columns",
            Self::TooManyColumns => "too_many_columns",
            Self::TooManyRows => "too_many_rows",
            Self::TooLarge => "feed_too_large",
            Self::Broken => "broken_rows",
        }
    }
}

/// What is wrong with a row. The header is row 1, the first behind it row 2, as a spreadsheet shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowError {
    pub row: u32,
    /// The column, where it is one.
    pub column: Option<String>,
    /// What stood there, up to 200 characters.
    pub value: Option<String>,
    /// Stable: programs may depend on it.
    #[schema(example = "invalid_price")]
    pub code: String,
    /// For people; it may change.
    pub message: String,
}

impl RowError {
    fn of_row(row: u32, code: &str, message: impl Into<String>) -> Self {
        Self { row, column: None, value: None, code: code.to_owned(), message: message.into() }
    }

    fn of_field(row: u32, column: Column, value: &str, code: &str, message: impl Into<String>) -> Self {
        let shown: String = value.chars().take(200).collect();
        let value = Some(shown).filter(|shown| !shown.is_empty());
        Self {
            row,
            column: Some(column.name().to_owned()),
            value,
            code: code.to_owned(),
            message: message.into(),
        }
    }
}
