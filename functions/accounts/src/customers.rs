//! Those who buy in a channel; the same address in another channel is another customer.

mod cart;
pub(crate) mod me;
pub(crate) mod register;
pub(crate) mod session;
