//! Texts that people type, checked for length and for characters that nobody sees.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The text is empty, too long, or holds control characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text of 1 to {max} characters without control characters is needed")]
pub struct NotAText {
    pub max: usize,
}

/// A text of 1 to `MAX` characters, trimmed, without control characters (line breaks and tabs are kept).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(String);

/// A name or a title.
pub type Name = Text<200>;
/// A stock-keeping unit's code, unique within its vendor.
pub type Sku = Text<64>;
/// A product's description.
pub type Description = Text<20_000>;

impl<const MAX: usize> Text<MAX> {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a text that may be missing: nothing, or blanks only, is `None`.
    pub fn optional(text: Option<String>) -> Result<Option<Self>, NotAText> {
        match text {
            Some(text) if !text.trim().is_empty() => Self::try_from(text).map(Some),
            _ => Ok(None),
        }
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = NotAText;

    fn try_from(text: String) -> Result<Self, NotAText> {
        let trimmed = text.trim();
        let invisible = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if trimmed.is_empty() || trimmed.chars().count() > MAX || trimmed.chars().any(invisible) {
            return Err(NotAText { max: MAX });
        }
        Ok(if trimmed.len() == text.len() { Self(text) } else { Self(trimmed.to_owned()) })
    }
}

impl<const MAX: usize> TryFrom<&str> for Text<MAX> {
    type Error = NotAText;

    fn try_from(text: &str) -> Result<Self, NotAText> {
        Self::try_from(text.to_owned())
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MAX: usize> utoipa::PartialSchema for Text<MAX> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX))
            .into()
    }
}

impl<const MAX: usize> utoipa::ToSchema for Text<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Text{MAX}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(Sku::try_from(" A-1 ").unwrap().as_str(), "A-1");
        assert!(Sku::try_from("é".repeat(64)).is_ok());
        for bad in ["", "  ", "a\u{0}b", "a\u{7f}", &"x".repeat(65)] {
            assert_eq!(Sku::try_from(bad), Err(NotAText { max: 64 }), "{bad:?}");
        }
        assert_eq!(Sku::optional(Some(" ".into())), Ok(None));
    }
}
