//! Vendors: the tenants.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Currency, IllegalTransition, StaffId, Timestamp, VendorId, country::Country, payouts::Payouts,
    shipping::Shipping, slug::Slug, text::Name,
};

/// `pending -> active <-> suspended -> closed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VendorStatus {
    Pending,
    Active,
    Suspended,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VendorEvent {
    /// The owner has set a password.
    Activated,
    Suspended,
    Reinstated,
    Closed,
}

impl VendorStatus {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Suspended, Self::Closed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    pub fn on(self, event: VendorEvent) -> Result<Self, IllegalTransition> {
        use VendorEvent as E;
        match (self, event) {
            (Self::Pending | Self::Active, E::Activated) => Ok(Self::Active),
            (Self::Active | Self::Suspended, E::Suspended) => Ok(Self::Suspended),
            (Self::Active | Self::Suspended, E::Reinstated) => Ok(Self::Active),
            (Self::Suspended | Self::Closed, E::Closed) => Ok(Self::Closed),
            _ => Err(IllegalTransition {
                machine: "vendor",
                state: self.as_str(),
                event: match event {
                    E::Activated => "activated",
                    E::Suspended => "suspended",
                    E::Reinstated => "reinstated",
                    E::Closed => "closed",
                },
            }),
        }
    }
}

/// The platform's share of a vendor's sales in basis points, unless its plan says otherwise: 10%.
pub const COMMISSION: u32 = 1_000;

/// A seller with its shop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vendor {
    pub id: VendorId,
    pub slug: Slug,
    pub name: Name,
    pub status: VendorStatus,
    /// Who was invited to run it.
    pub owner_id: StaffId,
    pub country: Country,
    /// What its prices are in.
    pub currency: Currency,
    /// In basis points of its sales.
    pub commission: u32,
    /// Days from the confirmed order to the parcel's hand-over.
    pub handling_days: u32,
    /// Days that the parcel is on its way.
    pub transit_days: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketplace: Option<Marketplace>,
    /// Where it ships to, and for how much.
    #[serde(default)]
    pub shipping: Shipping,
    /// How it is paid.
    #[serde(flatten)]
    pub payouts: Payouts,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Timestamp>,
    pub version: u64,
}

/// Where a vendor's feed comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Marketplace {
    /// An http or https address of up to 2,000 characters.
    #[schema(format = "uri", max_length = 2000)]
    pub csv_url: String,
    /// The currency of prices that name none.
    pub currency: Currency,
    /// The feed's language, `de` or `de-LU`.
    #[schema(pattern = "^[a-z]{2}(-[A-Z]{2})?$")]
    pub language: String,
}

impl Vendor {
    /// A vendor that an admin has just made; its owner has not been there yet.
    pub fn new(
        id: VendorId,
        owner_id: StaffId,
        slug: Slug,
        name: Name,
        (country, currency): (Country, Currency),
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            slug,
            name,
            status: VendorStatus::Pending,
            owner_id,
            country,
            currency,
            commission: COMMISSION,
            handling_days: 1,
            transit_days: 3,
            marketplace: None,
            shipping: Shipping::default(),
            payouts: Payouts::default(),
            created_at: now,
            activated_at: None,
            version: 1,
        }
    }

    /// Whether its products are shown and sold.
    pub fn sells(&self) -> bool {
        self.status == VendorStatus::Active
    }
}
