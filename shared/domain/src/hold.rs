//! Holds: units set aside on a line of a cart (soft) or of an order (hard). A hold is no item of its own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{IllegalTransition, moves::Place};

/// `none -> SOFT -> HARD -> SOLD`, `none -> HARD`, `SOFT|HARD -> RELEASED`, `SOLD -> RESTOCKED`; a released line may be held again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Hold {
    #[default]
    None,
    Soft,
    Hard,
    Sold,
    Released,
    Restocked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldEvent {
    Reserve,
    Allocate,
    Sell,
    Release,
    Restock,
}

impl Hold {
    pub const ALL: [Self; 6] =
        [Self::None, Self::Soft, Self::Hard, Self::Sold, Self::Released, Self::Restocked];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Soft => "SOFT",
            Self::Hard => "HARD",
            Self::Sold => "SOLD",
            Self::Released => "RELEASED",
            Self::Restocked => "RESTOCKED",
        }
    }

    /// Where the units of a line in this state lie.
    pub fn place(self) -> Place {
        match self {
            Self::None | Self::Released | Self::Restocked => Place::Available,
            Self::Soft => Place::Reserved,
            Self::Hard => Place::Allocated,
            Self::Sold => Place::Sold,
        }
    }

    pub fn on(self, event: HoldEvent) -> Result<Self, IllegalTransition> {
        use HoldEvent as E;
        match (self, event) {
            (Self::None | Self::Released | Self::Soft, E::Reserve) => Ok(Self::Soft),
            (Self::None | Self::Released | Self::Soft | Self::Hard, E::Allocate) => Ok(Self::Hard),
            (Self::Hard | Self::Sold, E::Sell) => Ok(Self::Sold),
            (Self::Soft | Self::Hard | Self::Released, E::Release) => Ok(Self::Released),
            (Self::Sold | Self::Restocked, E::Restock) => Ok(Self::Restocked),
            _ => Err(IllegalTransition {
                machine: "hold",
                state: self.as_str(),
                event: match event {
                    E::Reserve => "reserve",
                    E::Allocate => "allocate",
                    E::Sell => "sell",
                    E::Release => "release",
                    E::Restock => "restock",
                },
            }),
        }
    }
}
