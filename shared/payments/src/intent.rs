//! Payment intents: one per order, paid once at most.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::Secret;

/// Names a payment intent at Stripe: `pi_` and ASCII letters, digits or underscores.
///
/// **Invariant:** it is safe in a path and in a table key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(String);

/// A text that is no intent id.
#[derive(Debug, Error)]
#[error("not a payment intent's id")]
pub struct InvalidIntentId;

impl IntentId {
    /// The id as Stripe writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IntentId {
    type Err = InvalidIntentId;

    fn from_str(text: &str) -> Result<Self, InvalidIntentId> {
        let rest = text.strip_prefix("pi_").ok_or(InvalidIntentId)?;
        let plain = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if rest.is_empty() || text.len() > 255 || !plain {
            return Err(InvalidIntentId);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an intent stands. Source: <https://docs.stripe.com/payments/paymentintents/lifecycle>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntentStatus {
    /// Nothing was tried, or the last try failed: the buyer may try again.
    RequiresPaymentMethod,
    /// A payment method is attached and waits for confirmation.
    RequiresConfirmation,
    /// The buyer has to authenticate.
    RequiresAction,
    /// An asynchronous method is under way, for days perhaps.
    Processing,
    /// Funds are held and wait for a capture, which we never ask for.
    RequiresCapture,
    /// It can never be paid.
    Canceled,
    /// The money is captured.
    Succeeded,
    /// A status that this version does not know: neither paid nor ended.
    Unknown(String),
}

impl IntentStatus {
    /// Reads Stripe's word; an unknown one is kept.
    pub fn from_stripe(word: &str) -> Self {
        match word {
            "requires_payment_method" => Self::RequiresPaymentMethod,
            "requires_confirmation" => Self::RequiresConfirmation,
            "requires_action" => Self::RequiresAction,
            "processing" => Self::Processing,
            "requires_capture" => Self::RequiresCapture,
            "canceled" => Self::Canceled,
            "succeeded" => Self::Succeeded,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

/// A payment intent, as far as we use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Stripe's id.
    pub id: IntentId,
    /// What the buyer's browser confirms with; never stored or logged.
    pub client_secret: Secret,
    /// Where it stands.
    pub status: IntentStatus,
    /// What is asked for, in minor units.
    pub amount: i64,
    /// What was captured, in minor units.
    pub amount_received: i64,
    /// ISO 4217, upper case.
    pub currency: String,
    /// The latest charge, `ch_…`, failed ones included.
    pub charge: Option<String>,
    /// What we attached: tenant and order.
    pub metadata: BTreeMap<String, String>,
}

/// What an intent is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIntent {
    /// The idempotency key, stored before the call and the same on each try: at most 255 characters, derived from the order's id.
    pub key: String,
    /// What to ask for, in minor units.
    pub amount: i64,
    /// ISO 4217, upper case.
    pub currency: String,
    /// What the webhook finds the order by: tenant and order id.
    pub metadata: BTreeMap<String, String>,
    /// The order's id, which ties the later transfers to this charge.
    pub transfer_group: String,
    /// Shown in Stripe's dashboard.
    pub description: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_intent_ids() {
        assert_eq!("pi_3Nx_secretless".parse::<IntentId>().unwrap().to_string(), "pi_3Nx_secretless");
        for bad in ["", "pi_", "ch_1", "pi_1/cancel", "pi_1?x=1", "pi_ä", "PI_1"] {
            assert!(bad.parse::<IntentId>().is_err(), "{bad}");
        }
        assert!(format!("pi_{}", "a".repeat(253)).parse::<IntentId>().is_err());
    }

    #[test]
    fn an_unknown_status_is_kept_and_neither_paid_nor_ended() {
        assert_eq!(IntentStatus::from_stripe("dreaming"), IntentStatus::Unknown("dreaming".into()));
        assert_eq!(IntentStatus::from_stripe("succeeded"), IntentStatus::Succeeded);
    }

    #[test]
    fn debug_hides_the_client_secret() {
        let intent = Intent {
            id: "pi_1".parse().unwrap(),
            client_secret: Secret::new("pi_1_secret_abc"),
            status: IntentStatus::Processing,
            amount: 1,
            amount_received: 0,
            currency: "EUR".into(),
            charge: None,
            metadata: BTreeMap::new(),
        };
        assert!(!format!("{intent:?}").contains("secret_abc"));
    }
}
