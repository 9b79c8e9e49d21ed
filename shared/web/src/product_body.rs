//! A product as its vendor sees it: what the console's functions answer and take alike.

use std::collections::BTreeMap;

use domain::{
    MediaId, Money, ProductId, StagedId, Timestamp, VariantId, VendorId,
    category::Category,
    media::{MediaVariant, Size},
    product::{Gtin, Image, Product, ProductStatus},
    tax::TaxRate,
    text::{Description, Name, Sku, Text},
    variant::{Stock, Variant},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::Number;
use store::product::Listing;
use utoipa::ToSchema;

/// A product with its variants.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProductBody {
    pub id: ProductId,
    pub vendor_id: VendorId,
    pub sku: Sku,
    pub title: Name,
    pub description: Description,
    pub category: Category,
    pub brand: Option<Text<120>>,
    pub gtin: Option<Gtin>,
    pub tags: Vec<Text<60>>,
    /// The price of variants that have none of their own.
    pub price: Money,
    pub tax_rate: Percent,
    pub status: ProductStatus,
    pub images: Vec<Image>,
    /// Those of its pictures that are media of the vendor's.
    pub media: Vec<ProductMedia>,
    pub variants: Vec<VariantBody>,
    /// The row of the feed that it was published from.
    pub staged_id: Option<StagedId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When it came onto the shelf last.
    pub published_at: Option<Timestamp>,
    pub version: u64,
}

/// What is bought: an offer, and how many of it there are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VariantBody {
    pub id: VariantId,
    pub sku: Sku,
    pub options: BTreeMap<String, String>,
    pub price: Money,
    /// Whether the price is its own, or follows the product's.
    pub own_price: bool,
    /// What a unit weighs with its packing.
    pub weight_grams: Option<u32>,
    pub available: i64,
    pub stock: Stock,
    /// Counts changes of `on_hand`.
    pub version: u64,
}

/// A picture of a product, and where its sizes are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProductMedia {
    pub id: MediaId,
    pub variants: BTreeMap<Size, MediaVariant>,
}

impl From<Listing> for ProductBody {
    fn from(Listing { product, variants }: Listing) -> Self {
        let media = ProductMedia::all(&product);
        Self {
            id: product.id,
            vendor_id: product.vendor_id,
            sku: product.sku,
            title: product.title,
            description: product.description,
            category: product.category,
            brand: product.brand,
            gtin: product.gtin,
            tags: product.tags,
            price: product.price,
            tax_rate: Percent(product.tax_rate),
            status: product.status,
            images: product.images,
            media,
            variants: variants.into_iter().map(VariantBody::from).collect(),
            staged_id: product.staged_id,
            created_at: product.created_at,
            updated_at: product.updated_at,
            published_at: product.published_at,
            version: product.version,
        }
    }
}

impl From<Variant> for VariantBody {
    fn from(variant: Variant) -> Self {
        let stock = variant.known();
        Self {
            id: variant.id,
            sku: variant.sku,
            options: variant.options,
            price: variant.price,
            own_price: variant.own_price,
            weight_grams: variant.weight_grams,
            available: stock.available,
            stock,
            version: variant.version,
        }
    }
}

impl ProductMedia {
    /// The media among a product's pictures.
    pub fn all(product: &Product) -> Vec<Self> {
        let of = |image: &Image| Some(Self { id: image.media_id?, variants: image.variants.clone() });
        product.images.iter().filter_map(of).collect()
    }
}

/// A rate of tax as JSON has it: a number of percent with at most two decimals, read and written exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub TaxRate);

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let points = self.0.basis_points();
        let (whole, fraction) = (points / 100, points % 100);
        if fraction == 0 {
            return serializer.serialize_u32(whole);
        }
        let number: Number = format!("{whole}.{fraction:02}").parse().map_err(ser::Error::custom)?;
        number.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A number of two decimals is written by its shortest text, which is what was sent.
        let number = Number::deserialize(deserializer)?;
        TaxRate::from_percent(&number.to_string()).map(Self).map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for Percent {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Number)
            .description(Some("In percent, with at most two decimals."))
            .minimum(Some(0))
            .maximum(Some(100))
            .examples([serde_json::json!(17)])
            .into()
    }
}

impl ToSchema for Percent {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_come_back_as_they_were_sent() {
        for text in ["0", "7", "17", "8.1", "8.05", "19.99", "100"] {
            let percent: Percent = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&percent).unwrap(), text);
        }
        assert_eq!(serde_json::from_str::<Percent>("17.00").unwrap().0.basis_points(), 1700);
    }

    #[test]
    fn what_is_no_percentage_is_refused() {
        for text in ["-1", "101", "8.123", "\"17\"", "null", "1e9"] {
            assert!(serde_json::from_str::<Percent>(text).is_err(), "{text}");
        }
    }
}
