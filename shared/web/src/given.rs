//! Fields that a request may leave out, told apart from those that it empties; for `#[serde(default, deserialize_with = …)]`.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer},
};

/// A field of a change that may be left out, and that can't be emptied: `null` is the wrong type.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A field of a change that may be left out (`None`) or emptied by `null` (`Some(None)`).
pub fn clearable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A parameter of a query that counts as left out where it is blank, as forms send it.
pub fn unless_blank<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { T::deserialize(text.to_owned().into_deserializer()).map(Some) }
}

/// The same for a number.
pub fn number_unless_blank<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(de::Error::custom) }
}
