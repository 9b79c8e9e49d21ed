//! The shelves that customers browse: a shop's in one partition, the market's in shards, each also by category.

use domain::{VendorId, product::Card};
use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::Value;
use table::{Item, Query, schema};

use super::position;
use crate::{
    Error, Store, keys,
    page::{Paging, Slice, encode, newest_first, sift},
};

/// No category's key is as long; a longer one would be no key of the table.
const MAX_CATEGORY_KEY: usize = 1_000;

/// What a customer wants to see of a shelf.
#[derive(Clone, Debug, Default)]
pub struct Browse {
    /// A category's name or key.
    pub category: Option<String>,
    /// In minor units, compared with the lowest price of a product's variants.
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
}

impl Browse {
    fn category(&self) -> Option<String> {
        self.category.as_deref().map(keys::category_key)
    }

    fn by_price(&self) -> bool {
        self.min_price.is_some() || self.max_price.is_some()
    }

    fn affords(&self, card: &Card) -> bool {
        self.min_price.is_none_or(|least| card.price.amount >= least)
            && self.max_price.is_none_or(|most| card.price.amount <= most)
    }
}

/// A page of a shop's shelf, newest first. One query; by price up to five, and the page may be short and yet have a next one.
pub async fn shop(
    store: &Store,
    vendor: VendorId,
    wanted: &Browse,
    paging: &Paging,
) -> Result<Slice<Card>, Error> {
    let category = wanted.category();
    let category = category.as_deref();
    let read = |paging: Paging| async move { shop_page(store, vendor, category, &paging).await };
    browse(wanted, paging, read).await
}

/// A page of the market's shelf, newest first. One query per shard at the same time; by price up to five times as many, and the
/// page may be short and yet have a next one.
pub async fn market(store: &Store, wanted: &Browse, paging: &Paging) -> Result<Slice<Card>, Error> {
    let category = wanted.category();
    let category = category.as_deref();
    let read = |paging: Paging| async move { market_page(store, category, &paging).await };
    browse(wanted, paging, read).await
}

async fn browse<R>(wanted: &Browse, paging: &Paging, read: impl Fn(Paging) -> R) -> Result<Slice<Card>, Error>
where
    R: Future<Output = Result<Slice<Card>, Error>>,
{
    if wanted.category().is_some_and(|key| key.len() > MAX_CATEGORY_KEY) {
        return Ok(Slice { data: Vec::new(), next_cursor: None });
    }
    if wanted.by_price() {
        sift(paging, read, |card| wanted.affords(card), place).await
    } else {
        read(paging.clone()).await
    }
}

async fn shop_page(
    store: &Store,
    vendor: VendorId,
    category: Option<&str>,
    paging: &Paging,
) -> Result<Slice<Card>, Error> {
    let (query, sk) = match category {
        Some(key) => (Query::index(&schema::SHELF_CATEGORY, keys::shelf_category(vendor, key)), "S2SK"),
        None => (Query::index(&schema::SHELF, keys::shelf(vendor)), "S1SK"),
    };
    cards(newest_first(store, query, sk, "", paging).await?)
}

async fn market_page(store: &Store, category: Option<&str>, paging: &Paging) -> Result<Slice<Card>, Error> {
    let shards = (0..keys::MARKET_SHARDS).map(|shard| {
        let (query, sk) = match category {
            Some(key) => (Query::index(&schema::MARKET_CATEGORY, keys::market_category(shard, key)), "S4SK"),
            None => (Query::index(&schema::MARKET, keys::market(shard)), "S3SK"),
        };
        newest_first(store, query, sk, "", paging)
    });
    let pages = try_join_all(shards).await?;
    let mut more = pages.iter().any(|page| page.next_cursor.is_some());
    let mut all = Vec::new();
    for page in pages {
        all.extend(cards(page)?.data);
    }
    all.sort_by_cached_key(|card| std::cmp::Reverse(place(card)));
    let wanted = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    more |= all.len() > wanted;
    all.truncate(wanted);
    let next_cursor = all.last().filter(|_| more).map(|card| encode(&place(card)));
    Ok(Slice { data: all, next_cursor })
}

/// Where a card stands on its shelf.
fn place(card: &Card) -> String {
    position(card.published_at, card.id)
}

fn cards(page: Slice<Item>) -> Result<Slice<Card>, Error> {
    let read_card = |found: Item| {
        Card::deserialize(found.doc.get("card").unwrap_or(&Value::Null)).map_err(Error::Corrupt)
    };
    Ok(Slice {
        data: page.data.into_iter().map(read_card).collect::<Result<_, _>>()?,
        next_cursor: page.next_cursor,
    })
}
