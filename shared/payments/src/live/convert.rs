//! From async-stripe's types to ours.

use std::str::FromStr;

use stripe_types::Currency;

use crate::{Cause, Intent, IntentStatus, Refund, RefundStatus, Secret, StripeError};

pub(super) fn currency(code: &str) -> Currency {
    let code = code.to_ascii_lowercase();
    match Currency::from_str(&code) {
        Ok(currency) => currency,
        Err(never) => match never {},
    }
}

pub(super) fn intent(found: stripe_core::PaymentIntent) -> Result<Intent, StripeError> {
    let unreadable = || StripeError::Unavailable(Cause::Unreadable);
    Ok(Intent {
        id: found.id.as_str().parse().map_err(|_| unreadable())?,
        client_secret: Secret::new(found.client_secret.ok_or_else(unreadable)?),
        status: IntentStatus::from_stripe(found.status.as_str()),
        amount: found.amount,
        amount_received: found.amount_received,
        currency: found.currency.to_string().to_ascii_uppercase(),
        charge: found.latest_charge.map(|charge| charge.id().to_string()),
        metadata: found.metadata.into_iter().collect(),
    })
}

pub(super) fn refund(made: stripe_core::Refund) -> Result<Refund, StripeError> {
    Ok(Refund {
        id: made.id.to_string(),
        status: RefundStatus::from_stripe(made.status.as_deref().unwrap_or("pending")),
        amount: made.amount,
        currency: made.currency.to_string().to_ascii_uppercase(),
        charge: made.charge.map(|charge| charge.id().to_string()),
        intent: made.payment_intent.and_then(|intent| intent.id().as_str().parse().ok()),
        metadata: made.metadata.unwrap_or_default().into_iter().collect(),
    })
}
