//! Vendors, as the platform sees them.

mod body;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod show;
