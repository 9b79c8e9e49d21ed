//! The marketplace as a whole, for its tests, its soak and its benchmarks: everything in one process under a seed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a simulation is a test: what it did not expect ends it"
)]

pub mod simulation;
