//! Tests of the marketplace as a whole, in one binary: `simulation` runs all functions in this process, `it` talks to a running stack.

#[cfg(test)]
mod simulation;
