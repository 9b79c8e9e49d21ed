//! Ids: a prefix that tells the kind, and 26 characters of Crockford's base 32 (a ULID, or 128 random bits where nobody may guess it).
//!
//! **Invariant:** an id that exists is well-formed, so a key of the table can't be injected through one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;
/// How long an id is as text: three letters, a line and the rest.
const TEXT: usize = 4 + LENGTH;

/// Which bytes are of the alphabet.
#[expect(clippy::indexing_slicing, reason = "a byte is below 256, and this is run by the compiler")]
const IN_ALPHABET: [bool; 256] = {
    let mut found = [false; 256];
    let mut left: &[u8] = ALPHABET;
    while let [byte, rest @ ..] = left {
        found[*byte as usize] = true;
        left = rest;
    }
    found
};

/// The text is not an id of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id that starts with {prefix}_")]
pub struct NotAnId {
    pub prefix: &'static str,
}

/// What all kinds of ids have in common.
pub trait Id: Copy + fmt::Display + FromStr<Err = NotAnId> {
    const PREFIX: &'static str;

    /// Makes an id of 128 bits: a ULID's, a hash's, or random ones.
    fn from_bits(bits: u128) -> Self;
}

fn encode(bits: u128) -> [u8; LENGTH] {
    std::array::from_fn(|at| {
        let shift = 5 * (LENGTH - 1 - at);
        let digit = usize::try_from((bits >> shift) & 31).unwrap_or_default();
        ALPHABET.get(digit).copied().unwrap_or(b'0')
    })
}

fn parse(text: &str, prefix: &'static str) -> Result<[u8; LENGTH], NotAnId> {
    let body = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(NotAnId { prefix })?;
    let bytes: [u8; LENGTH] = body.as_bytes().try_into().map_err(|_| NotAnId { prefix })?;
    let well_formed = bytes.iter().all(|byte| IN_ALPHABET.get(usize::from(*byte)) == Some(&true));
    if well_formed { Ok(bytes) } else { Err(NotAnId { prefix }) }
}

/// Writes an id's text.
fn text<'a>(into: &'a mut [u8; TEXT], prefix: &str, body: &[u8; LENGTH]) -> &'a str {
    let parts = prefix.bytes().chain([b'_']).chain(body.iter().copied());
    into.iter_mut().zip(parts).for_each(|(place, byte)| *place = byte);
    std::str::from_utf8(into).unwrap_or_default()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; LENGTH]);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;

            fn from_bits(bits: u128) -> Self {
                Self(encode(bits))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(text(&mut [0; TEXT], $prefix, &self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(text(&mut [0; TEXT], $prefix, &self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::parsed::deserialize(deserializer)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9A-HJKMNP-TV-Z]{26}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    VendorId "ven";
    /// A person who works for the platform.
    AdminId "adm";
    /// A person who works for a vendor.
    StaffId "stf";
    CustomerId "cus";
    ProductId "prd";
    VariantId "var";
    MediaId "med";
    /// A cart's id is its key: 128 random bits.
    CartId "crt";
    /// A line of a cart, and of the order that it becomes.
    LineId "itm";
    OrderId "ord";
    ShipmentId "shp";
    PaymentId "pay";
    LedgerTransactionId "ltx";
    ImportId "imp";
    UploadId "upl";
    /// A row of a vendor's feed: a hash of the vendor's id and the feed's own.
    StagedId "stg";
    ReconciliationId "rec";
    RequestId "req";
}

impl OrderId {
    /// When it was made: a ULID's first 48 bits are milliseconds.
    pub fn made_at(self) -> Timestamp {
        let digit = |byte: &u8| ALPHABET.iter().position(|letter| letter == byte).unwrap_or_default();
        let ms = self
            .0
            .iter()
            .take(10)
            .fold(0_i64, |ms, byte| (ms << 5) | i64::try_from(digit(byte)).unwrap_or_default());
        Timestamp::from_ms(ms)
    }
}

impl LedgerTransactionId {
    /// The id of what is posted for an order once and no more, whoever posts it.
    pub fn once_for(order: OrderId) -> Self {
        Self(order.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_from_their_text() {
        for bits in [0, 1, u128::MAX, 0x0192_f3a4_b5c6_d7e8_f901_2345_6789_abcd] {
            let id = OrderId::from_bits(bits);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_eq!(OrderId::from_bits(u128::MAX).to_string(), "ord_7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    }

    #[test]
    fn an_orders_id_knows_when_it_was_made() {
        let ms = 1_795_248_000_123_u64;
        let id = OrderId::from_bits((u128::from(ms) << 80) | 77);
        assert_eq!(id.made_at(), Timestamp::from_ms(1_795_248_000_123));
        let fee = LedgerTransactionId::once_for(id).to_string();
        assert_eq!(fee.split('_').nth(1), id.to_string().split('_').nth(1));
    }

    #[test]
    fn larger_bits_sort_later() {
        assert!(VendorId::from_bits(1 << 80) > VendorId::from_bits((1 << 80) - 1));
    }

    #[test]
    fn nothing_else_is_an_id() {
        for text in [
            "",
            "ord",
            "ord_",
            "ven_00000000000000000000000000",
            "ord_0000000000000000000000000",
            "ord_000000000000000000000000000",
            "ord_0000000000000000000000000#",
            "ord_0000000000000000000000000i",
            "ORD_00000000000000000000000000",
        ] {
            assert!(text.parse::<OrderId>().is_err(), "{text}");
        }
    }
}
