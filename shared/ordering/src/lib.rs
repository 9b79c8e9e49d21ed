//! The way of an order where the table and Stripe meet: opening its intent and cancelling what was not paid ([`Ordering`]); settling what was captured,
//! following its shipments and disputes, and sharing out what was paid ([`Settling`]).
//!
//! Each step can be repeated, and none needs the one before it to have ended well: it reads what is there and does what is left.
//! **Invariant:** an unpaid order ends by cancelling its intent first, and only then releasing stock; if Stripe says succeeded, it is paid.

mod books;
mod cancel;
mod disputing;
mod open;
mod settling;
mod share;

use std::sync::Arc;

use domain::{
    Timestamp,
    order::Order,
    payouts::{AccountReport, Payouts},
};
use payments::{ConnectedAccount, IntentId, LiveStripe, Stripe, StripeError, Transfers};
use platform::{Ids, Secret, Source, aws::Connecting, config::Reader};
use store::Store;

pub use cancel::Cancelled;
pub use disputing::verdict;
pub use settling::PART;

/// The table, Stripe, and new ids.
#[derive(Clone)]
pub struct Ordering {
    pub store: Store,
    pub stripe: Arc<dyn Stripe>,
    pub ids: Ids,
}

/// What settles paid orders, beside what takes them: it shares out what was paid, too.
#[derive(Clone)]
pub struct Settling {
    pub ordering: Ordering,
    pub transfers: Arc<dyn Transfers>,
}

/// Where the table and Stripe are.
#[derive(Clone, Debug)]
pub struct Settings {
    store: store::Settings,
    stripe: StripeSettings,
}

impl Settings {
    /// Reads what the two need.
    pub fn read(env: &Reader<'_>) -> Self {
        Self { store: store::Settings::read(env), stripe: StripeSettings::read(env) }
    }
}

/// Where Stripe is, and as whom to call it.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    url: String,
    key: Secret<String>,
}

impl StripeSettings {
    /// Reads `STRIPE_API_URL` and `STRIPE_API_KEY`.
    pub fn read(env: &Reader<'_>) -> Self {
        Self { url: env.url("STRIPE_API_URL"), key: env.secret("STRIPE_API_KEY") }
    }

    /// Stripe itself; it is called when it is needed.
    pub fn live(&self) -> Result<LiveStripe, payments::ConfigError> {
        LiveStripe::new(&self.url, self.key.reveal())
    }
}

impl Ordering {
    /// Stripe itself, beside a store; it is called when it is needed.
    pub fn on_stripe(store: Store, stripe: &StripeSettings) -> Result<Self, payments::ConfigError> {
        Ok(Self { store, stripe: Arc::new(stripe.live()?), ids: Ids::system() })
    }

    /// [`on_stripe`](Self::on_stripe), over a store of its own, whose connection is being opened.
    pub async fn open(settings: Settings) -> Result<(Self, Connecting), Source> {
        let (store, connecting) = Store::open(settings.store).await?;
        Ok((Self::on_stripe(store, &settings.stripe)?, connecting))
    }
}

/// The intent that an order's payment is known by; none before one was opened for it.
pub fn noted_intent(order: &Order) -> Option<IntentId> {
    order.payment.intent_id.as_ref()?.parse().ok()
}

/// How a vendor is paid, by what Stripe says of its account at a time.
pub fn payouts(account: ConnectedAccount, at: Timestamp) -> Payouts {
    Payouts::from(AccountReport {
        account_id: account.id,
        takes_transfers: account.takes_transfers,
        details_submitted: account.details_submitted,
        wanted: account.wanted,
        held_back: account.disabled_reason,
        at,
    })
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
    Illegal(#[from] domain::order::StepError),
}

impl From<domain::IllegalTransition> for Error {
    fn from(error: domain::IllegalTransition) -> Self {
        Self::Illegal(error.into())
    }
}

impl Error {
    /// Whether the same step may go well a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Stripe(error) => error.is_transient(),
            Self::Illegal(_) => false,
        }
    }
}

/// How often a step that lost to another change is decided anew.
const TURNS: usize = 8;
