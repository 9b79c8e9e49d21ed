//! Products with their variants: the shelf that customers see, and the vendor's own list.
//!
//! A product and its variants lie in one partition, so that a product page is one query. Saving a product never writes
//! a variant's counters: those belong to [`stock`](crate::stock).

mod shelf;
#[cfg(test)]
mod tests;

use domain::{
    IllegalTransition, Money, ProductId, Tenant, Timestamp, VariantId, VendorId,
    product::{Card, Product, ProductEvent, ProductStatus},
    variant::Variant,
};
use futures::{StreamExt, stream};
use table::{Condition, Item, Query, Update, Write, schema};

use crate::{
    Error, Store, category,
    codec::{Indexed, Kind, item, read, value},
    idempotency::{self, Scope},
    keys,
    page::{Paging, Slice, newest_first, sift},
    pointer,
    stock::stripes,
    vendor::fetch,
};

pub use shelf::{Browse, market, shop};

/// How many products a list reads at the same time.
const READS_AT_ONCE: usize = 10;

/// A product with all of its variants, as the vendor entered them.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    pub product: Product,
    pub variants: Vec<Variant>,
}

impl Listing {
    /// The lowest price of its variants.
    pub fn lowest_price(&self) -> Money {
        self.variants
            .iter()
            .map(|variant| variant.price)
            .min_by_key(|price| price.amount)
            .unwrap_or(self.product.price)
    }

    /// The product after an event, its variants for sale while it is on the shelf; `None` where nothing changes.
    ///
    /// # Errors
    /// [`IllegalTransition`] where its state does not allow the event.
    pub fn on(&self, event: ProductEvent, now: Timestamp) -> Result<Option<Self>, IllegalTransition> {
        let status = self.product.status.on(event)?;
        if status == self.product.status {
            return Ok(None);
        }
        let mut next = self.clone();
        next.product.status = status;
        next.product.updated_at = now;
        next.product.version += 1;
        let shelved = status == ProductStatus::Published;
        if shelved {
            next.product.published_at = Some(now);
        }
        next.variants.iter_mut().for_each(|variant| variant.sellable = shelved);
        Ok(Some(next))
    }

    fn card(&self) -> Option<Card> {
        self.product.card(self.lowest_price())
    }

    /// The codes that nobody else of the vendor may use: the product's and its variants'.
    fn skus(&self) -> std::collections::BTreeSet<&str> {
        let variants = self.variants.iter().map(|variant| variant.sku.as_str());
        variants.chain([self.product.sku.as_str()]).collect()
    }
}

/// A product and its variants. One query.
pub async fn get(store: &Store, vendor: VendorId, id: ProductId) -> Result<Listing, Error> {
    let page = store.table.query(&Query::partition(keys::product_partition(vendor, id))).await?;
    let mut product = None;
    let mut variants = Vec::new();
    for found in page.items {
        match found.key.sk.as_str() {
            "PRODUCT" => product = Some(read(found)?),
            _ => variants.push(read(found)?),
        }
    }
    Ok(Listing { product: product.ok_or(Error::NotFound)?, variants })
}

/// Puts a new product into the catalogue.
///
/// # Errors
/// [`Error::Taken`] with `sku`.
pub async fn create(store: &Store, listing: &Listing) -> Result<(), Error> {
    create_once(store, listing, None).await
}

/// [`create`], for a call under a key.
///
/// # Errors
/// [`Error::MadeBefore`] when a product was made under this key before.
pub async fn create_once(store: &Store, listing: &Listing, once: Option<&Scope>) -> Result<(), Error> {
    let mut writes = creation(listing)?;
    let (codes, last) = (listing.skus().len(), writes.len());
    writes.extend(once.map(|once| idempotency::once_made(once, listing.product.id)));
    store.table.transact(writes, None).await.map_err(|error| {
        idempotency::made_before(&error, last).unwrap_or_else(|| match error.failed().first() {
            Some(failed) if failed.action < codes => Error::Taken("sku"),
            _ => error.into(),
        })
    })
}

/// The writes that make a product, its codes first.
pub(crate) fn creation(listing: &Listing) -> Result<Vec<Write>, Error> {
    let product = &listing.product;
    let mut writes: Vec<Write> =
        listing.skus().into_iter().map(|sku| claim_sku(product, sku)).collect::<Result<_, _>>()?;
    writes.push(Write::create(product_item(listing)?));
    writes.push(pointer::create_product(product.vendor_id, product.id)?);
    for variant in &listing.variants {
        writes.push(Write::create(item(keys::variant(&variant.place()), Kind::Variant, variant)?));
        writes.push(pointer::create(&variant.place())?);
    }
    if product.status == ProductStatus::Published {
        writes.extend(category::count(product.vendor_id, product.id, &product.category, 1));
    }
    Ok(writes)
}

/// Saves a change of a product and of what its variants offer.
///
/// # Errors
/// [`Error::VersionConflict`] when the product is not `before` any more, [`Error::Taken`] with `sku`.
pub async fn save(store: &Store, before: &Listing, after: &Listing) -> Result<(), Error> {
    let (old, new) = (&before.product, &after.product);
    let mut writes = vec![Write::put_if(product_item(after)?, Condition::equals("version", old.version))];
    let (had, has) = (before.skus(), after.skus());
    let claims = has.difference(&had).count();
    for sku in has.difference(&had) {
        writes.push(claim_sku(new, sku)?);
    }
    for sku in had.difference(&has) {
        writes.push(Write::delete(keys::unique_sku(new.vendor_id, sku)));
    }
    for variant in &after.variants {
        if before.variants.iter().find(|seen| seen.id == variant.id) != Some(variant) {
            writes.push(offer(variant)?);
        }
    }
    let shelved =
        |product: &Product| (product.status == ProductStatus::Published).then(|| product.category.key());
    if shelved(old) != shelved(new) {
        if old.status == ProductStatus::Published {
            writes.extend(category::count(old.vendor_id, old.id, &old.category, -1));
        }
        if new.status == ProductStatus::Published {
            writes.extend(category::count(new.vendor_id, new.id, &new.category, 1));
        }
    }
    store.table.transact(writes, None).await.map_err(|error| match error.failed().first() {
        Some(failed) if failed.action == 0 => Error::VersionConflict,
        Some(failed) if failed.action <= claims => Error::Taken("sku"),
        _ => error.into(),
    })?;
    for variant in &after.variants {
        let was = before.variants.iter().find(|seen| seen.id == variant.id);
        if was.is_none_or(|was| (was.price, was.sellable) != (variant.price, variant.sellable)) {
            stripes::follow(store, variant).await?;
        }
    }
    Ok(())
}

/// Takes a product out of the catalogue for good.
///
/// # Errors
/// [`Error::HeldStock`] while units of it are in carts or unpaid orders, [`Error::Striped`] while it is sold in stripes, [`Error::VersionConflict`] when it was
/// changed meanwhile.
pub async fn delete(store: &Store, listing: &Listing) -> Result<(), Error> {
    let product = &listing.product;
    let seen = Condition::equals("version", product.version);
    let mut writes = vec![Write::delete_if(keys::product(product.vendor_id, product.id), seen)];
    for variant in &listing.variants {
        let free = Condition::at_most("reserved", 0)
            .and(Condition::at_most("allocated", 0))
            .and(Condition::lacks("stripes"));
        writes.push(Write::delete_if(keys::variant(&variant.place()), free));
    }
    let variants = listing.variants.len();
    writes.extend(
        listing.skus().into_iter().map(|sku| Write::delete(keys::unique_sku(product.vendor_id, sku))),
    );
    let ids = listing.variants.iter().map(|variant| variant.id.to_string()).chain([product.id.to_string()]);
    writes.extend(ids.map(|id| Write::delete(keys::pointer(&id))));
    if product.status == ProductStatus::Published {
        writes.extend(category::count(product.vendor_id, product.id, &product.category, -1));
    }
    store.table.transact(writes, None).await.map_err(|error| match error.failed().first() {
        Some(failed) if failed.action == 0 => Error::VersionConflict,
        Some(failed) if failed.action <= variants => {
            let count = |counter| failed.item.as_ref().and_then(|now| now.int(counter)).unwrap_or(0);
            if count("stripes") > 0 {
                Error::Striped
            } else {
                Error::HeldStock { held: count("reserved") + count("allocated") }
            }
        }
        _ => error.into(),
    })
}

/// The variant of a vendor's that a request names.
pub async fn variant_of(
    store: &Store,
    vendor: VendorId,
    id: VariantId,
) -> Result<domain::variant::VariantRef, Error> {
    let place = pointer::variant(store, id).await?;
    if place.vendor_id == vendor { Ok(place) } else { Err(Error::NotFound) }
}

/// A page of a vendor's own list, newest first, whatever their status.
pub async fn list(store: &Store, vendor: VendorId, paging: &Paging) -> Result<Slice<Product>, Error> {
    let query = Query::index(&schema::LISTING, keys::products_of(vendor));
    let page = newest_first(store, query, "L1SK", "", paging).await?;
    let found = fetch(store, &page.data).await?;
    Ok(Slice { data: found.into_iter().map(read).collect::<Result<_, _>>()?, next_cursor: page.next_cursor })
}

/// A page of a vendor's own list, of one status or of all, of those whose title or code holds a text in any case.
///
/// A page may be short and yet have a next one: what it reads is bounded.
pub async fn search(
    store: &Store,
    vendor: VendorId,
    status: Option<ProductStatus>,
    text: Option<&str>,
    paging: &Paging,
) -> Result<Slice<Product>, Error> {
    if status.is_none() && text.is_none() {
        return list(store, vendor, paging).await;
    }
    let text = text.map(str::to_lowercase);
    let holds = |field: &str| text.as_ref().is_none_or(|text| field.to_lowercase().contains(text));
    let keep = |product: &Product| {
        status.is_none_or(|status| product.status == status)
            && (holds(product.title.as_str()) || holds(product.sku.as_str()))
    };
    let read = |paging: Paging| async move { list(store, vendor, &paging).await };
    sift(paging, read, keep, |product| product.id.to_string()).await
}

/// A page's products with their variants: one query each, some at a time. Those deleted meanwhile are left out.
pub async fn with_variants(store: &Store, page: Slice<Product>) -> Result<Slice<Listing>, Error> {
    let reads = page.data.iter().map(|product| (product.vendor_id, product.id)).collect::<Vec<_>>();
    let found: Vec<Result<Listing, Error>> = stream::iter(reads)
        .map(|(vendor, id)| get(store, vendor, id))
        .buffered(READS_AT_ONCE)
        .collect()
        .await;
    let data =
        found.into_iter().filter(|read| !matches!(read, Err(Error::NotFound))).collect::<Result<_, _>>()?;
    Ok(Slice { data, next_cursor: page.next_cursor })
}

/// Where a product stands in lists of the newest first.
fn position(published_at: Timestamp, id: ProductId) -> String {
    format!("{published_at}#{id}")
}

fn product_item(listing: &Listing) -> Result<Item, Error> {
    let product = &listing.product;
    let made = item(keys::product(product.vendor_id, product.id), Kind::Product, product)?
        .with("L1PK", keys::products_of(product.vendor_id))
        .with("L1SK", product.id.to_string())
        .with_month(&Tenant::Platform, "PRODUCTS", product.created_at, &product.id.to_string());
    let Some(card) = listing.card() else {
        return Ok(made);
    };
    let place = position(card.published_at, product.id);
    let category = product.category.key();
    let shard = keys::shard_of(&product.id.to_string(), keys::MARKET_SHARDS);
    Ok(made
        .with("card", value(&card)?)
        .with("S1PK", keys::shelf(product.vendor_id))
        .with("S1SK", place.clone())
        .with("S2PK", keys::shelf_category(product.vendor_id, &category))
        .with("S2SK", place.clone())
        .with("S3PK", keys::market(shard))
        .with("S3SK", place.clone())
        .with("S4PK", keys::market_category(shard, &category))
        .with("S4SK", place))
}

fn claim_sku(product: &Product, sku: &str) -> Result<Write, Error> {
    let holder = serde_json::json!({"product_id": product.id});
    Ok(Write::create(item(keys::unique_sku(product.vendor_id, sku), Kind::Unique, &holder)?))
}

/// Writes what a variant offers, and none of its counters.
fn offer(variant: &Variant) -> Result<Write, Error> {
    let mut update = Update::new()
        .set("sku", variant.sku.as_str())
        .set("title", variant.title.as_str())
        .set("price", value(&variant.price)?)
        .set("own_price", variant.own_price)
        .set("tax_rate", value(&variant.tax_rate)?)
        .set("sellable", variant.sellable)
        .add("revision", 1);
    update = match variant.weight_grams {
        Some(grams) => update.set("weight_grams", grams),
        None => update.remove("weight_grams"),
    };
    update = match &variant.image_url {
        Some(url) => update.set("image_url", url.as_str()),
        None => update.remove("image_url"),
    };
    update = if variant.options.is_empty() {
        update.remove("options")
    } else {
        update.set("options", value(&variant.options)?)
    };
    Ok(Write::update_if(keys::variant(&variant.place()), update, Condition::Present))
}
