//! The way of an order where the table and Stripe meet: opening its intent, settling what was captured, cancelling what was not
//! paid, following its shipments.
//!
//! Each step can be repeated, and none needs the one before it to have ended well: it reads what is there and does what is left.
//! **Invariant:** an unpaid order ends by cancelling its intent first, and only then releasing stock; if Stripe says succeeded, it is paid.

mod cancel;
mod open;
mod settle;

use std::sync::Arc;

use payments::{LiveStripe, Stripe, StripeError};
use platform::{Env, Ids, Secret, Source, config::Reader};
use store::Store;

pub use cancel::Cancelled;

/// The table, Stripe, and new ids.
#[derive(Clone)]
pub struct Ordering {
    pub store: Store,
    pub stripe: Arc<dyn Stripe>,
    pub ids: Ids,
}

/// Where the table and Stripe are.
#[derive(Clone, Debug)]
pub struct Settings {
    store: store::Settings,
    stripe_url: String,
    stripe_key: Secret<String>,
}

impl Settings {
    /// Reads `STRIPE_API_URL`, `STRIPE_API_KEY`, and what [`store::Settings`] needs.
    pub fn read(env: &Reader<'_>) -> Self {
        Self {
            store: store::Settings::read(env),
            stripe_url: env.url("STRIPE_API_URL"),
            stripe_key: env.secret("STRIPE_API_KEY"),
        }
    }
}

impl Ordering {
    /// Opens the connection to the table; Stripe is called when it is needed.
    pub async fn open(settings: Settings) -> Result<Self, Source> {
        let store = Store::open(settings.store).await?;
        let stripe = Arc::new(LiveStripe::new(&settings.stripe_url, settings.stripe_key.reveal())?);
        Ok(Self { store, stripe, ids: Ids::system() })
    }

    /// For a function that reads no other configuration.
    pub async fn from_env() -> Result<Self, Source> {
        Self::open(Env::process().read(Settings::read)?).await
    }
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("Stripe did not do what was asked")]
    Stripe(#[from] StripeError),
    /// The order's own rules forbid it. A fault of ours.
    #[error(transparent)]
    Illegal(#[from] domain::order::NotConfirmed),
}

impl Error {
    /// Whether the same step may go well a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Stripe(error) => error.is_unavailable(),
            Self::Illegal(_) => false,
        }
    }
}

/// How often a step that lost to another change is decided anew.
const TURNS: usize = 8;
