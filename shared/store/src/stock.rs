//! Stock levels: the counters of a variant, and the moves that carts and orders make.
//!
//! **Invariant:** `on_hand = available + reserved + allocated`: every write here adds the same to both sides, and takes from
//! a counter only under the condition that it has as much (rule 1).

use domain::{
    VariantId,
    moves::{Move, Moves},
    variant::{Variant, VariantRef},
};
use table::{Condition, Failed, Update, Write};

use crate::{Error, Store, codec::read, keys};

/// One variant, as it is now.
pub async fn get(store: &Store, place: &VariantRef) -> Result<Variant, Error> {
    read(store.table.get(&keys::variant(place)).await?.ok_or(Error::NotFound)?)
}

/// Several variants, in the order of the places; missing ones are left out.
pub async fn get_all(store: &Store, places: &[VariantRef]) -> Result<Vec<Variant>, Error> {
    let keys: Vec<_> = places.iter().map(keys::variant).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    store.table.batch_get(&keys).await?.into_iter().flatten().map(read).collect()
}

/// Sets how many units the vendor has; what is held stays held.
///
/// `expected` is the version that the vendor has seen, where it said so.
///
/// # Errors
/// [`Error::VersionConflict`] when `expected` is not the version any more, [`Error::HeldStock`] when more is held than would be left.
pub async fn set_on_hand(
    store: &Store,
    place: &VariantRef,
    on_hand: i64,
    expected: Option<u64>,
) -> Result<Variant, Error> {
    // Each turn loses only to another change of the same on_hand.
    for _ in 0..16 {
        let variant = get(store, place).await?;
        if expected.is_some_and(|version| version != variant.version) {
            return Err(Error::VersionConflict);
        }
        let delta = on_hand - variant.stock.on_hand;
        if delta == 0 {
            return Ok(variant);
        }
        let update =
            Update::new().add("on_hand", delta).add("available", delta).add("version", 1).add("revision", 1);
        let condition = Condition::equals("version", variant.version)
            .and(Condition::at_least("available", (-delta).max(0)));
        match store.table.update(keys::variant(place), update, Some(condition)).await {
            Ok(item) => return read(item),
            Err(error) if error.is_condition_failed() => {
                let now: Variant = match error.failed().first().and_then(|failed| failed.item.clone()) {
                    Some(item) => read(item)?,
                    None => return Err(Error::NotFound),
                };
                if now.version == variant.version {
                    return Err(Error::HeldStock { held: now.stock.reserved + now.stock.allocated });
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::VersionConflict)
}

/// The writes of some moves, in the order of the variants.
pub(crate) fn writes(moves: &Moves) -> Vec<Write> {
    moves.iter().map(|(place, change)| write(place, change)).collect()
}

fn write(place: &VariantRef, change: &Move) -> Write {
    let counters = [
        ("on_hand", change.on_hand),
        ("available", change.available),
        ("reserved", change.reserved),
        ("allocated", change.allocated),
    ];
    let mut update = Update::new().add("revision", 1);
    let mut conditions = vec![Condition::Present];
    for (counter, by) in counters.into_iter().filter(|(_, by)| *by != 0) {
        update = update.add(counter, by);
        if by < 0 {
            conditions.push(Condition::at_least(counter, -by));
        }
    }
    if change.on_hand != 0 {
        update = update.add("version", 1);
    }
    if change.available < 0 {
        // Only what is on the shelf is taken from it.
        conditions.push(Condition::equals("sellable", true));
    }
    Write::update_if(keys::variant(place), update, Condition::All(conditions))
}

/// Why the moves of a transaction did not happen, told from the variant that failed; `first` is the position of the first move.
pub(crate) fn refusal(error: table::Error, first: usize, moves: &Moves) -> Error {
    let Some(Failed { action, item }) = error.failed().iter().find(|failed| failed.action >= first) else {
        return error.into();
    };
    let Some((place, change)) = moves.iter().nth(action - first) else {
        return error.into();
    };
    told(place.variant_id, change, item.clone()).unwrap_or_else(|| error.into())
}

fn told(variant: VariantId, change: &Move, item: Option<table::Item>) -> Option<Error> {
    let Some(item) = item else {
        return Some(Error::NotForSale(variant));
    };
    let now: Variant = read(item).ok()?;
    if change.available < 0 && !now.sellable {
        Some(Error::NotForSale(variant))
    } else if now.stock.available < -change.available {
        Some(Error::InsufficientStock { variant, available: now.stock.available })
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
