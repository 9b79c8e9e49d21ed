use domain::{
    Currency, Timestamp, VendorId,
    account::Staff,
    country::Country,
    email::Email,
    slug::Slug,
    text::Name,
    vendor::{Vendor, VendorStatus},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A vendor.
#[derive(Serialize, ToSchema)]
pub(crate) struct VendorBody {
    id: VendorId,
    slug: Slug,
    name: Name,
    status: VendorStatus,
    country: Country,
    currency: Currency,
    /// Who was invited to run it; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_email: Option<Email>,
    created_at: Timestamp,
    /// When its owner first came.
    #[serde(skip_serializing_if = "Option::is_none")]
    activated_at: Option<Timestamp>,
}

impl VendorBody {
    pub(crate) fn new(vendor: Vendor, owner: Option<&Staff>) -> Self {
        Self {
            id: vendor.id,
            slug: vendor.slug,
            name: vendor.name,
            status: vendor.status,
            country: vendor.country,
            currency: vendor.currency,
            owner_email: owner.map(|owner| owner.email.clone()),
            created_at: vendor.created_at,
            activated_at: vendor.activated_at,
        }
    }
}
