//! Stock levels: the counters of a variant, and the moves that carts and orders make.
//!
//! **Invariant:** `on_hand = available + reserved + allocated`: every write here adds the same to both sides, and takes from
//! a counter only under the condition that it has as much (rule 1). Of a variant that is sold in stripes the sum of them keeps it ([`stripes`]).

mod moving;
pub mod stripes;

use domain::variant::{Adjustment, Variant, VariantRef};
use table::{Condition, Update, Write};

use crate::{
    Error, Store,
    codec::{read, value},
    idempotency::{self, Scope},
    keys,
};

pub(crate) use moving::{Refused, transact};

/// One variant, as it is now, its stripes counted in.
pub async fn get(store: &Store, place: &VariantRef) -> Result<Variant, Error> {
    let mut found = [own(store, place).await?];
    stripes::count_in(store, &mut found).await?;
    let [variant] = found;
    Ok(variant)
}

/// Several variants, in the order of the places, their stripes counted in; missing ones are left out.
pub async fn get_all(store: &Store, places: &[VariantRef]) -> Result<Vec<Variant>, Error> {
    let keys: Vec<_> = places.iter().map(keys::variant).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let found = store.table.batch_get(&keys).await?;
    let mut found = found.into_iter().flatten().map(read).collect::<Result<Vec<_>, _>>()?;
    stripes::count_in(store, &mut found).await?;
    Ok(found)
}

/// A variant's own item, as it is now.
async fn own(store: &Store, place: &VariantRef) -> Result<Variant, Error> {
    read(store.table.get(&keys::variant(place)).await?.ok_or(Error::NotFound)?)
}

/// Sets how many units the vendor has; what is held stays held.
///
/// `expected` is the version that the vendor has seen, where it said so.
///
/// # Errors
/// [`Error::VersionConflict`] when `expected` is not the version any more, [`Error::HeldStock`] when more is held than would be left,
/// [`Error::Striped`] while it is sold in stripes, for then nobody knows how many there are at a time.
pub async fn set_on_hand(
    store: &Store,
    place: &VariantRef,
    on_hand: i64,
    expected: Option<u64>,
) -> Result<Variant, Error> {
    // Each turn loses only to another change of the same on_hand.
    for _ in 0..16 {
        let variant = own(store, place).await?;
        if variant.stripes.count > 0 {
            return Err(Error::Striped);
        }
        if expected.is_some_and(|version| version != variant.version) {
            return Err(Error::VersionConflict);
        }
        let delta = on_hand - variant.stock.on_hand;
        if delta == 0 {
            return Ok(variant);
        }
        let update = counted(Update::new().add("on_hand", delta).add("available", delta));
        let condition = Condition::equals("version", variant.version)
            .and(Condition::at_least("available", (-delta).max(0)))
            .and(Condition::lacks("stripes"));
        match store.table.update(keys::variant(place), update, Some(condition)).await {
            Ok(item) => return read(item),
            Err(error) if error.is_condition_failed() => {
                let now: Variant = match error.failed().first().and_then(|failed| failed.item.clone()) {
                    Some(item) => read(item)?,
                    None => return Err(Error::NotFound),
                };
                if now.version == variant.version && now.stripes.count == 0 {
                    return Err(Error::HeldStock { held: now.stock.reserved + now.stock.allocated });
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::VersionConflict)
}

/// Adds to how many units the vendor has, or takes from them, whatever there are; what is held stays held.
///
/// `once` is the key under which that was asked for.
///
/// # Errors
/// [`Error::HeldStock`] when more would be taken than is on the shelf, [`Error::TooMany`] when as many are added that there would be more than `most`.
pub async fn adjust(
    store: &Store,
    place: &VariantRef,
    adjustment: &Adjustment,
    most: i64,
    once: Option<&Scope>,
) -> Result<Variant, Error> {
    let wanted = (-adjustment.delta).max(0);
    for _ in 0..8 {
        let Some(now) = try_adjust(store, place, adjustment, most, once).await? else {
            return get(store, place).await;
        };
        if now.stock.available >= wanted {
            return Err(Error::TooMany);
        }
        // What lies on stripes is brought home and taken from there.
        if !stripes::bring_home(store, place, wanted).await? {
            let all = get(store, place).await?.stock;
            return Err(Error::HeldStock { held: all.reserved + all.allocated });
        }
    }
    Err(Error::VersionConflict)
}

/// Answers the variant's own item as it is where there are too few or too many.
async fn try_adjust(
    store: &Store,
    place: &VariantRef,
    adjustment: &Adjustment,
    most: i64,
    once: Option<&Scope>,
) -> Result<Option<Variant>, Error> {
    let delta = adjustment.delta;
    let update =
        Update::new().add("on_hand", delta).add("available", delta).set("adjustment", value(adjustment)?);
    let mut condition = Condition::Present.and(Condition::at_least("available", (-delta).max(0)));
    if delta > 0 {
        // What came back may have brought them above it: then they may still become fewer.
        condition = condition.and(Condition::at_most("on_hand", most - delta));
    }
    let mut writes = vec![Write::update_if(keys::variant(place), counted(update), condition)];
    writes.extend(once.map(idempotency::once));
    match store.write_all(writes).await {
        Ok(()) => Ok(None),
        // Done by a call that was stopped after it.
        Err(error) if idempotency::is_repeat(&error, 1) => Ok(None),
        Err(error) => match error.failed().iter().find(|failed| failed.action == 0) {
            Some(failed) => read(failed.item.clone().ok_or(Error::NotFound)?).map(Some),
            None => Err(error.into()),
        },
    }
}

/// An update by which the vendor says how many there are.
fn counted(update: Update) -> Update {
    update.add("counts", 1).add("version", 1).add("revision", 1)
}

/// Sets when the vendor wants to be told that a variant runs out; `None` is never.
pub async fn set_threshold(
    store: &Store,
    place: &VariantRef,
    threshold: Option<u32>,
) -> Result<Variant, Error> {
    let update = match threshold {
        Some(units) => Update::new().set("low_stock_threshold", units),
        None => Update::new().remove("low_stock_threshold"),
    };
    let set = Write::update_if(keys::variant(place), update.add("revision", 1), Condition::Present);
    match store.table.write(set).await {
        Err(error) if error.is_condition_failed() => Err(Error::NotFound),
        Err(error) => Err(error.into()),
        Ok(()) => get(store, place).await,
    }
}

#[cfg(test)]
mod tests;
