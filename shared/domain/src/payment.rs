//! Payments: one PaymentIntent of Stripe's per order.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{IllegalTransition, PaymentId, Timestamp};

/// How long a key at Stripe is sure to be remembered: it is 24 hours, by Stripe's clock. Source: <https://docs.stripe.com/api/idempotent_requests>.
const KEY_KEPT: Duration = Duration::from_secs(20 * 3_600);

/// Whether Stripe may have forgotten the key of what was asked for then: it is looked for before it is asked for again.
pub fn may_be_forgotten(asked_at: Timestamp, now: Timestamp) -> bool {
    asked_at + KEY_KEPT <= now
}

/// `CREATED -> REQUIRES_ACTION|PROCESSING -> CAPTURED|FAILED|CANCELLED`, `FAILED -> PROCESSING|CAPTURED`,
/// `CAPTURED|LOST -> DISPUTED -> CAPTURED (won)|LOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentState {
    Created,
    RequiresAction,
    Processing,
    Captured,
    Failed,
    Cancelled,
    Disputed,
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentEvent {
    ActionRequired,
    Processing,
    Captured,
    Failed,
    Cancelled,
    Disputed,
    DisputeWon,
    DisputeLost,
}

impl PaymentState {
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::RequiresAction,
        Self::Processing,
        Self::Captured,
        Self::Failed,
        Self::Cancelled,
        Self::Disputed,
        Self::Lost,
    ];

    /// Those that a capture can still follow.
    pub const OPEN: [Self; 4] = [Self::Created, Self::RequiresAction, Self::Processing, Self::Failed];

    /// Whether Stripe has had the money, whoever has it now.
    pub fn was_captured(self) -> bool {
        matches!(self, Self::Captured | Self::Disputed | Self::Lost)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::RequiresAction => "REQUIRES_ACTION",
            Self::Processing => "PROCESSING",
            Self::Captured => "CAPTURED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Disputed => "DISPUTED",
            Self::Lost => "LOST",
        }
    }

    pub fn on(self, event: PaymentEvent) -> Result<Self, IllegalTransition> {
        use PaymentEvent as E;
        match (self, event) {
            (Self::Created | Self::Failed | Self::RequiresAction, E::ActionRequired) => {
                Ok(Self::RequiresAction)
            }
            (Self::Created | Self::RequiresAction | Self::Failed | Self::Processing, E::Processing) => {
                Ok(Self::Processing)
            }
            (
                Self::Created | Self::RequiresAction | Self::Processing | Self::Failed | Self::Captured,
                E::Captured,
            ) => Ok(Self::Captured),
            (Self::Created | Self::RequiresAction | Self::Processing | Self::Failed, E::Failed) => {
                Ok(Self::Failed)
            }
            (
                Self::Created | Self::RequiresAction | Self::Processing | Self::Failed | Self::Cancelled,
                E::Cancelled,
            ) => Ok(Self::Cancelled),
            // Of what is left another part may be disputed.
            (Self::Captured | Self::Disputed | Self::Lost, E::Disputed) => Ok(Self::Disputed),
            (Self::Disputed | Self::Captured, E::DisputeWon) => Ok(Self::Captured),
            (Self::Disputed | Self::Lost, E::DisputeLost) => Ok(Self::Lost),
            _ => Err(IllegalTransition {
                machine: "payment",
                state: self.as_str(),
                event: match event {
                    E::ActionRequired => "action required",
                    E::Processing => "processing",
                    E::Captured => "captured",
                    E::Failed => "failed",
                    E::Cancelled => "cancelled",
                    E::Disputed => "disputed",
                    E::DisputeWon => "dispute won",
                    E::DisputeLost => "dispute lost",
                },
            }),
        }
    }
}

/// An order's payment. Its attributes lie at the top of the order's item, so that a webhook writes them in one update.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    #[serde(rename = "payment_id")]
    pub id: PaymentId,
    #[serde(rename = "payment_state")]
    pub state: PaymentState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<String>,
    /// What the customer's client confirms the payment with; a secret between Stripe and the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<String>,
    /// When what is known of it happened at Stripe, Unix milliseconds: webhooks come in any order, and what is older is no news.
    #[serde(rename = "payment_reported_ms", default, skip_serializing_if = "Option::is_none")]
    pub reported_ms: Option<i64>,
}

impl Payment {
    pub fn new(id: PaymentId) -> Self {
        Self {
            id,
            state: PaymentState::Created,
            intent_id: None,
            client_secret: None,
            charge_id: None,
            reported_ms: None,
        }
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("intent_id", &self.intent_id)
            .finish_non_exhaustive()
    }
}
