//! Prices as feeds write them: `12.90 EUR`, `EUR 12.90`, `12,90`, `1.299,00`, `1,299.00 €`. Exact: digits, never floats.

use crate::{Currency, Money, money::MAX_AMOUNT};

/// Why a text is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    #[error("this is no price")]
    NotAPrice,
    #[error("this is no currency that is known")]
    Currency,
    /// `1.299` may be one and a bit or more than a thousand.
    #[error("it can't be told whether the separator is one of decimals or of thousands")]
    Ambiguous,
    #[error("the currency has fewer decimals")]
    TooFine,
    #[error("a price is more than nothing and at most 999999.99")]
    OutOfRange,
}

/// Reads a price; one without a currency is in `default`.
pub fn price(text: &str, default: Currency) -> Result<Money, BadAmount> {
    let text = text.trim();
    let starts = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+');
    let start = text.find(starts).ok_or(BadAmount::NotAPrice)?;
    let (before, rest) = text.split_at(start);
    let end = rest.rfind(|c: char| c.is_ascii_digit()).ok_or(BadAmount::NotAPrice)?;
    let (number, after) = rest.split_at(end + 1);
    let currency = match (before.trim(), after.trim()) {
        ("", "") => default,
        ("", named) | (named, "") => currency(named)?,
        _ => return Err(BadAmount::NotAPrice),
    };
    let amount = minor_units(number, currency.digits())?;
    if (1..=MAX_AMOUNT).contains(&amount) {
        Ok(Money::new(amount, currency))
    } else {
        Err(BadAmount::OutOfRange)
    }
}

fn currency(text: &str) -> Result<Currency, BadAmount> {
    match text {
        "€" => Ok(Currency::EUR),
        // A dollar may be one of twenty.
        "£" => "GBP".parse().map_err(|_| BadAmount::Currency),
        code => code.to_ascii_uppercase().parse().map_err(|_| BadAmount::Currency),
    }
}

/// A number of so many decimals in units of the last one.
fn minor_units(text: &str, digits: u32) -> Result<i64, BadAmount> {
    let negative = text.starts_with('-');
    let text = text.trim_start_matches(['-', '+']);
    let (whole, fraction) = split(text, digits)?;
    let kept = usize::try_from(digits).unwrap_or(usize::MAX);
    let fraction = match fraction.char_indices().nth(kept) {
        None => fraction,
        Some((at, _)) if fraction.bytes().skip(at).all(|digit| digit == b'0') => {
            fraction.get(..at).unwrap_or_default()
        }
        Some(_) => return Err(BadAmount::TooFine),
    };
    let padding = kept - fraction.len();
    let all = whole.chars().chain(fraction.chars()).chain(std::iter::repeat_n('0', padding));
    let mut amount: i64 = 0;
    for digit in all {
        let digit = digit.to_digit(10).ok_or(BadAmount::NotAPrice)?;
        let next = amount.checked_mul(10).and_then(|amount| amount.checked_add(i64::from(digit)));
        amount = next.ok_or(BadAmount::OutOfRange)?;
    }
    if negative && amount != 0 { Err(BadAmount::OutOfRange) } else { Ok(amount) }
}

/// Tells the digits before the decimals from the decimals, without the marks between thousands.
fn split(text: &str, digits: u32) -> Result<(String, &str), BadAmount> {
    let marks: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
    let Some(&(last_at, last)) = marks.last() else {
        return Ok((text.to_owned(), ""));
    };
    let others = marks.split_last().map(|(_, others)| others).unwrap_or_default();
    let behind = text.get(last_at + last.len_utf8()..).unwrap_or_default();
    let before = text.get(..last_at).unwrap_or_default();
    let is_decimal = match last {
        '.' | ',' => match others.first() {
            // `1.299,00`: two kinds, the last one is the decimals'.
            Some((_, other)) => *other != last,
            None if behind.len() != 3 || before.starts_with('0') || before.is_empty() => true,
            None if digits == 0 => false,
            None if digits == 3 => true,
            None => return Err(BadAmount::Ambiguous),
        },
        _ => false,
    };
    let (grouped, fraction) = if is_decimal { (before, behind) } else { (text, "") };
    Ok((ungroup(grouped)?, fraction))
}

/// Takes the marks between thousands away: one kind, three digits behind each.
fn ungroup(text: &str) -> Result<String, BadAmount> {
    let Some(mark) = text.chars().find(|c| !c.is_ascii_digit()) else {
        return Ok(text.to_owned());
    };
    let known = matches!(mark, '.' | ',' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}');
    let mut groups = text.split(mark);
    let first = groups.next().unwrap_or_default();
    let well_formed = (1..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_digit())
        && groups.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()));
    if known && well_formed { Ok(text.replace(mark, "")) } else { Err(BadAmount::NotAPrice) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eur(text: &str) -> Result<i64, BadAmount> {
        price(text, Currency::EUR).map(|money| {
            assert_eq!(money.currency, Currency::EUR, "{text}");
            money.amount
        })
    }

    #[test]
    fn prices_are_read_as_people_write_them() {
        for (text, cents) in [
            ("12.90 EUR", 1290),
            ("EUR 12.90", 1290),
            ("EUR12.90", 1290),
            ("12,90", 1290),
            ("12.9", 1290),
            ("12", 1200),
            ("1.299,00", 129_900),
            ("1,299.00", 129_900),
            ("1.299.000,50", 129_900_050 / 10 * 10),
            ("1'299.00", 129_900),
            ("1 299,00", 129_900),
            ("1\u{a0}299,00 €", 129_900),
            ("€ 12,90", 1290),
            ("12,90€", 1290),
            ("12.90 eur", 1290),
            (".50", 50),
            ("0.50", 50),
            ("0,05", 5),
            ("12.9000", 1290),
            ("0.500", 50),
            (" 7.00 ", 700),
            ("1299", 129_900),
            ("+3.00", 300),
        ] {
            let expected = if cents <= MAX_AMOUNT { Ok(cents) } else { Err(BadAmount::OutOfRange) };
            assert_eq!(eur(text), expected, "{text}");
        }
        let yen: Currency = "JPY".parse().unwrap();
        assert_eq!(price("1,299 JPY", Currency::EUR), Ok(Money::new(1299, yen)));
        assert_eq!(price("1299", yen), Ok(Money::new(1299, yen)));
        let dinar: Currency = "KWD".parse().unwrap();
        assert_eq!(price("1.299", dinar), Ok(Money::new(1299, dinar)));
        assert_eq!(price("£5", Currency::EUR).unwrap().currency.code(), "GBP");
    }

    #[test]
    fn what_is_no_price_is_refused_and_never_guessed() {
        for text in [
            "",
            "free",
            "EUR",
            "-",
            ".",
            "12.90.5",
            "1.29,000.00",
            "12,3456,78",
            "1 2",
            "12.90 EUR EUR",
            "EUR 5 EUR",
            "1e3",
            "12.90-",
        ] {
            assert!(eur(text).is_err(), "{text}");
        }
        assert_eq!(eur("1.299"), Err(BadAmount::Ambiguous));
        assert_eq!(eur("12,900"), Err(BadAmount::Ambiguous));
        assert_eq!(eur("12.905"), Err(BadAmount::Ambiguous));
        assert_eq!(eur("12.9051"), Err(BadAmount::TooFine));
        assert_eq!(eur("5 XYZ"), Err(BadAmount::Currency));
        assert_eq!(eur("$5"), Err(BadAmount::Currency));
        for text in ["0", "0.00 EUR", "-5.00", "1000000.00", "99999999999999999999999"] {
            assert_eq!(eur(text), Err(BadAmount::OutOfRange), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_comes_back_from_each_way_to_write_it(cents in 1..=MAX_AMOUNT) {
            let (whole, fraction) = (cents / 100, cents % 100);
            let grouped = |mark: &str| if whole >= 1000 { format!("{}{mark}{:03}", whole / 1000, whole % 1000) } else { whole.to_string() };
            for text in [
                format!("{whole}.{fraction:02}"),
                format!("{whole},{fraction:02} EUR"),
                format!("EUR {}.{fraction:02}", grouped(",")),
                format!("{},{fraction:02} €", grouped(".")),
                format!("{}.{fraction:02}", grouped("'")),
            ] {
                prop_assert_eq!(eur(&text), Ok(cents), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = price(&text, Currency::EUR);
        }
    }
}
