//! Staged products: how a feed's rows come to lie in the table, and how one becomes a product.
//!
//! They lie in 64 partitions of their vendor by their ids, which are hashes. An import lists its own through its chunks, in the order of
//! the feed, those that it left unchanged too.

use std::collections::BTreeSet;

use domain::{
    Id, ImportId, StagedId, VendorId,
    feed::FeedRow,
    import::Tally,
    staged::{Change, Staged, StagedStatus, Staging},
};
use futures::future::try_join_all;
use platform::secret::sha256_hex;
use table::{Condition, Key, Write};

use crate::{
    Error, Store,
    codec::{Kind, item, read},
    import::{self, WRITES_AT_ONCE},
    keys,
    page::{Paging, Slice, encode},
    product::{self, Listing},
};

/// Staged products of a vendor are spread over this many partitions.
const BUCKETS: u8 = 64;
/// How many rows one page of a list looks at, most; what is behind them is found by the cursor.
const LOOKED_AT: usize = 500;
/// How often a writer tries again who met another one.
const TURNS: usize = 16;

/// The id of a feed's row: the same whenever the vendor's feed has it.
pub fn id_of(vendor: VendorId, feed_id: &str) -> StagedId {
    let hash = sha256_hex(&format!("{vendor}\n{feed_id}"));
    StagedId::from_bits(u128::from_str_radix(hash.get(..32).unwrap_or_default(), 16).unwrap_or_default())
}

pub async fn get(store: &Store, vendor: VendorId, id: StagedId) -> Result<Staged, Error> {
    read(store.table.get(&key(vendor, id)).await?.ok_or(Error::NotFound)?)
}

/// Stages rows of an import, some at the same time; answers their ids and what changed. What an earlier call of the
/// same import did is told as it was told then. A row that is as it was costs its read alone.
pub async fn stage(
    store: &Store,
    vendor: VendorId,
    import: ImportId,
    rows: Vec<FeedRow>,
) -> Result<(Vec<StagedId>, Tally), Error> {
    let mut ids = Vec::with_capacity(rows.len());
    let mut tally = Tally::default();
    let mut rows = rows.into_iter();
    loop {
        let some: Vec<FeedRow> = rows.by_ref().take(table::MAX_BATCH).collect();
        if some.is_empty() {
            return Ok((ids, tally));
        }
        let keys: Vec<Key> =
            some.iter().map(|row| key(vendor, id_of(vendor, row.feed_id.as_str()))).collect();
        let seen = store.table.batch_get(&keys).await?;
        let mut brought = Vec::with_capacity(some.len());
        for (row, seen) in some.into_iter().zip(seen) {
            ids.push(id_of(vendor, row.feed_id.as_str()));
            brought.push((row, seen.map(read::<Staged>).transpose()?));
        }
        let mut brought = brought.into_iter();
        loop {
            let group: Vec<_> = brought.by_ref().take(WRITES_AT_ONCE).collect();
            if group.is_empty() {
                break;
            }
            let changes = group.into_iter().map(|(row, seen)| bring(store, vendor, import, row, seen));
            for change in try_join_all(changes).await? {
                match change {
                    Change::Created => tally.created += 1,
                    Change::Updated => tally.updated += 1,
                    Change::Unchanged => tally.unchanged += 1,
                }
            }
        }
    }
}

async fn bring(
    store: &Store,
    vendor: VendorId,
    import: ImportId,
    row: FeedRow,
    mut seen: Option<Staged>,
) -> Result<Change, Error> {
    let id = id_of(vendor, row.feed_id.as_str());
    let hash = hash_of(&row)?;
    // Each turn loses only to another change of the same row.
    for _ in 0..TURNS {
        let now = store.now();
        match Staged::bring(seen.as_ref(), vendor, id, import, row.clone(), hash.clone(), now) {
            Staging::Keep(change) => return Ok(change),
            Staging::Write { staged, seen: version, change } => {
                let condition =
                    version.map_or(Condition::Absent, |version| Condition::equals("version", version));
                match store.table.write(Write::put_if(staged_item(&staged)?, condition)).await {
                    Ok(_) => return Ok(change),
                    Err(error) if error.is_condition_failed() => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        seen = store.table.get(&key(vendor, id)).await?.map(read).transpose()?;
    }
    Err(Error::VersionConflict)
}

/// What an import's list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Narrowed {
    pub status: Option<StagedStatus>,
    /// A part of the title, the id or the brand, in any case.
    pub text: Option<String>,
}

impl Narrowed {
    fn lets_pass(&self, staged: &Staged) -> bool {
        let holds = |text: &str| {
            let row = &staged.row;
            let brand = row.brand.as_ref().map_or("", |brand| brand.as_str());
            [row.title.as_str(), row.feed_id.as_str(), brand]
                .iter()
                .any(|field| field.to_lowercase().contains(text))
        };
        self.status.is_none_or(|status| status == staged.status)
            && self.text.as_ref().is_none_or(|text| holds(&text.to_lowercase()))
    }
}

/// A page of what an import staged, in the order of the feed, chunk by chunk as they are done.
///
/// A page may be short and yet have a next one: what it reads is bounded.
pub async fn of_import(
    store: &Store,
    vendor: VendorId,
    import: ImportId,
    narrowed: &Narrowed,
    paging: &Paging,
) -> Result<Slice<Staged>, Error> {
    let wanted = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let is_narrowed = narrowed.status.is_some() || narrowed.text.is_some();
    let (mut chunk, mut offset) = match paging.position()? {
        Some(position) => place(&position).ok_or(Error::BadCursor)?,
        None => (1, 0),
    };
    let (mut data, mut looked_at) = (Vec::new(), 0);
    while let Some((number, ids)) = import::chunk_from(store, vendor, import, chunk).await? {
        if number != chunk {
            (chunk, offset) = (number, 0);
        }
        while offset < ids.len() {
            if data.len() >= wanted || looked_at >= LOOKED_AT {
                return Ok(Slice { data, next_cursor: Some(encode(&format!("{chunk:05}#{offset:05}"))) });
            }
            // Of a list that is not narrowed no more is read than is shown.
            let at_once =
                if is_narrowed { table::MAX_BATCH } else { (wanted - data.len()).min(table::MAX_BATCH) };
            let some: Vec<Key> = ids.iter().skip(offset).take(at_once).map(|id| key(vendor, *id)).collect();
            looked_at += some.len();
            for found in store.table.batch_get(&some).await? {
                if data.len() >= wanted {
                    break;
                }
                offset += 1;
                let Some(staged) = found.map(read::<Staged>).transpose()? else { continue };
                if narrowed.lets_pass(&staged) {
                    data.push(staged);
                }
            }
        }
        (chunk, offset) = (number.saturating_add(1), 0);
    }
    Ok(Slice { data, next_cursor: None })
}

fn place(position: &str) -> Option<(u32, usize)> {
    let (chunk, offset) = position.split_once('#')?;
    let chunk = chunk.parse().ok().filter(|chunk| *chunk > 0)?;
    Some((chunk, offset.parse().ok()?))
}

/// Marks a row as one that the vendor means to publish.
///
/// # Errors
/// [`Error::VersionConflict`] when it was changed meanwhile.
pub async fn select(store: &Store, seen: &Staged) -> Result<Staged, Error> {
    let now = store.now();
    let next = Staged {
        status: StagedStatus::Selected,
        selected_at: Some(now),
        updated_at: now,
        version: seen.version + 1,
        ..seen.clone()
    };
    match store.table.write(replace(&next)?).await {
        Ok(_) => Ok(next),
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        Err(error) => Err(error.into()),
    }
}

/// Makes a row a product: the product, its variant with its stock and the row's new state, all or nothing.
///
/// # Errors
/// [`Error::VersionConflict`] when the row was changed meanwhile, [`Error::Taken`] with `sku`.
pub async fn publish(store: &Store, seen: &Staged, listing: &Listing) -> Result<Staged, Error> {
    let now = store.now();
    let next = Staged {
        status: StagedStatus::Published,
        product_id: Some(listing.product.id),
        published_at: Some(now),
        updated_at: now,
        version: seen.version + 1,
        ..seen.clone()
    };
    let mut writes = vec![replace(&next)?];
    writes.extend(product::creation(listing)?);
    let codes: BTreeSet<&str> = listing
        .variants
        .iter()
        .map(|variant| variant.sku.as_str())
        .chain([listing.product.sku.as_str()])
        .collect();
    match store.table.transact(writes, None).await {
        Ok(()) => Ok(next),
        Err(error) => Err(match error.failed().first() {
            Some(failed) if failed.action == 0 => Error::VersionConflict,
            Some(failed) if failed.action <= codes.len() => Error::Taken("sku"),
            _ => error.into(),
        }),
    }
}

/// The product that a row has become; `None` where it was taken out of the catalogue since.
pub async fn product_of(store: &Store, staged: &Staged) -> Result<Option<Listing>, Error> {
    let Some(id) = staged.product_id.filter(|_| staged.status == StagedStatus::Published) else {
        return Ok(None);
    };
    match product::get(store, staged.vendor_id, id).await {
        Ok(listing) => Ok(Some(listing)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn key(vendor: VendorId, id: StagedId) -> Key {
    keys::staged(vendor, keys::shard_of(&id.to_string(), BUCKETS), id)
}

fn staged_item(staged: &Staged) -> Result<table::Item, Error> {
    item(key(staged.vendor_id, staged.id), Kind::Staged, staged)
}

/// Replaces a row that was seen at the version before.
fn replace(staged: &Staged) -> Result<Write, Error> {
    Ok(Write::put_if(staged_item(staged)?, Condition::equals("version", staged.version - 1)))
}

fn hash_of(row: &FeedRow) -> Result<String, Error> {
    let text = serde_json::to_string(row).map_err(Error::Corrupt)?;
    Ok(sha256_hex(&text).chars().take(32).collect())
}

#[cfg(test)]
mod tests;
