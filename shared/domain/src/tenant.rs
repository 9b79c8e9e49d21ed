//! Whose data something is, and where a sale happens.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{VendorId, slug::Slug};

/// Whose data: the platform's, or one vendor's.
///
/// A tenant comes from an authenticated principal, from the channel that a request names, or from our own stored data; never from a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl FromStr for Tenant {
    type Err = NotATenant;

    fn from_str(text: &str) -> Result<Self, NotATenant> {
        if text == "platform" {
            Ok(Self::Platform)
        } else {
            text.parse().map(Self::Vendor).map_err(|_| NotATenant)
        }
    }
}

impl Serialize for Tenant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Platform => serializer.serialize_str("platform"),
            Self::Vendor(id) => id.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Tenant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::deserialize(deserializer)
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
