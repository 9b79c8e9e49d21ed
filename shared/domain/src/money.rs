//! Money: whole minor units of a currency. No floats, no silent overflow.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Currency;

/// An amount in minor units (cents) of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Money {
    /// In minor units: 1999 is 19.99 EUR, and 1999 JPY.
    #[schema(example = 1999)]
    pub amount: i64,
    pub currency: Currency,
}

/// Why amounts could not be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("the currencies differ")]
    CurrencyMismatch,
    #[error("the amount is too large")]
    Overflow,
}

/// The largest price and the largest order, 999,999.99: Stripe's limit of eight digits.
pub const MAX_AMOUNT: i64 = 99_999_999;

impl Money {
    pub fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    pub fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// Adds another amount of the same currency.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, currency: self.currency })
    }

    /// Multiplies by a quantity.
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(i64::from(quantity)).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, currency: self.currency })
    }

    /// Adds up amounts of one currency; zero for none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }
}
