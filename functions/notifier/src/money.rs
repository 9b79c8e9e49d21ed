use domain::Money;

/// An amount for people: `12.34 EUR`, `1999 JPY`, `1.234 KWD`.
pub(crate) fn written(money: Money) -> String {
    let digits = money.currency.digits();
    let sign = if money.amount < 0 { "-" } else { "" };
    let amount = money.amount.unsigned_abs();
    let code = money.currency.code();
    match 10_u64.checked_pow(digits) {
        Some(unit) if digits > 0 => {
            let width = usize::try_from(digits).unwrap_or_default();
            format!("{sign}{}.{:0width$} {code}", amount / unit, amount % unit)
        }
        _ => format!("{sign}{amount} {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_are_as_many_digits_as_the_currency_has() {
        for (amount, currency, expected) in [
            (1234, "EUR", "12.34 EUR"),
            (5, "EUR", "0.05 EUR"),
            (0, "EUR", "0.00 EUR"),
            (-150, "EUR", "-1.50 EUR"),
            (-5, "EUR", "-0.05 EUR"),
            (1999, "JPY", "1999 JPY"),
            (1234, "KWD", "1.234 KWD"),
            (7, "KWD", "0.007 KWD"),
            (i64::MIN, "JPY", "-9223372036854775808 JPY"),
        ] {
            assert_eq!(written(Money::new(amount, currency.parse().unwrap())), expected);
        }
    }
}
