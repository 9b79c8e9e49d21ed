//! Points in time, to the millisecond.

use std::{fmt, ops::Add, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in UTC, in whole milliseconds.
///
/// It is written as RFC 3339 with three fraction digits and `Z`, always 24 characters, so that texts sort as times do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// 9999-12-30T22:00:00Z, the last time that every offset can show.
const MAX_MS: i64 = 253_402_207_200_000;

impl Timestamp {
    /// Takes milliseconds since 1970, brought into the years 1970 to 9999.
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(0, MAX_MS))
    }

    pub fn from_secs(secs: i64) -> Self {
        Self::from_ms(secs.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    pub fn ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as `ttl` has them.
    pub fn secs(self) -> i64 {
        self.0 / 1000
    }

    /// The calendar month in UTC, `2026-11`.
    pub fn month(self) -> String {
        self.to_string().chars().take(7).collect()
    }

    /// So many days of 24 hours earlier.
    #[must_use]
    pub fn minus_days(self, days: u32) -> Self {
        Self::from_ms(self.ms() - i64::from(days) * 86_400_000)
    }

    /// The last millisecond of the month before.
    #[must_use]
    pub fn end_of_month_before(self) -> Self {
        let start: Result<Self, _> = format!("{}-01T00:00:00Z", self.month()).parse();
        Self::from_ms(start.map_or(0, |start| start.0 - 1))
    }

    /// Adds whole days of 24 hours.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        Self::from_ms(self.0.saturating_add(i64::from(days) * 86_400_000))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::from_ms(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{time:.3}")
    }
}

/// The text is not a time of RFC 3339 between 1970 and 9999.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time")]
pub struct NotATime;

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let time: jiff::Timestamp = text.parse().map_err(|_| NotATime)?;
        let ms = time.as_millisecond();
        if (0..=MAX_MS).contains(&ms) { Ok(Self(ms)) } else { Err(NotATime) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::deserialize(deserializer)
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_one_width_and_come_back() {
        for ms in [0, 1, 999, 1_795_248_267_123, MAX_MS] {
            let text = Timestamp::from_ms(ms).to_string();
            assert_eq!(text.len(), 24, "{text}");
            assert_eq!(text.parse::<Timestamp>().unwrap().ms(), ms);
        }
        assert_eq!(Timestamp::from_ms(1_795_248_267_123).to_string(), "2026-11-21T08:04:27.123Z");
    }

    #[test]
    fn months_are_walked_back() {
        let march: Timestamp = "2026-03-31T23:00:00Z".parse().unwrap();
        assert_eq!(
            (march.month(), march.end_of_month_before().to_string()),
            ("2026-03".into(), "2026-02-28T23:59:59.999Z".into())
        );
        assert_eq!(Timestamp::from_ms(0).end_of_month_before(), Timestamp::from_ms(0));
    }

    #[test]
    fn other_offsets_are_read_and_nonsense_is_not() {
        assert_eq!("1970-01-01T01:00:00+01:00".parse::<Timestamp>().unwrap(), Timestamp::from_ms(0));
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "1969-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATime), "{text}");
        }
    }
}
