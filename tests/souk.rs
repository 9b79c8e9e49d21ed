//! Tests of the marketplace as a whole, in one binary: `simulation` runs all functions in this process, `it` talks to a running stack.

#[cfg(test)]
#[path = "../shared/table/tests/engines/dynamodb_local.rs"]
mod dynamodb_local;
#[cfg(test)]
mod it;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod spec;
