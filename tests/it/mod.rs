//! The marketplace as it is deployed: these tests talk to the running stack that `make test` brings up.
//!
//! **Invariant:** each test makes vendors, goods and customers of its own, so that all of them run beside each other on one stack, and
//! beside whatever was made there before.

mod bad_input;
mod contract;
mod coverage;
mod dead_letters;
mod money;
mod parties;
mod payouts;
mod picture;
mod readme;
mod relay;
mod samples;
mod stampede;
mod template;
mod way;
mod webhooks;

use souk_tests::deployed::{dynamodb, sale, shop, stack, stripe};
