//! Those who work for a vendor.

pub(crate) mod activate;
pub(crate) mod me;
pub(crate) mod session;
