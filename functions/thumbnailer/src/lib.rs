//! Event function.
