//! Disputes: a buyer's bank takes a charge back. Source: <https://docs.stripe.com/api/disputes/object>.

use crate::{IntentId, InvalidIntentId};

/// How a dispute stands. Source: <https://docs.stripe.com/api/disputes/object#dispute_object-status>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStatus {
    /// The bank only asks; no money has moved.
    Inquiry,
    /// The money is with the bank, and it is not decided who keeps it.
    Open,
    /// The platform has the money back.
    Won,
    /// The buyer keeps it.
    Lost,
}

impl DisputeStatus {
    /// Reads Stripe's word; an unknown one is an open dispute.
    pub fn from_stripe(word: &str) -> Self {
        match word {
            "won" | "prevented" => Self::Won,
            "lost" => Self::Lost,
            word if word.starts_with("warning_") => Self::Inquiry,
            _ => Self::Open,
        }
    }
}

/// A dispute, as far as we use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Stripe's id, `dp_…`.
    pub id: String,
    /// The charge, `ch_…`.
    pub charge: String,
    /// The charge's intent.
    pub intent: Option<IntentId>,
    /// How it stands.
    pub status: DisputeStatus,
    /// What is disputed, in minor units.
    pub amount: i64,
    /// What Stripe takes for it so far, in minor units.
    pub fee: i64,
    /// ISO 4217, upper case.
    pub currency: String,
}

impl Dispute {
    /// Whether money has moved for it: a bank that only asks has taken none.
    pub fn counts(&self) -> bool {
        self.status != DisputeStatus::Inquiry
    }
}

impl TryFrom<stripe_shared::Dispute> for Dispute {
    type Error = InvalidIntentId;

    fn try_from(found: stripe_shared::Dispute) -> Result<Self, InvalidIntentId> {
        Ok(Self {
            id: found.id.to_string(),
            charge: found.charge.id().to_string(),
            intent: found.payment_intent.map(|intent| intent.id().as_str().parse()).transpose()?,
            status: DisputeStatus::from_stripe(found.status.as_str()),
            amount: found.amount,
            fee: found.balance_transactions.iter().map(|moved| moved.fee).sum(),
            currency: found.currency.to_string().to_ascii_uppercase(),
        })
    }
}
