//! Categories: names that vendors give, and the keys by which lists find them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text::{NotAText, Text};

/// A category as a vendor writes it, `Home > Kitchen`; feeds call it product type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 120, example = "Home > Kitchen")]
pub struct Category(Text<120>);

impl Category {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The category's key: its letters and digits in lower case, all else as single hyphens. Names that differ in
    /// punctuation or case alone are one category.
    pub fn key(&self) -> String {
        key(self.as_str())
    }
}

/// The key of a category that a request names, by name or by key.
pub fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with('-') {
            key.push('-');
        }
    }
    while key.ends_with('-') {
        key.pop();
    }
    key
}

impl TryFrom<String> for Category {
    type Error = NotAText;

    fn try_from(text: String) -> Result<Self, NotAText> {
        let text = Text::try_from(text)?;
        if key(text.as_str()).is_empty() { Err(NotAText { max: 120 }) } else { Ok(Self(text)) }
    }
}

impl From<Category> for String {
    fn from(category: Category) -> Self {
        category.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_looks_share_a_key() {
        for text in ["Home > Kitchen", "home/kitchen", " HOME  kitchen! ", "home-kitchen"] {
            assert_eq!(key(text), "home-kitchen", "{text}");
        }
        assert_eq!(key("Möbel & Größen"), "möbel-größen");
        assert!(Category::try_from("->".to_owned()).is_err());
    }
}
