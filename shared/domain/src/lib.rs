//! The marketplace's words, state machines and rules. No I/O, no clock, no async, no SDK: time, ids and randomness come in as values.
//!
//! Each state machine is one total function `state.on(event)`: a repeated event leads to the state that it already led to,
//! and what the machine does not allow is an [`IllegalTransition`].

pub mod account;
pub mod address;
pub mod cart;
pub mod category;
pub mod country;
pub mod currency;
pub mod email;
pub mod feed;
pub mod hold;
pub mod id;
pub mod import;
pub mod ledger;
pub mod mail;
pub mod media;
pub mod money;
pub mod moves;
pub mod order;
mod parsed;
pub mod payment;
pub mod payouts;
pub mod product;
pub mod reconciliation;
pub mod settlement;
pub mod shipment;
pub mod shipping;
pub mod slug;
pub mod split;
pub mod staged;
pub mod tax;
pub mod tenant;
pub mod text;
pub mod time;
pub mod variant;
pub mod vendor;

pub use currency::Currency;
pub use id::*;
pub use money::Money;
pub use tenant::{Channel, Tenant};
pub use time::Timestamp;

/// A state machine was asked for an edge that it does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{machine}: {event} is not allowed in {state}")]
pub struct IllegalTransition {
    pub machine: &'static str,
    pub state: &'static str,
    pub event: &'static str,
}
