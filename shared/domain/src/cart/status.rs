//! The cart's state machine.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::IllegalTransition;

/// `ACTIVE -> CHECKOUT -> COMPLETED`, `CHECKOUT -> ACTIVE`, `ACTIVE -> EXPIRED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CartStatus {
    Active,
    Checkout,
    Completed,
    Expired,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CartEvent {
    CheckedOut,
    /// Its order was cancelled unpaid: the cart can try again.
    Reopened,
    Bought,
    Expired,
}

impl CartStatus {
    pub const ALL: [Self; 4] = [Self::Active, Self::Checkout, Self::Completed, Self::Expired];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Checkout => "CHECKOUT",
            Self::Completed => "COMPLETED",
            Self::Expired => "EXPIRED",
        }
    }

    pub fn on(self, event: CartEvent) -> Result<Self, IllegalTransition> {
        use CartEvent as E;
        match (self, event) {
            (Self::Active | Self::Checkout, E::CheckedOut) => Ok(Self::Checkout),
            (Self::Checkout | Self::Active, E::Reopened) => Ok(Self::Active),
            (Self::Checkout | Self::Completed, E::Bought) => Ok(Self::Completed),
            (Self::Active | Self::Expired, E::Expired) => Ok(Self::Expired),
            _ => Err(IllegalTransition {
                machine: "cart",
                state: self.as_str(),
                event: match event {
                    E::CheckedOut => "checked out",
                    E::Reopened => "reopened",
                    E::Bought => "bought",
                    E::Expired => "expired",
                },
            }),
        }
    }
}
