//! What the platform looks through: the orders, shipments and products of everybody.

pub(crate) mod orders;
pub(crate) mod products;
pub(crate) mod shipments;
