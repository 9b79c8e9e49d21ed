//! What the marketplace publishes: the envelope, the payloads, and the pure functions from an item's change to its events.
//!
//! **Invariant:** nothing is published that was not committed (rule 9): an event is computed from an item's old and new image alone, and
//! its id from the item's key, its version and the event's type, so that a repeat is recognised.
//! **Invariant:** no event holds a mail address, a postal address, a name of a person, a token or a secret.

mod cart;
pub mod data;
mod derive;
mod envelope;
mod money;
mod order;
mod people;
mod product;
mod reminder;
mod variant;
mod work;

pub use derive::{Change, Unreadable, of_change};
pub use envelope::{Envelope, EventType};
pub use reminder::{low_stock, mail_key, reminders};
