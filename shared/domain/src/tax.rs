//! Value added tax, which prices include.

use serde::{Deserialize, Serialize};

/// A rate of value added tax in basis points: 1700 is 17%. At most 10000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct TaxRate(u32);

/// The rate is below zero, above 100%, or finer than a hundredth of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tax rate is a percentage from 0 to 100 with at most two decimals")]
pub struct NotATaxRate;

impl TaxRate {
    pub fn basis_points(self) -> u32 {
        self.0
    }

    /// Reads a percentage as JSON and feeds write it: `17`, `17.00`, `8.1`.
    pub fn from_percent(text: &str) -> Result<Self, NotATaxRate> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || fraction.len() > 2 || !digits(whole) || !digits(fraction) {
            return Err(NotATaxRate);
        }
        let points: u32 = format!("{whole}{fraction:0<2}").parse().map_err(|_| NotATaxRate)?;
        Self::try_from(points)
    }

    /// The tax within a gross amount, a half rounded up.
    pub fn within(self, gross: i64) -> i64 {
        let base = 10_000 + i128::from(self.0);
        let tax = (i128::from(gross) * i128::from(self.0) * 2 + base).div_euclid(base * 2);
        i64::try_from(tax).unwrap_or(i64::MAX)
    }
}

impl TryFrom<u32> for TaxRate {
    type Error = NotATaxRate;

    fn try_from(points: u32) -> Result<Self, NotATaxRate> {
        if points <= 10_000 { Ok(Self(points)) } else { Err(NotATaxRate) }
    }
}

impl From<TaxRate> for u32 {
    fn from(rate: TaxRate) -> Self {
        rate.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_exactly() {
        for (text, points) in
            [("17", 1700), ("8.1", 810), ("8.10", 810), ("0", 0), ("100.00", 10_000), ("19.50", 1950)]
        {
            assert_eq!(TaxRate::from_percent(text).unwrap().basis_points(), points, "{text}");
        }
        for text in ["", ".5", "-1", "101", "8.123", "x", "1e1", "+5", "100.01"] {
            assert_eq!(TaxRate::from_percent(text), Err(NotATaxRate), "{text}");
        }
    }

    #[test]
    fn the_tax_is_the_part_within() {
        let rate = TaxRate::try_from(1700).unwrap();
        assert_eq!(rate.within(11_700), 1_700);
        assert_eq!(rate.within(100), 15); // 14.53
        assert_eq!(TaxRate::default().within(100), 0);
    }
}
