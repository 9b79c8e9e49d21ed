//! Categories that have published products, counted where a list reads them: per shop, and in shards for the market.

use std::collections::BTreeMap;

use domain::{ProductId, VendorId, category::Category};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use table::{Condition, Key, Query, Update, Write};

use crate::{Error, Store, codec::Kind, codec::read, keys};

/// A category of a shop or of the market, with how many published products it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    pub key: String,
    pub name: String,
    pub count: i64,
}

/// The categories of a shop that have products, by key.
pub async fn of_shop(store: &Store, vendor: VendorId) -> Result<Vec<Shelf>, Error> {
    Ok(read_partition(store, keys::shop_categories(vendor))
        .await?
        .into_iter()
        .filter(|shelf| shelf.count > 0)
        .collect())
}

/// The categories of the market that have products, by key.
pub async fn of_market(store: &Store) -> Result<Vec<Shelf>, Error> {
    let shards = (0..keys::MARKET_SHARDS).map(|shard| read_partition(store, keys::market_categories(shard)));
    let mut sums: BTreeMap<String, Shelf> = BTreeMap::new();
    for shelf in try_join_all(shards).await?.into_iter().flatten() {
        sums.entry(shelf.key.clone()).and_modify(|sum| sum.count += shelf.count).or_insert(shelf);
    }
    Ok(sums.into_values().filter(|shelf| shelf.count > 0).collect())
}

/// Counts a product into its category or out of it: `by` is 1 or -1.
pub(crate) fn count(vendor: VendorId, product: ProductId, category: &Category, by: i64) -> [Write; 2] {
    let shard = keys::shard_of(&product.to_string(), keys::MARKET_SHARDS);
    [keys::shop_categories(vendor), keys::market_categories(shard)].map(|partition| {
        let key = Key::new(partition, category.key());
        let update = Update::new().add("count", by);
        if by < 0 {
            return Write::update_if(key, update, Condition::at_least("count", -by));
        }
        // The product that came last gives the category its name.
        let named = update.set("key", category.key()).set("name", category.as_str());
        Write::update(key, named.set("entity", Kind::Category.as_str()))
    })
}

async fn read_partition(store: &Store, pk: String) -> Result<Vec<Shelf>, Error> {
    let mut shelves = Vec::new();
    let mut query = Query::partition(pk).limit(1000);
    loop {
        let page = store.table.query(&query).await?;
        for item in page.items {
            shelves.push(read(item)?);
        }
        match page.next {
            Some(next) => query = query.after(Some(next)),
            None => return Ok(shelves),
        }
    }
}
