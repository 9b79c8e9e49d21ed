//! Tests of the marketplace as a whole.
