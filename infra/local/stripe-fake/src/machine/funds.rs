//! Balances, the platform's and each connected account's, and what moved the platform's.
//! Sources: <https://docs.stripe.com/api/balance>, <https://docs.stripe.com/api/balance_transactions>.
//!
//! Funds are available at once, unless a test holds them back; Stripe lets them wait for days, and lets what a charge paid for be transferred before.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Call, Machine, Params, Refusal};

/// Minor units by currency, lower case.
pub(super) type Balance = BTreeMap<String, i64>;

/// What moved the platform's balance.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Charge,
    Refund,
    /// A refund came back.
    RefundFailure,
    Transfer,
    /// A transfer came back.
    TransferRefund,
    /// A dispute took money, or gave it back.
    Adjustment,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::RefundFailure => "refund_failure",
            Self::Transfer => "transfer",
            Self::TransferRefund => "transfer_refund",
            Self::Adjustment => "adjustment",
        }
    }

    /// Source: <https://docs.stripe.com/reports/reporting-categories>.
    fn category(self, amount: i64) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::RefundFailure => "refund_failure",
            Self::Transfer => "transfer",
            Self::TransferRefund => "transfer_reversal",
            Self::Adjustment if amount < 0 => "dispute",
            Self::Adjustment => "dispute_reversal",
        }
    }
}

/// A movement of the platform's balance: `amount` less `fee`, below zero where money left.
#[derive(Clone)]
pub(super) struct BalanceTransaction {
    id: String,
    kind: Kind,
    amount: i64,
    fee: i64,
    currency: String,
    created: i64,
    /// The object behind it.
    source: String,
}

impl BalanceTransaction {
    pub(super) fn json(&self) -> Value {
        let fees = json!([{"amount": self.fee, "application": null, "currency": self.currency, "description": "Stripe processing fees", "type": "stripe_fee"}]);
        json!({
            "id": self.id, "object": "balance_transaction", "amount": self.amount, "available_on": self.created, "balance_type": "payments",
            "created": self.created, "currency": self.currency, "description": null, "exchange_rate": null, "fee": self.fee,
            "fee_details": if self.fee == 0 { json!([]) } else { fees }, "net": self.amount - self.fee,
            "reporting_category": self.kind.category(self.amount), "source": self.source, "status": "available", "type": self.kind.word(),
        })
    }

    pub(super) fn is_from(&self, source: &str) -> bool {
        self.source == source
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.kind.word() == word
    }
}

/// What Stripe keeps of a charge: 1.5% and a quarter of the currency's unit, as of European cards in Europe. It stays with Stripe when the charge is refunded.
/// Source: <https://stripe.com/pricing>.
pub(super) fn charge_fee(amount: i64, currency: &str) -> i64 {
    let fixed = if ZERO_DECIMAL.contains(&currency) { 30 } else { 25 };
    ((amount * 15 + 500) / 1000 + fixed).min(amount)
}

/// What a dispute costs, won or lost.
pub(super) fn dispute_fee(currency: &str) -> i64 {
    if ZERO_DECIMAL.contains(&currency) { 1_500 } else { 2_000 }
}

/// Source: <https://docs.stripe.com/currencies#zero-decimal>.
const ZERO_DECIMAL: [&str; 4] = ["clp", "jpy", "krw", "vnd"];

impl Machine {
    /// Moves the platform's balance; answers the balance transaction's id.
    pub(super) fn book(
        &mut self,
        kind: Kind,
        (amount, fee): (i64, i64),
        currency: &str,
        source: &str,
        call: &Call,
    ) -> String {
        let id = self.ids.next("txn_3");
        *self.balance.entry(currency.to_owned()).or_default() += amount - fee;
        let moved = BalanceTransaction {
            id: id.clone(),
            kind,
            amount,
            fee,
            currency: currency.to_owned(),
            created: call.now(),
            source: source.to_owned(),
        };
        self.movements.add(&id, moved);
        id
    }

    /// The platform's balance, or a connected account's where the request names one.
    pub(super) fn retrieve_balance(&self, params: &Params, account: Option<&str>) -> Result<Value, Refusal> {
        params.only(&["expand"])?;
        let nothing = Balance::new();
        let (available, pending) = match account {
            Some(id) => self.account(id).map(|account| (&account.balance, &account.pending))?,
            None => (&self.balance, &nothing),
        };
        let parts = |balance: &Balance| -> Vec<Value> {
            let part = |(currency, amount): (&String, &i64)| json!({"amount": amount, "currency": currency, "source_types": {"card": amount}});
            balance.iter().map(part).collect()
        };
        let (available, pending) = (parts(available), parts(pending));
        Ok(json!({"object": "balance", "available": available, "pending": pending, "livemode": false}))
    }

    pub(super) fn retrieve_movement(&self, id: &str, params: &Params) -> Result<Value, Refusal> {
        params.only(&[])?;
        let found = self.movements.get(id).map(BalanceTransaction::json);
        found.ok_or_else(|| Refusal::missing("balance transaction", "id", id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripe_keeps_a_share_and_a_quarter_and_never_more_than_was_charged() {
        assert_eq!(charge_fee(10_000, "eur"), 175);
        assert_eq!(charge_fee(1, "eur"), 1);
        assert_eq!(charge_fee(10_000, "jpy"), 180);
    }
}
