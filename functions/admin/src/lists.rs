//! What the platform looks through: the orders, shipments and products of everybody.

pub(crate) mod orders;
pub(crate) mod products;
pub(crate) mod shipments;

use domain::{Tenant, Timestamp};

/// What the platform looks through, from its beginning.
const EVERYBODYS: (Tenant, Option<Timestamp>) = (Tenant::Platform, None);
