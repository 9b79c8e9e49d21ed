//! Variants: the unit that has a price and a stock level.
//!
//! **Invariant:** `on_hand = available + reserved + allocated`, none below zero (rule 1). Of a variant that is sold in stripes this holds for the sum of its own
//! item and all that is spread.

use std::{collections::BTreeMap, ops::AddAssign};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Money, ProductId, Timestamp, VariantId, VendorId,
    tax::TaxRate,
    text::{Name, Sku},
};

/// The most that one unit weighs, in grams: a ton.
pub const MAX_WEIGHT: u32 = 1_000_000;

/// What a customer buys: an offer, and how many of it there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    pub id: VariantId,
    pub product_id: ProductId,
    pub vendor_id: VendorId,
    pub sku: Sku,
    /// The product's.
    pub title: Name,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    pub price: Money,
    /// Whether the price is its own; otherwise it is the product's and follows that.
    pub own_price: bool,
    pub tax_rate: TaxRate,
    /// What one unit weighs with its packing, in grams; parcels are charged by it where the vendor says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Whether it may be put into a cart: the product is published.
    pub sellable: bool,
    #[serde(flatten)]
    pub stock: Stock,
    /// How it is sold in stripes, if it is.
    #[serde(flatten)]
    pub stripes: Stripes,
    /// When the vendor wants to be told that it runs out: as soon as `on_hand` is no more than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_stock_threshold: Option<u32>,
    /// The latest correction of how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustment: Option<Adjustment>,
    /// How often the vendor has said how many there are.
    #[serde(default)]
    pub counts: u64,
    pub created_at: Timestamp,
    /// Counts changes of `on_hand`, not of holds.
    pub version: u64,
    /// Counts every write, so that each has events of its own.
    pub revision: u64,
}

/// The most stripes of a variant: with its tallies and itself they are taken away in one transaction of at most 100 actions.
pub const MAX_STRIPES: u8 = 32;

/// A variant that everybody wants at once is sold in stripes: its units lie on shelves in so many partitions, for one partition takes no more than a thousand
/// writes a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stripes {
    /// Over how many shelves its units are spread; none while it is sold from its own item.
    #[serde(rename = "stripes", default, skip_serializing_if = "is_zero")]
    pub count: u8,
    /// They are being given up: nothing new goes there, and what is there comes home.
    #[serde(rename = "stripes_closing", default, skip_serializing_if = "is_false")]
    pub closing: bool,
    /// Units that were given to the stripes, less those that are known to have left them: they count as on hand.
    #[serde(rename = "striped", default, skip_serializing_if = "is_zero")]
    pub units: i64,
}

impl Stripes {
    /// Over how many shelves a line that is made now finds its units; none where they are sold from the variant's own item.
    pub fn open(self) -> u8 {
        if self.closing { 0 } else { self.count }
    }
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A correction of how many units there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Added, or taken away where it is below zero.
    pub delta: i64,
    pub reason: StockReason,
    pub at: Timestamp,
}

/// Why there are more or fewer units than the books say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockReason {
    /// A delivery came in.
    Received,
    /// They were counted.
    Correction,
    /// A customer sent them back.
    Returned,
    Damaged,
    Lost,
    Other,
}

/// Units of a variant: those on the shelf, those in carts, those in unpaid orders, and all of them together; and how many were sold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stock {
    pub on_hand: i64,
    pub available: i64,
    pub reserved: i64,
    pub allocated: i64,
    /// Units on sold lines: those that came back are not among them.
    #[serde(default)]
    pub sold: i64,
}

impl Stock {
    /// Whether the invariant holds.
    pub fn adds_up(&self) -> bool {
        self.on_hand == self.available + self.reserved + self.allocated
            && self.available >= 0
            && self.reserved >= 0
            && self.allocated >= 0
            && self.sold >= 0
    }
}

impl AddAssign for Stock {
    fn add_assign(&mut self, other: Self) {
        self.on_hand += other.on_hand;
        self.available += other.available;
        self.reserved += other.reserved;
        self.allocated += other.allocated;
        self.sold += other.sold;
    }
}

/// The place of a variant: its product and its vendor are part of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VariantRef {
    pub vendor_id: VendorId,
    pub product_id: ProductId,
    pub variant_id: VariantId,
}

impl Variant {
    pub fn place(&self) -> VariantRef {
        VariantRef { vendor_id: self.vendor_id, product_id: self.product_id, variant_id: self.id }
    }

    /// Its stock as its own item knows it: of what lies on stripes, as it was when they were last looked at.
    pub fn known(&self) -> Stock {
        Stock { available: self.stock.available + self.stripes.units, ..self.stock }
    }

    /// Whether no more is left than the vendor wanted to be told of.
    pub fn is_low(&self) -> bool {
        self.low_stock_threshold.is_some_and(|threshold| self.stock.on_hand <= i64::from(threshold))
    }
}
