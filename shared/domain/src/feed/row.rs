//! The second half of reading: a row's texts become values, or errors that say which text was wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Column, RowError, amount::price, link::web_address};
use crate::{
    Currency, Money,
    tax::TaxRate,
    text::{Description, Name, Sku, Text},
};

/// The most pictures beside the first one.
const MAX_MORE_IMAGES: usize = 10;
/// The most units that a feed may offer of one thing.
const MAX_QUANTITY: u32 = 1_000_000;

/// Whether a thing can be had, in Google's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    InStock,
    OutOfStock,
    Preorder,
    Backorder,
}

/// What a vendor offers by a row of its feed.
///
/// The trade number is kept as it came: whether it is one is asked when the row is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedRow {
    /// The row's id in the feed, and the code of what becomes of it unless the vendor gives another.
    pub feed_id: Sku,
    pub title: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    pub price: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_price: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_type: Option<Text<750>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub google_product_category: Option<Text<750>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_link: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional_image_links: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Text<120>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Text<50>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mpn: Option<Text<70>>,
    /// What rows that are variants of one thing have in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_group_id: Option<Text<64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text<40>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// In basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    pub tax_rate: Option<TaxRate>,
}

/// The fields of a row, and what was wrong with those that were asked for.
struct Fields<'a> {
    row: u32,
    texts: &'a BTreeMap<Column, String>,
    errors: Vec<RowError>,
}

impl FeedRow {
    /// Reads a row; prices that name no currency are in `currency`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(
        row: u32,
        texts: &BTreeMap<Column, String>,
        currency: Currency,
    ) -> Result<Self, Vec<RowError>> {
        let mut fields = Fields { row, texts, errors: Vec::new() };
        let feed_id = fields.required(Column::Id);
        let title = fields.required(Column::Title);
        let amount = fields.price(Column::Price, currency);
        if !texts.contains_key(&Column::Price) {
            fields.missing(Column::Price);
        }
        let sale_price = fields.price(Column::SalePrice, currency);
        if let (Some(price), Some(sale)) = (amount, sale_price) {
            let cheaper = sale.currency == price.currency && sale.amount <= price.amount;
            if !cheaper {
                let message = "The sale price is above the price or in another currency.";
                fields.wrong(Column::SalePrice, "invalid_sale_price", message);
            }
        }
        let mut more = fields.links(Column::AdditionalImageLink);
        more.truncate(MAX_MORE_IMAGES);
        let description = fields.text(Column::Description);
        let product_type = fields.text(Column::ProductType);
        let google_product_category = fields.text(Column::GoogleProductCategory);
        let availability = fields.availability();
        let image_link = fields.link(Column::ImageLink);
        let brand = fields.text(Column::Brand);
        let gtin = fields.text(Column::Gtin);
        let mpn = fields.text(Column::Mpn);
        let item_group_id = fields.text(Column::ItemGroupId);
        let condition = fields.text(Column::Condition);
        let link = fields.link(Column::Link);
        let quantity = fields.quantity();
        let tax_rate = fields.tax_rate();
        match (feed_id, title, amount) {
            (Some(feed_id), Some(title), Some(price)) if fields.errors.is_empty() => Ok(Self {
                feed_id,
                title,
                description,
                price,
                sale_price,
                product_type,
                google_product_category,
                availability,
                image_link,
                additional_image_links: more,
                brand,
                gtin,
                mpn,
                item_group_id,
                condition,
                link,
                quantity,
                tax_rate,
            }),
            _ => Err(fields.errors),
        }
    }
}

impl Fields<'_> {
    fn get(&self, column: Column) -> Option<&str> {
        self.texts.get(&column).map(String::as_str)
    }

    fn wrong(&mut self, column: Column, code: &str, message: impl Into<String>) {
        let value = self.texts.get(&column).map(String::as_str).unwrap_or_default();
        self.errors.push(RowError::of_field(self.row, column, value, code, message));
    }

    fn missing(&mut self, column: Column) {
        let message = format!("Every row needs its {}.", column.name());
        self.wrong(column, &format!("missing_{}", column.name()), message);
    }

    fn required<const MAX: usize>(&mut self, column: Column) -> Option<Text<MAX>> {
        if self.get(column).is_none() {
            self.missing(column);
        }
        self.text(column)
    }

    fn text<const MAX: usize>(&mut self, column: Column) -> Option<Text<MAX>> {
        let text = self.get(column)?;
        match Text::try_from(text) {
            Ok(text) => Some(text),
            Err(_) if text.chars().count() > MAX => {
                self.wrong(column, "too_long", format!("At most {MAX} characters are taken."));
                None
            }
            Err(_) => {
                self.wrong(column, "invalid_characters", "It holds characters that nobody sees.");
                None
            }
        }
    }

    fn price(&mut self, column: Column, currency: Currency) -> Option<Money> {
        match price(self.get(column)?, currency) {
            Ok(price) => Some(price),
            Err(error) => {
                self.wrong(column, &format!("invalid_{}", column.name()), format!("{error}."));
                None
            }
        }
    }

    fn availability(&mut self) -> Option<Availability> {
        let text = self.get(Column::Availability)?;
        let words = text.to_lowercase().replace(['_', '-'], " ");
        let known = match words.split_whitespace().collect::<Vec<_>>().join(" ").as_str() {
            "in stock" | "available" | "limited availability" => Some(Availability::InStock),
            "out of stock" | "sold out" | "discontinued" | "unavailable" => Some(Availability::OutOfStock),
            "preorder" | "pre order" => Some(Availability::Preorder),
            "backorder" | "back order" | "available for order" => Some(Availability::Backorder),
            _ => None,
        };
        if known.is_none() {
            let message = "It is in_stock, out_of_stock, preorder or backorder.";
            self.wrong(Column::Availability, "invalid_availability", message);
        }
        known
    }

    fn link(&mut self, column: Column) -> Option<String> {
        let text = self.get(column)?;
        let read = web_address(text).map(|url| url.to_string());
        if read.is_none() {
            self.bad_link(column);
        }
        read
    }

    fn links(&mut self, column: Column) -> Vec<String> {
        let texts =
            self.get(column).unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty());
        let read: Option<Vec<String>> =
            texts.map(|text| web_address(text).map(|url| url.to_string())).collect();
        read.unwrap_or_else(|| {
            self.bad_link(column);
            Vec::new()
        })
    }

    fn bad_link(&mut self, column: Column) {
        self.wrong(column, "invalid_link", "An address of http or https is needed.");
    }

    fn quantity(&mut self) -> Option<u32> {
        let text = self.get(Column::Quantity)?;
        // Some programs write whole numbers with decimals.
        let whole =
            text.split_once(['.', ',']).filter(|(_, fraction)| fraction.bytes().all(|digit| digit == b'0'));
        let read = whole.map_or(text, |(whole, _)| whole).parse().ok().filter(|units| *units <= MAX_QUANTITY);
        if read.is_none() {
            let message = format!("A whole number from 0 to {MAX_QUANTITY} is needed.");
            self.wrong(Column::Quantity, "invalid_quantity", message);
        }
        read
    }

    fn tax_rate(&mut self) -> Option<TaxRate> {
        let text = self.get(Column::TaxRate)?.trim_end_matches('%').trim().replace(',', ".");
        let read = TaxRate::from_percent(&text).ok();
        if read.is_none() {
            self.wrong(Column::TaxRate, "invalid_tax_rate", "A percentage from 0 to 100 is needed.");
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(Column, &str)]) -> BTreeMap<Column, String> {
        let mut all: BTreeMap<_, _> =
            [(Column::Id, "A-1"), (Column::Title, "Kettle"), (Column::Price, "12.90")]
                .map(|(column, text)| (column, text.to_owned()))
                .into();
        for (column, text) in fields {
            if text.is_empty() {
                all.remove(column)
            } else {
                all.insert(*column, (*text).to_owned())
            };
        }
        all
    }

    fn read(fields: &[(Column, &str)]) -> Result<FeedRow, Vec<RowError>> {
        FeedRow::read(7, &row(fields), Currency::EUR)
    }

    #[test]
    fn a_full_row_is_read() {
        let read = read(&[
            (Column::SalePrice, "9,90 EUR"),
            (Column::Availability, "In Stock"),
            (Column::ImageLink, "https://img.example.com/a 1.jpg".replace(' ', "%20").as_str()),
            (Column::AdditionalImageLink, "https://img.example.com/b.jpg, https://img.example.com/c.jpg"),
            (Column::Gtin, "not a number"),
            (Column::Quantity, "12.0"),
            (Column::TaxRate, "8,1%"),
        ])
        .unwrap();
        assert_eq!((read.price.amount, read.sale_price.unwrap().amount), (1290, 990));
        assert_eq!((read.availability, read.quantity), (Some(Availability::InStock), Some(12)));
        assert_eq!((read.additional_image_links.len(), read.tax_rate.unwrap().basis_points()), (2, 810));
        assert_eq!(read.gtin.unwrap().as_str(), "not a number");
        let text = serde_json::to_string(&self::read(&[]).unwrap()).unwrap();
        assert_eq!(text, r#"{"feed_id":"A-1","title":"Kettle","price":{"amount":1290,"currency":"EUR"}}"#);
    }

    #[test]
    fn each_fault_has_its_code_and_its_column() {
        let long = "x".repeat(201);
        for (column, text, code) in [
            (Column::Id, "", "missing_id"),
            (Column::Title, "", "missing_title"),
            (Column::Price, "", "missing_price"),
            (Column::Price, "free", "invalid_price"),
            (Column::Price, "-1", "invalid_price"),
            (Column::SalePrice, "12.91", "invalid_sale_price"),
            (Column::SalePrice, "9.90 USD", "invalid_sale_price"),
            (Column::Title, long.as_str(), "too_long"),
            (Column::Title, "a\u{0}b", "invalid_characters"),
            (Column::Availability, "maybe", "invalid_availability"),
            (Column::ImageLink, "img.jpg", "invalid_link"),
            (Column::AdditionalImageLink, "https://a.example/b.jpg, ftp://x/", "invalid_link"),
            (Column::Quantity, "-1", "invalid_quantity"),
            (Column::Quantity, "1.5", "invalid_quantity"),
            (Column::TaxRate, "abc", "invalid_tax_rate"),
        ] {
            let errors = read(&[(column, text)]).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            let error = &errors[0];
            assert_eq!(
                (error.row, error.code.as_str(), error.column.as_deref()),
                (7, code, Some(column.name()))
            );
        }
    }

    #[test]
    fn all_faults_of_a_row_are_told_at_once() {
        let errors = read(&[(Column::Title, ""), (Column::Price, "x"), (Column::Quantity, "y")]).unwrap_err();
        assert_eq!(
            errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(),
            ["missing_title", "invalid_price", "invalid_quantity"]
        );
    }
}
