//! Countries of ISO 3166-1.

use std::{cmp::Ordering, fmt, str::FromStr, sync::OnceLock};

use regex_lite::Regex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A country's two letters of ISO 3166-1, among the officially assigned ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// The text is not a country's code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a country code of ISO 3166-1")]
pub struct NotACountry;

/// How many codes are assigned.
const COUNT: usize = 249;
/// All of them, in order, each with what parts it from the next.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ \
    NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ \
    UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

impl Country {
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How its postal codes are written; `None` where it has none.
    pub(crate) fn postal_code_format(self) -> Option<&'static Regex> {
        /// What was compiled so far.
        static FORMATS: [OnceLock<Option<Regex>>; COUNT] = [const { OnceLock::new() }; COUNT];
        let compile = || {
            let country = keshvar::Alpha2::try_from(self.code()).ok()?.to_country();
            let format = country.postal_code_format().filter(|_| country.postal_code())?;
            Regex::new(&format!("^(?:{format})$")).ok()
        };
        FORMATS.get(place(self.code())?)?.get_or_init(compile).as_ref()
    }
}

/// Where a code stands among all.
fn place(code: &str) -> Option<usize> {
    let codes = CODES.as_bytes();
    let (mut low, mut high) = (0, COUNT);
    while low < high {
        let middle = low.midpoint(high);
        match codes.get(3 * middle..3 * middle + 2)?.cmp(code.as_bytes()) {
            Ordering::Equal => return Some(middle),
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
        }
    }
    None
}

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        let bytes: [u8; 2] = text.as_bytes().try_into().map_err(|_| NotACountry)?;
        place(text).map(|_| Self(bytes)).ok_or(NotACountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::deserialize(deserializer)
    }
}

impl utoipa::PartialSchema for Country {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{2}$"))
            .examples([serde_json::json!("LU")])
            .into()
    }
}

impl utoipa::ToSchema for Country {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the data set has is understood: a format that could not be read would let everything pass.
    #[test]
    fn each_country_that_has_postal_codes_says_how_they_are_written() {
        let without: Vec<_> = CODES
            .split_ascii_whitespace()
            .filter(|code| {
                let known = keshvar::Alpha2::try_from(*code).unwrap().to_country();
                let read = code.parse::<Country>().unwrap().postal_code_format().is_some();
                known.postal_code() && !read
            })
            .collect();
        assert_eq!(without, Vec::<&str>::new());
    }

    #[test]
    fn there_are_249_codes_and_no_others() {
        let found = CODES.split_ascii_whitespace().map(|code| place(code).unwrap());
        assert_eq!(found.collect::<Vec<_>>(), (0..COUNT).collect::<Vec<_>>());
        assert!("LU".parse::<Country>().is_ok());
        for bad in ["", "lu", "LUX", "XX", "UK", "é"] {
            assert!(bad.parse::<Country>().is_err(), "{bad}");
        }
    }
}
