//! The marketplace as a whole, for its tests, its soak and its benchmarks: everything in one process under a seed, and as it is deployed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "this is what tests are made of: what it did not expect ends them"
)]

pub mod deployed;
pub mod simulation;
