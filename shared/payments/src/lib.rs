//! Stripe behind ports: payment intents and refunds, connected accounts, transfers, and webhook verification, in types of our own.
//!
//! The ports are [`Stripe`], [`Transfers`] and [`Connect`], apart so that a function carries no more of it than it calls; [`LiveStripe`] speaks to
//! Stripe itself. A function that only verifies webhooks calls [`webhook`] and
//! never names `LiveStripe`, so that the linker leaves the HTTP client out of its binary.
//!
//! **Invariant:** no client secret, API key or Stripe object appears in a `Debug` or `Display` of this crate.
#![recursion_limit = "256"]

mod connect;
mod dispute;
mod error;
mod fuse;
mod intent;
mod key;
mod live;
mod port;
mod refund;
mod secret;
mod transfer;
pub mod webhook;

pub use connect::{ConnectedAccount, NewAccount, NewOnboarding, Onboarding, Payout};
pub use dispute::{Dispute, DisputeStatus};
pub use error::{Cause, StripeError};
pub use fuse::Fuse;
pub use intent::{Intent, IntentId, IntentStatus, InvalidIntentId, NewIntent};
pub use key::keys;
pub use live::{ConfigError, LiveStripe};
pub use port::{Connect, Stripe, Transfers};
pub use refund::{NewRefund, Refund, RefundStatus};
pub use secret::Secret;
pub use transfer::{Funds, NewReversal, NewTransfer, Reversal, Takings, Transfer};
