//! Admins' sessions.

pub(crate) mod activate;
pub(crate) mod session;
