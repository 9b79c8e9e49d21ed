//! Stripe behind a port: payment intents, refunds and webhook verification, in types of our own.
//!
//! The port is [`Stripe`]; [`LiveStripe`] speaks to Stripe itself. A function that only verifies webhooks calls [`webhook`] and
//! never names `LiveStripe`, so that the linker leaves the HTTP client out of its binary.
//!
//! **Invariant:** no client secret, API key or Stripe object appears in a `Debug` or `Display` of this crate.
#![recursion_limit = "256"]

mod error;
mod intent;
mod live;
mod port;
mod refund;
mod secret;
pub mod webhook;

pub use error::{Cause, StripeError};
pub use intent::{Intent, IntentId, IntentStatus, InvalidIntentId, NewIntent};
pub use live::{ConfigError, LiveStripe};
pub use port::Stripe;
pub use refund::{NewRefund, Refund, RefundStatus};
pub use secret::Secret;
