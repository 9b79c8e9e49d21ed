//! From async-stripe's types to ours.

use std::collections::BTreeMap;
use std::str::FromStr;

use stripe_types::Currency;

use crate::{Cause, Funds, Intent, IntentStatus, Payout, Reversal, Secret, StripeError, Takings, Transfer};

pub(super) fn currency(code: &str) -> Currency {
    let code = code.to_ascii_lowercase();
    match Currency::from_str(&code) {
        Ok(currency) => currency,
        Err(never) => match never {},
    }
}

fn upper(currency: &Currency) -> String {
    currency.to_string().to_ascii_uppercase()
}

pub(super) fn intent(found: stripe_core::PaymentIntent) -> Result<Intent, StripeError> {
    let unreadable = || StripeError::Unavailable(Cause::Unreadable);
    Ok(Intent {
        id: found.id.as_str().parse().map_err(|_| unreadable())?,
        client_secret: Secret::new(found.client_secret.ok_or_else(unreadable)?),
        status: IntentStatus::from_stripe(found.status.as_str()),
        amount: found.amount,
        amount_received: found.amount_received,
        currency: upper(&found.currency),
        charge: found.latest_charge.map(|charge| charge.id().to_string()),
        metadata: found.metadata.into_iter().collect(),
    })
}

pub(super) fn transfer(made: stripe_shared::Transfer) -> Transfer {
    Transfer {
        id: made.id.to_string(),
        amount: made.amount,
        amount_reversed: made.amount_reversed,
        currency: upper(&made.currency),
        destination: made.destination.map(|account| account.id().to_string()),
        source: made.source_transaction.map(|charge| charge.id().to_string()),
        group: made.transfer_group,
        metadata: made.metadata.into_iter().collect(),
    }
}

pub(super) fn reversal(made: stripe_shared::TransferReversal) -> Reversal {
    Reversal {
        id: made.id.to_string(),
        amount: made.amount,
        metadata: made.metadata.unwrap_or_default().into_iter().collect(),
    }
}

/// None where the balance transaction is not there yet.
pub(super) fn takings(charge: stripe_shared::Charge) -> Option<Takings> {
    let moved = charge.balance_transaction?.into_object()?;
    Some(Takings { amount: moved.amount, fee: moved.fee, currency: upper(&moved.currency) })
}

pub(super) fn funds(balance: stripe_core::Balance) -> BTreeMap<String, Funds> {
    let mut funds: BTreeMap<String, Funds> = BTreeMap::new();
    for part in balance.available {
        funds.entry(upper(&part.currency)).or_default().available += part.amount;
    }
    for part in balance.pending {
        funds.entry(upper(&part.currency)).or_default().pending += part.amount;
    }
    funds
}

pub(super) fn payout(made: stripe_shared::Payout) -> Payout {
    Payout {
        id: made.id.to_string(),
        amount: made.amount,
        currency: upper(&made.currency),
        status: made.status,
        arrival: made.arrival_date,
        created: made.created,
    }
}
