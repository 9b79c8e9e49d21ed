//! What a function's process has around it while it is measured: Lambda's Runtime API on one side, AWS behind TLS on the other.
//!
//! A crate of its own, so that it alone is optimised where the tests are not (Cargo.toml, `profile.dev.package`): what a function waits for is
//! measured with it.
#![allow(clippy::indexing_slicing, reason = "a JSON value answers null for what it lacks")]

mod aws;
mod process;
mod runtime_api;
mod table;

pub use aws::Aws;
pub use process::{How, Lab, Run, WEBHOOK_SECRET};

pub type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
