//! A small stateful Stripe for laptops, tests and the simulation.
//!
//! [`Machine`] is Stripe as far as the marketplace uses it: payment intents, charges, refunds, connected accounts, transfers, disputes, balances and events, with Stripe's
//! idempotency, errors and strictness. It is plain synchronous code: time is passed in and ids come from a seed, so one run can be
//! repeated exactly. Two front ends share it: [`server`] speaks Stripe's API over loopback HTTP and delivers signed webhooks, and
//! [`InProcessStripe`] is the `payments::Stripe` port for everything that runs in one process.
//!
//! What is absent: manual capture, minimum amounts, evidence in disputes, and the days that money waits before it is available.

#![recursion_limit = "512"] // the objects are one `json!` each

mod in_process;
pub mod machine;
pub mod server;

pub use in_process::InProcessStripe;
pub use machine::{Endpoint, Faults, Machine, Misbehaviour, Outgoing};
