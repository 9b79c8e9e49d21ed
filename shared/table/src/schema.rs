//! The table's shape: its indexes, sparse and with string keys. template.yaml declares the same; a test compares both.

/// The attribute of the partition key.
pub const PK: &str = "PK";
/// The attribute of the sort key.
pub const SK: &str = "SK";
/// The attribute that holds when an item becomes absent, in epoch seconds.
pub const TTL: &str = "ttl";

/// A global secondary index: an item is in it while it has both of its attributes.
#[derive(Debug, PartialEq, Eq)]
pub struct Index {
    pub name: &'static str,
    pub pk: &'static str,
    pub sk: &'static str,
    pub projection: Projection,
}

impl Index {
    /// What of an item's document is in the index.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &'static str> {
        let included: &[&str] = match self.projection {
            Projection::KeysOnly => &[],
            Projection::Include(names) => names,
        };
        [self.pk, self.sk].into_iter().chain(included.iter().copied())
    }
}

/// What an index holds of an item beside the keys.
#[derive(Debug, PartialEq, Eq)]
pub enum Projection {
    KeysOnly,
    Include(&'static [&'static str]),
}

/// Lists of a tenant's things: keys only, so that a change which does not move the item in its list costs nothing here.
pub static LISTING: Index =
    Index { name: "listing", pk: "L1PK", sk: "L1SK", projection: Projection::KeysOnly };
/// What the platform looks through: all orders, shipments and products, by the month in which they were made.
pub static MONTHLY: Index =
    Index { name: "monthly", pk: "L2PK", sk: "L2SK", projection: Projection::KeysOnly };
/// What the sweeper looks at, and when.
pub static DUE: Index = Index { name: "due", pk: "DUEPK", sk: "DUESK", projection: Projection::KeysOnly };
/// A vendor's published products, newest first.
pub static SHELF: Index = Index { name: "shelf", pk: "S1PK", sk: "S1SK", projection: CARD };
/// A vendor's published products of a category.
pub static SHELF_CATEGORY: Index = Index { name: "shelf_category", pk: "S2PK", sk: "S2SK", projection: CARD };
/// All published products of the market, in shards.
pub static MARKET: Index = Index { name: "market", pk: "S3PK", sk: "S3SK", projection: CARD };
/// The market's published products of a category, in shards.
pub static MARKET_CATEGORY: Index =
    Index { name: "market_category", pk: "S4PK", sk: "S4SK", projection: CARD };

/// A product's card is what a list shows of it; under a kilobyte, so that an index entry costs one write unit.
const CARD: Projection = Projection::Include(&["card"]);

pub static INDEXES: [&Index; 7] =
    [&LISTING, &MONTHLY, &DUE, &SHELF, &SHELF_CATEGORY, &MARKET, &MARKET_CATEGORY];
