//! HTTP function.
