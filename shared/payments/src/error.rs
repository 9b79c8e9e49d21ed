//! What a call to Stripe can end in, by what the caller does next.
//!
//! **Invariant:** Stripe's error object, which carries the intent and its client secret, never gets in here: codes only.

use thiserror::Error;

/// A call to Stripe that did not succeed.
#[derive(Debug, Error)]
pub enum StripeError {
    /// Stripe could not be reached or could not answer: try later with the same key. The call **may have taken effect**.
    #[error("stripe is unavailable")]
    Unavailable(#[source] Cause),
    /// The buyer's bank said no: the buyer may try again with the same intent.
    #[error("declined: {code}")]
    Declined {
        /// Stripe's error code, such as `card_declined`.
        code: String,
    },
    /// The object is past the point where this can be done: read it and go on from what it says.
    #[error("not possible in the object's state: {code}")]
    InvalidState {
        /// Stripe's error code, such as `payment_intent_unexpected_state`.
        code: String,
    },
    /// The buyer's bank has taken the charge back, or asks to: nothing of it can be refunded meanwhile.
    #[error("the charge is disputed")]
    Disputed,
    /// Stripe does not pay this account as it stands: it wants to know more of its owner first.
    #[error("the account can't be paid yet")]
    NotReady,
    /// Stripe does not let money go there at all: another region, or another currency.
    #[error("the account can't be paid: {code}")]
    NotPayable {
        /// Stripe's error code, such as `transfers_not_allowed`.
        code: String,
    },
    /// The account has less than that.
    #[error("too little in the account")]
    TooLittleThere,
    /// Stripe does not take our key, or not for this: nothing goes until somebody sees to it, and all goes on then.
    #[error("stripe does not take our key: {code}")]
    Denied {
        /// Stripe's error code, or the error's type where it has none.
        code: String,
    },
    /// Stripe does not accept the request as it was built: repeating is useless.
    #[error("refused by stripe: {code} (parameter: {})", param.as_deref().unwrap_or("none"))]
    Refused {
        /// Stripe's error code, or the error's type where it has none.
        code: String,
        /// The parameter that Stripe blames.
        param: Option<String>,
    },
    /// Stripe has kept a failure under this key, and answers it for a day, whatever became of the request: look whether it took effect, then ask under
    /// another key (<https://docs.stripe.com/api/idempotent_requests>).
    #[error("stripe keeps a failure under this key")]
    Stuck,
    /// The key was used for another request: a mistake of ours, repeating is useless.
    #[error("the idempotency key belongs to another request")]
    Idempotency,
    /// Stripe knows no such object.
    #[error("stripe has no such object")]
    NotFound,
}

/// Why Stripe was unavailable on the last try.
#[derive(Debug, Error)]
pub enum Cause {
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection failed.
    #[error("connection failed: {0}")]
    Connection(String),
    /// An answer that asks us to come back: 409, 429 or 5xx.
    #[error("status {0}")]
    Status(u16),
    /// An answer that can't be read, such as a proxy's page.
    #[error("unreadable answer")]
    Unreadable,
}

impl StripeError {
    /// Whether the same call with the same key may succeed later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether the same step may go well later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Stuck | Self::Denied { .. })
    }

    /// Whether Stripe has not done it, and never will: of an intent that was to be made, there is none.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Whether Stripe does not know what it was asked about. That it does not answer, or not to our key, says nothing of that.
    pub fn is_unknown_there(&self) -> bool {
        matches!(self, Self::NotFound | Self::Refused { .. })
    }

    /// Whether Stripe takes no payment of such an amount: less than its least in this currency, or more than its most.
    pub fn is_about_the_amount(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if matches!(&**code, "amount_too_small" | "amount_too_large"))
    }

    /// The same of a transfer: where Stripe blames the currency, its charge has settled in another, and none of its money can go there.
    #[must_use]
    pub fn of_a_transfer(self) -> Self {
        match self {
            Self::Refused { code, param } if param.as_deref() == Some("currency") => {
                Self::NotPayable { code }
            }
            other => other,
        }
    }

    /// Sorts an error answer of Stripe by its status, type, code and parameter.
    ///
    /// Source: <https://docs.stripe.com/api/errors>, <https://docs.stripe.com/error-low-level>, <https://docs.stripe.com/error-codes#account-invalid>.
    pub fn from_answer(status: u16, kind: &str, code: Option<&str>, param: Option<&str>) -> Self {
        let named = || code.unwrap_or(kind).to_owned();
        match (status, kind, code) {
            (409 | 424 | 429 | 500.., _, _) => Self::Unavailable(Cause::Status(status)),
            (_, _, Some("account_invalid")) => Self::NotFound,
            (401 | 403, _, _) => Self::Denied { code: named() },
            (_, "idempotency_error", _) => Self::Idempotency,
            (402, _, _) | (_, "card_error", _) => Self::Declined { code: named() },
            (404, _, _) | (_, _, Some("resource_missing")) => Self::NotFound,
            (_, _, Some("balance_insufficient")) => Self::TooLittleThere,
            (_, _, Some("insufficient_capabilities_for_transfer")) => Self::NotReady,
            (_, _, Some("transfers_not_allowed")) => Self::NotPayable { code: named() },
            (_, _, Some("charge_disputed")) => Self::Disputed,
            (_, _, Some(c)) if c.ends_with("_unexpected_state") || c == "charge_already_refunded" => {
                Self::InvalidState { code: named() }
            }
            _ => Self::Refused { code: named(), param: param.map(str::to_owned) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(status: u16, kind: &str, code: Option<&str>) -> StripeError {
        StripeError::from_answer(status, kind, code, Some("amount"))
    }

    #[test]
    fn answers_are_sorted_by_what_the_caller_does_next() {
        for status in [409, 429, 500, 503] {
            assert!(sorted(status, "api_error", None).is_unavailable(), "{status}");
        }
        let invalid = "invalid_request_error";
        assert!(
            matches!(sorted(402, "card_error", Some("card_declined")), StripeError::Declined { code } if code == "card_declined")
        );
        assert!(matches!(sorted(400, "idempotency_error", None), StripeError::Idempotency));
        assert!(matches!(sorted(404, invalid, Some("resource_missing")), StripeError::NotFound));
        assert!(matches!(
            sorted(400, invalid, Some("payment_intent_unexpected_state")),
            StripeError::InvalidState { .. }
        ));
        assert!(matches!(
            sorted(400, invalid, Some("charge_already_refunded")),
            StripeError::InvalidState { .. }
        ));
        assert!(matches!(sorted(400, invalid, Some("charge_disputed")), StripeError::Disputed));
        assert!(matches!(sorted(400, invalid, Some("balance_insufficient")), StripeError::TooLittleThere));
        assert!(matches!(
            sorted(400, invalid, Some("insufficient_capabilities_for_transfer")),
            StripeError::NotReady
        ));
        assert!(matches!(
            sorted(400, invalid, Some("transfers_not_allowed")),
            StripeError::NotPayable { .. }
        ));
        assert!(matches!(
            sorted(400, invalid, Some("parameter_unknown")),
            StripeError::Refused { code, param } if code == "parameter_unknown" && param.as_deref() == Some("amount")
        ));
        assert!(matches!(sorted(403, invalid, Some("account_invalid")), StripeError::NotFound));
        for status in [401, 403] {
            let denied = sorted(status, invalid, None);
            assert!(
                matches!(&denied, StripeError::Denied { code } if code == invalid) && denied.is_transient()
            );
        }
    }
}
