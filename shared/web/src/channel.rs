//! The channel that a request names: the market, or a vendor's shop.

use axum::extract::{FromRequestParts, RawPathParams};
use domain::{Tenant, VendorId, slug::Slug, vendor::Vendor};
use http::request::Parts;

use crate::{ApiError, Context, Routes};

/// Where the request takes place.
#[derive(Clone, Debug)]
pub enum Channel {
    Market,
    /// The shop of a vendor that sells.
    Shop(Box<Vendor>),
}

impl Channel {
    /// Whose carts, orders and customers these are.
    pub fn tenant(&self) -> Tenant {
        match self {
            Self::Market => Tenant::Platform,
            Self::Shop(vendor) => Tenant::Vendor(vendor.id),
        }
    }

    /// Whether a vendor's goods are sold here.
    pub fn sells(&self, vendor: VendorId) -> bool {
        match self {
            Self::Market => true,
            Self::Shop(shop) => shop.id == vendor,
        }
    }
}

impl<C: Context> FromRequestParts<C> for Channel {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &C) -> Result<Self, ApiError> {
        if let Some(channel) = parts.extensions.get::<Self>() {
            return Ok(channel.clone());
        }
        let params =
            RawPathParams::from_request_parts(parts, context).await.map_err(|_| ApiError::not_found())?;
        let slug = params.iter().find(|(name, _)| *name == "slug").map(|(_, slug)| slug.to_owned());
        let channel = match slug {
            None => Self::Market,
            Some(slug) => {
                let slug: Slug = slug.parse().map_err(|_| ApiError::not_found())?;
                let vendor = store::vendor::by_slug(context.store(), &slug).await?;
                if !vendor.sells() {
                    return Err(ApiError::not_found());
                }
                Self::Shop(Box::new(vendor))
            }
        };
        parts.extensions.insert(channel.clone());
        Ok(channel)
    }
}

/// Puts one set of routes under both kinds of channel.
pub fn in_every_channel<C: Context>(routes: fn() -> Routes<C>) -> Routes<C> {
    routes().under("/api/v1/public/market").merge(routes().under("/api/v1/public/vendors/{slug}"))
}
