//! The engines of the table: one suite on each, and what memory alone can show.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy exempts test functions, not what they share"
)]

mod clock;
mod costs;
mod dynamodb_local;
mod faults;
mod memory;
mod repeats;
mod service;
mod suite;
