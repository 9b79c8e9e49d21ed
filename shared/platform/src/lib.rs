//! What the functions stand on: configuration, clock, ids, randomness, passwords, telemetry, and the ports to the object store,
//! the bus, the queue and the mailer, each with its AWS adapter and its in-process engine.
//!
//! **Invariant:** the environment is read in [`config`] alone, wall time in [`clock`] alone, the system's randomness in [`random`] alone;
//! all else takes them as values or ports, so that a simulation can put its own in their place.

pub mod aws;
pub mod batch;
mod batches;
pub mod bus;
pub mod clock;
pub mod config;
mod error;
pub mod fault;
mod guarded;
pub mod http;
pub mod ids;
pub mod mail;
pub mod objects;
pub mod password;
pub mod queue;
pub mod random;
pub mod secret;
pub mod telemetry;

pub use aws::Aws;
pub use bus::{Bus, BusEvent};
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::Env;
pub use error::{Error, Source};
pub use fault::{Fault, Gate};
pub use ids::Ids;
pub use mail::{Mail, Mailer};
pub use objects::ObjectStore;
pub use password::Passwords;
pub use queue::Queue;
pub use random::{OsRandom, Random, SeededRandom};
pub use secret::Secret;

/// A call is mostly small pieces of memory taken and given back: glibc's allocator spends a quarter of a call's instructions on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
