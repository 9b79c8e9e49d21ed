//! The columns of a feed that are read, and the names under which they come.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

macro_rules! columns {
    ($($column:ident $name:literal $($other:literal)*;)*) => {
        /// A column that is read (Google's product data specification; Letzshop's own ones start with `atalanda:`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Column {
            $(#[serde(rename = $name)] $column,)*
        }

        impl Column {
            pub const ALL: &'static [Self] = &[$(Self::$column,)*];

            /// Its name in a feed.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$column => $name,)*
                }
            }

            fn of(name: &str) -> Option<Self> {
                match name {
                    $($name $(| $other)* => Some(Self::$column),)*
                    _ => None,
                }
            }
        }
    };
}

columns! {
    Id "id" "offer_id" "item_id";
    Title "title";
    Description "description";
    Price "price";
    SalePrice "sale_price";
    ProductType "product_type";
    GoogleProductCategory "google_product_category";
    Availability "availability";
    ImageLink "image_link";
    AdditionalImageLink "additional_image_link";
    Brand "brand";
    Gtin "gtin" "ean";
    Mpn "mpn";
    ItemGroupId "item_group_id";
    Condition "condition";
    Link "link";
    Quantity "atalanda:quantity" "quantity";
    TaxRate "atalanda:tax_rate" "tax_rate";
}

/// Those that every row needs.
const REQUIRED: [Column; 3] = [Column::Id, Column::Title, Column::Price];

/// Where the columns of a feed are: each may come several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    columns: Vec<Option<Column>>,
}

impl Header {
    /// Reads the names in any case, with or without Google's `g:`.
    pub(super) fn read(names: &[String]) -> Self {
        let known = |name: &String| {
            let name = name.trim().trim_start_matches('\u{feff}').to_lowercase().replace([' ', '-'], "_");
            Column::of(name.strip_prefix("g:").unwrap_or(&name))
        };
        Self { columns: names.iter().map(known).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// How many columns it knows.
    pub(super) fn known(&self) -> usize {
        self.columns.iter().flatten().count()
    }

    pub(super) fn missing(&self) -> Vec<&'static str> {
        REQUIRED
            .iter()
            .filter(|column| !self.columns.contains(&Some(**column)))
            .map(|column| column.name())
            .collect()
    }

    /// The known fields of a record. Of a column that comes twice the first that is not empty counts; pictures are all kept.
    pub(super) fn assign(&self, record: Vec<String>) -> BTreeMap<Column, String> {
        let mut fields: BTreeMap<Column, String> = BTreeMap::new();
        for (column, text) in self.columns.iter().zip(record) {
            let (Some(column), text) = (*column, text.trim()) else { continue };
            if text.is_empty() {
                continue;
            }
            match fields.get_mut(&column) {
                None => {
                    fields.insert(column, text.to_owned());
                }
                Some(more) if column == Column::AdditionalImageLink => {
                    more.push(',');
                    more.push_str(text);
                }
                Some(_) => {}
            }
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Header {
        Header::read(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_known_in_any_case_and_with_googles_prefix() {
        let header = header(&[
            "g:ID",
            " Title ",
            "PRICE",
            "Sale Price",
            "Atalanda:Quantity",
            "g:image_link",
            "colour",
        ]);
        assert_eq!((header.known(), header.missing()), (6, vec![]));
    }

    #[test]
    fn a_column_that_comes_twice_fills_gaps_and_pictures_add_up() {
        let header = header(&["id", "title", "title", "additional_image_link", "additional_image_link"]);
        let record = ["1", "", "Tea", "https://a/1.jpg", "https://a/2.jpg"].map(str::to_owned);
        let fields = header.assign(record.into());
        assert_eq!(fields[&Column::Title], "Tea");
        assert_eq!(fields[&Column::AdditionalImageLink], "https://a/1.jpg,https://a/2.jpg");
        assert_eq!(header.missing(), ["price"]);
    }
}
