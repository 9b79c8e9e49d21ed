//! Refunds: money back to the buyer, whole or in part.

use std::collections::BTreeMap;

use crate::IntentId;

/// Where a refund stands. Source: <https://docs.stripe.com/api/refunds/object>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// Asked for, and under way.
    Pending,
    /// The buyer has to say where the money goes.
    RequiresAction,
    /// Given back, as far as Stripe can tell.
    Succeeded,
    /// It came back to our balance.
    Failed,
    /// It was called off.
    Canceled,
    /// A status that this version does not know.
    Unknown(String),
}

impl RefundStatus {
    /// Reads Stripe's word; an unknown one is kept.
    pub fn from_stripe(word: &str) -> Self {
        match word {
            "pending" => Self::Pending,
            "requires_action" => Self::RequiresAction,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "canceled" => Self::Canceled,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

/// A refund, as far as we use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Stripe's id, `re_…`.
    pub id: String,
    /// Where it stands.
    pub status: RefundStatus,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217, upper case.
    pub currency: String,
    /// The charge it gives back, `ch_…`.
    pub charge: Option<String>,
    /// The intent of that charge.
    pub intent: Option<IntentId>,
    /// What we attached.
    pub metadata: BTreeMap<String, String>,
}

impl Refund {
    /// Whether its money went back, or is on its way.
    pub fn counts(&self) -> bool {
        !matches!(self.status, RefundStatus::Failed | RefundStatus::Canceled)
    }
}

impl From<stripe_shared::Refund> for Refund {
    fn from(made: stripe_shared::Refund) -> Self {
        Self {
            id: made.id.to_string(),
            status: RefundStatus::from_stripe(made.status.as_deref().unwrap_or("pending")),
            amount: made.amount,
            currency: made.currency.to_string().to_ascii_uppercase(),
            charge: made.charge.map(|charge| charge.id().to_string()),
            intent: made.payment_intent.and_then(|intent| intent.id().as_str().parse().ok()),
            metadata: made.metadata.unwrap_or_default().into_iter().collect(),
        }
    }
}

/// What a refund is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRefund {
    /// The idempotency key, stored before the call and the same on each try: at most 255 characters.
    pub key: String,
    /// The intent that was paid.
    pub intent: IntentId,
    /// Minor units; all that is left where absent.
    pub amount: Option<i64>,
    /// What the refund is for.
    pub metadata: BTreeMap<String, String>,
}
