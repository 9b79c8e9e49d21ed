//! Mails: what happened, told to the person whom it concerns.
//!
//! **Invariant:** a mail is claimed before it is sent, under its event's id or, of an order, under what became of it: an event that is delivered again,
//! and a reminder of one, send nothing, unless a fault fell between the sending and its mark.
//! **Invariant:** no log and no error holds an address, a token or a line of a mail.

mod deps;
mod handle;
mod letter;
mod letters;
mod money;
#[cfg(test)]
mod tests;

pub use deps::Deps;
pub use handle::handle;
