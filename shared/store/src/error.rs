use domain::{Money, VariantId};

/// Why the store did not do what was asked, told apart by what a caller does next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is another tenant's: nobody can tell which.
    #[error("not found")]
    NotFound,
    /// Somebody else changed it meanwhile. Read again and decide again.
    #[error("changed meanwhile")]
    VersionConflict,
    /// There is too little of a variant on the shelf.
    #[error("{available} of {variant} are available")]
    InsufficientStock { variant: VariantId, available: i64 },
    /// More units of it are held for customers than would be left.
    #[error("{held} are held")]
    HeldStock { held: i64 },
    /// That can't be done to a variant while it is sold in stripes.
    #[error("it is sold in stripes")]
    Striped,
    /// There would be more units of it than a variant may have.
    #[error("too many units")]
    TooMany,
    /// The variant is not on sale any more.
    #[error("{0} is not for sale")]
    NotForSale(VariantId),
    /// It costs something else than the customer saw.
    #[error("{variant} costs {} and not {}", .now.amount, .was.amount)]
    PriceChanged { variant: VariantId, was: Money, now: Money },
    /// The call's work was done before, under the same key.
    #[error("done before")]
    DoneBefore,
    /// What the call makes was made before, under the same key: its id.
    #[error("{0} was made before")]
    MadeBefore(String),
    /// A name that must be unique is somebody else's.
    #[error("this {0} is taken")]
    Taken(&'static str),
    /// A cursor that this list never gave out.
    #[error("not a cursor of this list")]
    BadCursor,
    #[error(transparent)]
    Table(#[from] table::Error),
    /// An item does not read as what its key says. A fault of ours.
    #[error("an item could not be read")]
    Corrupt(#[source] serde_json::Error),
}

impl Error {
    /// Whether the same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Table(table::Error::Conflict | table::Error::Throttled | table::Error::Unavailable(_))
                | Self::VersionConflict
        )
    }
}
