//! Products: what a vendor publishes. What is bought, and counted, is a [variant](crate::variant).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    IllegalTransition, MediaId, Money, ProductId, StagedId, Timestamp, VendorId,
    category::Category,
    media::{MediaVariant, Size},
    tax::TaxRate,
    text::{Description, Name, Sku, Text},
};

/// `draft <-> published -> archived -> draft`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    Draft,
    Published,
    Archived,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductEvent {
    Published,
    /// Taken off the shelf to be worked on.
    Withdrawn,
    Archived,
    /// Brought back from the archive.
    Restored,
}

impl ProductStatus {
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Archived];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }

    pub fn on(self, event: ProductEvent) -> Result<Self, IllegalTransition> {
        use ProductEvent as E;
        match (self, event) {
            (Self::Draft | Self::Published, E::Published) => Ok(Self::Published),
            (Self::Draft | Self::Published, E::Withdrawn) => Ok(Self::Draft),
            (Self::Published | Self::Archived, E::Archived) => Ok(Self::Archived),
            (Self::Archived | Self::Draft, E::Restored) => Ok(Self::Draft),
            _ => Err(IllegalTransition {
                machine: "product",
                state: self.as_str(),
                event: match event {
                    E::Published => "published",
                    E::Withdrawn => "withdrawn",
                    E::Archived => "archived",
                    E::Restored => "restored",
                },
            }),
        }
    }
}

/// The most variants of one product: with their codes and pointers one transaction holds at most 100 actions.
pub const MAX_VARIANTS: usize = 30;
/// The most pictures of one product.
pub const MAX_IMAGES: usize = 20;
/// The most tags of one product.
pub const MAX_TAGS: usize = 20;

/// A product of a vendor's catalogue. Its variants lie beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Product {
    pub id: ProductId,
    pub vendor_id: VendorId,
    pub sku: Sku,
    pub title: Name,
    pub description: Description,
    pub category: Category,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Text<120>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Gtin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Text<60>>,
    /// The price of variants that have none of their own.
    pub price: Money,
    pub tax_rate: TaxRate,
    pub status: ProductStatus,
    /// How many variants it has; they are items of their own.
    pub variants: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// The row of the feed that it was published from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staged_id: Option<StagedId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When it came onto the shelf last; lists go by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    pub version: u64,
}

/// A picture of a product: media of ours once it is ready, or the address that the feed names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Image {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_id: Option<MediaId>,
    /// What a page shows (large), and what a list shows (small).
    pub url: String,
    pub thumbnail_url: String,
    /// All sizes of a medium, so that a product's page needs no second look; none of a feed's picture.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<Size, MediaVariant>,
}

/// A trade item number of 8, 12, 13 or 14 digits whose check digit is right (GS1 General Specifications, 7.9).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^([0-9]{8}|[0-9]{12,14})$")]
pub struct Gtin(String);

/// The text is not a trade item number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a GTIN has 8, 12, 13 or 14 digits, the last of which checks the others")]
pub struct NotAGtin;

impl TryFrom<String> for Gtin {
    type Error = NotAGtin;

    fn try_from(text: String) -> Result<Self, NotAGtin> {
        let text = text.trim().to_owned();
        if !matches!(text.len(), 8 | 12..=14) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAGtin);
        }
        // From the right the digits weigh 1 (the check digit itself), 3, 1, 3, …
        let sum: u32 = text
            .bytes()
            .rev()
            .zip([1, 3].into_iter().cycle())
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        if sum.is_multiple_of(10) { Ok(Self(text)) } else { Err(NotAGtin) }
    }
}

impl From<Gtin> for String {
    fn from(gtin: Gtin) -> Self {
        gtin.0
    }
}

/// What lists show of a product, copied into the indexes of the shelves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub id: ProductId,
    pub vendor_id: VendorId,
    pub title: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Text<120>>,
    pub category: Category,
    /// The lowest of its variants.
    pub price: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    pub published_at: Timestamp,
}

impl Product {
    /// The card, while the product is on the shelf. `lowest` is the lowest price of its variants.
    pub fn card(&self, lowest: Money) -> Option<Card> {
        let published_at = self.published_at.filter(|_| self.status == ProductStatus::Published)?;
        Some(Card {
            id: self.id,
            vendor_id: self.vendor_id,
            title: self.title.clone(),
            brand: self.brand.clone(),
            category: self.category.clone(),
            price: lowest,
            image_url: self.images.first().map(|image| image.thumbnail_url.clone()),
            published_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_of_a_gtin_counts() {
        for good in ["4006381333931", "96385074", "036000291452", "00012345600012"] {
            assert!(Gtin::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "4006381333932", "400638133393", "12345", "abcdefgh"] {
            assert!(Gtin::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_archived_product_comes_back_as_a_draft_only() {
        assert!(ProductStatus::Archived.on(ProductEvent::Published).is_err());
        assert_eq!(ProductStatus::Archived.on(ProductEvent::Restored), Ok(ProductStatus::Draft));
    }
}
