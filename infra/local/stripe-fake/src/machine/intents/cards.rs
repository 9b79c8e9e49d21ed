//! Stripe's test payment methods and how they behave. Source: <https://docs.stripe.com/testing>.

use serde_json::{Value, json};

use super::super::refusal::Refusal;

/// What comes of a confirmation.
pub(super) enum Behaviour {
    Succeeds,
    Declines(Decline),
    Authenticates,
    Processes,
}

/// Why a try failed.
#[derive(Clone, Copy)]
pub(super) struct Decline {
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    decline_code: Option<&'static str>,
    kind: &'static str,
    /// Whether it came as far as a charge.
    pub(super) charged: bool,
}

const DECLINED: Decline = Decline {
    code: "card_declined",
    message: "Your card was declined.",
    decline_code: Some("generic_decline"),
    kind: "card_error",
    charged: true,
};
const NO_FUNDS: Decline = Decline {
    message: "Your card has insufficient funds.",
    decline_code: Some("insufficient_funds"),
    ..DECLINED
};
const EXPIRED: Decline =
    Decline { code: "expired_card", message: "Your card has expired.", decline_code: None, ..DECLINED };
pub(super) const UNAUTHENTICATED: Decline = Decline {
    code: "payment_intent_authentication_failure",
    message: "The provided payment method has failed authentication.",
    decline_code: None,
    kind: "invalid_request_error",
    charged: false,
};
pub(super) const BOUNCED: Decline = Decline {
    code: "payment_method_provider_decline",
    message: "The payment failed at the bank.",
    decline_code: None,
    kind: "invalid_request_error",
    charged: true,
};

impl Decline {
    pub(super) fn error(&self, charge: Option<&str>, payment_method: Value) -> Value {
        json!({
            "type": self.kind, "code": self.code, "decline_code": self.decline_code, "message": self.message, "charge": charge,
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", self.code.replace('_', "-")),
            "payment_method": payment_method,
        })
    }
}

pub(super) fn behaviour(payment_method: &str) -> Result<Behaviour, Refusal> {
    Ok(match payment_method {
        "pm_card_visa" | "pm_card_mastercard" | "pm_usBankAccount_success" => Behaviour::Succeeds,
        "pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined" => Behaviour::Declines(DECLINED),
        "pm_card_chargeDeclinedInsufficientFunds" | "pm_card_visa_chargeDeclinedInsufficientFunds" => {
            Behaviour::Declines(NO_FUNDS)
        }
        "pm_card_chargeDeclinedExpiredCard" => Behaviour::Declines(EXPIRED),
        "pm_card_authenticationRequired" => Behaviour::Authenticates,
        "pm_usBankAccount_processing" => Behaviour::Processes,
        other => {
            let mut refusal = Refusal::missing("PaymentMethod", "payment_method", other);
            refusal.status = 400;
            return Err(refusal);
        }
    })
}
