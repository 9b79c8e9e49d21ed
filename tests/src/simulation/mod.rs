//! The whole marketplace in one process under a seed: every function's handler on the in-process engines, time and chance given.
//!
//! [`World`] is the functions and what they stand on; tests walk through it step by step. [`run()`] lets it live: customers, vendors, Stripe and the
//! ways between the functions act beside each other, calls fail, functions are stopped, deliveries come twice, late or never; then everything comes
//! to rest, and the rules of the marketplace are read off the table, Stripe and the mails.
//!
//! **Invariant:** one seed makes one run: no order of a hash map, wall clock, thread or unseeded choice reaches it.

mod bank;
mod catalogue;
mod chaos;
mod courier;
mod customer;
mod dice;
pub mod flash;
mod life;
mod matrix;
mod mutation;
mod queue;
mod refunds;
pub mod rules;
mod run;
mod shrink;
mod stripe;
mod vendor;
mod world;

pub use chaos::{Chaos, Weather};
pub use dice::Dice;
pub use matrix::{Kind, Matrix};
pub use mutation::Mutation;
pub use run::{Left, Outcome, Plan, run, story};
pub use shrink::shrink;
pub use world::{
    Answer, CHUNK_ROWS, HARD_HOLD, SOFT_HOLD, START_MS, Shop, Surroundings, Works, World, never_made,
    purchase, upload,
};
