//! Postal addresses.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{country::Country, text::Text};

/// Where something is sent to; personal data, so its `Debug` shows the country alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    pub name: Text<120>,
    pub line1: Text<120>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<Text<120>>,
    pub city: Text<80>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Text<80>>,
    /// Needed where the country has such codes, and written as they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<Text<20>>,
    pub country: Country,
}

/// The postal code is not one of its country's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPostalCode {
    #[error("{0} needs a postal code")]
    Missing(Country),
    #[error("{0} has no such postal code")]
    Unknown(Country),
}

impl Address {
    /// Lets an address pass whose postal code is of its country, and writes it in capitals, without the country's letters before it: `L-1728` is `1728`.
    pub fn checked(self) -> Result<Self, BadPostalCode> {
        let country = self.country;
        let Some(format) = country.postal_code_format() else {
            return Ok(self);
        };
        let given = self.postal_code.as_ref().ok_or(BadPostalCode::Missing(country))?;
        let capitals = given.as_str().to_uppercase();
        let bare = capitals.split_once('-').filter(|(letters, _)| is_of_a_country(letters));
        let known = [Some(capitals.as_str()), bare.map(|(_, code)| code)];
        let code = known
            .into_iter()
            .flatten()
            .find(|code| format.is_match(code))
            .and_then(|code| Text::try_from(code).ok())
            .ok_or(BadPostalCode::Unknown(country))?;
        Ok(Self { postal_code: Some(code), ..self })
    }
}

/// Letters that stand before a code: those of a car's plate or of ISO 3166.
fn is_of_a_country(letters: &str) -> bool {
    (1..=3).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_uppercase())
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("country", &self.country).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(country: &str, code: Option<&str>) -> Result<Option<String>, BadPostalCode> {
        let mut address = serde_json::json!({"name": "Ada", "line1": "1", "city": "X", "country": country});
        if let Some(code) = code {
            address["postal_code"] = code.into();
        }
        let address: Address = serde_json::from_value(address).unwrap();
        Ok(address.checked()?.postal_code.map(String::from))
    }

    #[test]
    fn a_postal_code_is_one_of_its_countrys() {
        for (country, given, stored) in [
            ("LU", "1728", "1728"),
            ("LU", "L-1728", "1728"),
            ("LU", "lu-1728", "1728"),
            ("DE", "D-10115", "10115"),
            ("GB", "sw1a 1aa", "SW1A 1AA"),
            ("NL", "1234 ab", "1234 AB"),
            ("US", "94103-1234", "94103-1234"),
            ("CA", "K1A 0B1", "K1A 0B1"),
            ("IE", "D02 AF30", "D02 AF30"),
            ("PL", "00-950", "00-950"),
            ("JP", "100-0001", "100-0001"),
        ] {
            assert_eq!(checked(country, Some(given)), Ok(Some(stored.to_owned())), "{country} {given}");
        }
        for (country, given) in [
            ("LU", "17280"),
            ("LU", "L-17"),
            ("DE", "1234"),
            ("GB", "12345"),
            ("US", "ABCDE"),
            ("LU", "1728 x"),
        ] {
            let refused = Err(BadPostalCode::Unknown(country.parse().unwrap()));
            assert_eq!(checked(country, Some(given)), refused, "{country} {given}");
        }
    }

    #[test]
    fn where_there_are_no_postal_codes_none_is_needed() {
        assert_eq!(checked("HK", None), Ok(None));
        assert_eq!(checked("HK", Some("999077")), Ok(Some("999077".to_owned())));
        assert_eq!(checked("LU", None), Err(BadPostalCode::Missing("LU".parse().unwrap())));
    }
}
