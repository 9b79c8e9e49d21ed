//! Currencies of ISO 4217.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency of ISO 4217, written as its three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// The text is not the code of a currency in which something can be sold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a currency code of ISO 4217")]
pub struct NotACurrency;

impl Currency {
    /// The euro, for examples and tests.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many digits minor units have: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn digits(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }

    /// Whether Stripe charges it in its minor units, to the last of them, so that something can be sold in it.
    ///
    /// ISK and UGX have none, and Stripe counts in hundredths; MGA has some, and Stripe has none; of those with three digits Stripe wants the last to be
    /// zero, which a share of an amount is not. Source: <https://docs.stripe.com/currencies>.
    pub fn is_charged_as_it_is(self) -> bool {
        CHARGED.binary_search(&self.code()).is_ok()
    }
}

/// Those that Stripe charges in their own minor units.
const CHARGED: [&str; 127] = [
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BIF", "BMD", "BND",
    "BOB", "BRL", "BSD", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CVE", "CZK",
    "DJF", "DKK", "DOP", "DZD", "EGP", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GIP", "GMD", "GNF", "GTQ",
    "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "JMD", "JPY", "KES", "KGS", "KHR", "KMF", "KRW",
    "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MKD", "MMK", "MNT", "MOP", "MUR", "MVR",
    "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR",
    "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SEK", "SGD", "SHP", "SOS", "SRD",
    "SZL", "THB", "TJS", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VND", "VUV", "WST",
    "XAF", "XCD", "XOF", "XPF", "YER", "ZAR", "ZMW",
];

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        let currency = iso_currency::Currency::from_code(text).ok_or(NotACurrency)?;
        // Those without minor units are gold, test codes and the like.
        if currency.exponent().is_some() { Ok(Self(currency)) } else { Err(NotACurrency) }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::deserialize(deserializer)
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .examples([serde_json::json!("EUR")])
            .into()
    }
}

impl utoipa::ToSchema for Currency {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_know_their_digits() {
        for (code, digits) in [("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("CHF", 2)] {
            assert_eq!(code.parse::<Currency>().unwrap().digits(), digits, "{code}");
        }
    }

    #[test]
    fn something_is_sold_in_what_stripe_counts_as_we_do() {
        let without_digits = [
            "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
        ];
        for code in CHARGED {
            let currency: Currency = code.parse().unwrap();
            assert!(currency.is_charged_as_it_is(), "{code}");
            assert_eq!(currency.digits(), if without_digits.contains(&code) { 0 } else { 2 }, "{code}");
        }
        for code in ["ISK", "UGX", "MGA", "KWD", "BHD", "JOD", "OMR", "TND", "IRR", "KPW"] {
            assert!(!code.parse::<Currency>().unwrap().is_charged_as_it_is(), "{code}");
        }
    }

    #[test]
    fn what_nobody_pays_with_is_refused() {
        for code in ["", "eur", "EURO", "XXX", "XAU", "ZZZ", "€"] {
            assert_eq!(code.parse::<Currency>(), Err(NotACurrency), "{code}");
        }
    }
}
