//! Whose data something is, and where a sale happens.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{VendorId, slug::Slug};

/// Whose data: the platform's, or one vendor's.
///
/// A tenant comes from an authenticated principal, from the channel that a request names, or from our own stored data; never from a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Tenant {
    Platform,
    Vendor(VendorId),
}

impl Tenant {
    /// The vendor, where it is one.
    pub fn vendor(&self) -> Option<VendorId> {
        match self {
            Self::Platform => None,
            Self::Vendor(id) => Some(*id),
        }
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("platform"),
            Self::Vendor(id) => write!(f, "{id}"),
        }
    }
}

/// The text names no tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tenant")]
pub struct NotATenant;

impl TryFrom<String> for Tenant {
    type Error = NotATenant;

    fn try_from(text: String) -> Result<Self, NotATenant> {
        if text == "platform" {
            Ok(Self::Platform)
        } else {
            text.parse().map(Self::Vendor).map_err(|_| NotATenant)
        }
    }
}

impl From<Tenant> for String {
    fn from(tenant: Tenant) -> Self {
        tenant.to_string()
    }
}

/// Where a sale happens: the market of all vendors, or one vendor's shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    Market,
    Shop { vendor: VendorId, slug: Slug },
}

impl Channel {
    /// The tenant whose carts, orders and customers these are.
    pub fn tenant(&self) -> Tenant {
        match self {
            Self::Market => Tenant::Platform,
            Self::Shop { vendor, .. } => Tenant::Vendor(*vendor),
        }
    }
}
