//! The name of a vendor's shop in addresses.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A shop's name in addresses: 3 to 40 characters of `a-z`, `0-9` and inner single hyphens, as a DNS label allows them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", min_length = 3, max_length = 40)]
pub struct Slug(String);

/// The text is not a slug, or one that the platform keeps for itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a slug has 3 to 40 of a-z, 0-9 and single hyphens between them, and is not a reserved word")]
pub struct NotASlug;

/// Hosts and paths of the platform's own.
const RESERVED: [&str; 14] = [
    "admin", "api", "app", "assets", "cdn", "console", "help", "mail", "market", "media", "status",
    "support", "www", "static",
];

impl Slug {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = NotASlug;

    fn from_str(text: &str) -> Result<Self, NotASlug> {
        let well_formed = (3..=40).contains(&text.len())
            && text.split('-').all(|part| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            });
        if well_formed && !RESERVED.contains(&text) { Ok(Self(text.to_owned())) } else { Err(NotASlug) }
    }
}

impl TryFrom<String> for Slug {
    type Error = NotASlug;

    fn try_from(text: String) -> Result<Self, NotASlug> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_dns_labels_that_the_platform_does_not_need() {
        for good in ["abc", "a-1", "luxury-tea-2026"] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        for bad in
            ["", "ab", "-ab", "ab-", "a--b", "Abc", "a_b", "a.b", "a#b", "admin", "café", &"a".repeat(41)]
        {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }
}
