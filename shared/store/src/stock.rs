//! Stock levels: the counters of a variant, and the moves that carts and orders make.
//!
//! **Invariant:** `on_hand = available + reserved + allocated`: every write here adds the same to both sides, and takes from
//! a counter only under the condition that it has as much (rule 1).

use domain::{
    Money, VariantId,
    moves::{Move, Moves},
    order::Order,
    variant::{Adjustment, Variant, VariantRef},
};
use serde_json::json;
use table::{Condition, Failed, Update, Write};

use crate::{
    Error, Store,
    codec::{read, value},
    idempotency::{self, Scope},
    keys,
};

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
        let update = counted(Update::new().add("on_hand", delta).add("available", delta));
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

/// Adds to how many units the vendor has, or takes from them, whatever there are; what is held stays held.
///
/// `once` is the key under which that was asked for.
///
/// # Errors
/// [`Error::HeldStock`] when more would be taken than is on the shelf, [`Error::TooMany`] when there would be more than `most`.
pub async fn adjust(
    store: &Store,
    place: &VariantRef,
    adjustment: &Adjustment,
    most: i64,
    once: Option<&Scope>,
) -> Result<Variant, Error> {
    let delta = adjustment.delta;
    let update =
        Update::new().add("on_hand", delta).add("available", delta).set("adjustment", value(adjustment)?);
    let update = counted(update);
    let room = Condition::at_most("on_hand", most - delta.max(0));
    let condition = Condition::Present.and(Condition::at_least("available", (-delta).max(0))).and(room);
    let refused = |failed: Option<table::Item>| -> Result<Variant, Error> {
        let now: Variant = read(failed.ok_or(Error::NotFound)?)?;
        Err(if now.stock.available < -delta {
            Error::HeldStock { held: now.stock.reserved + now.stock.allocated }
        } else {
            Error::TooMany
        })
    };
    let Some(once) = once else {
        return match store.table.update(keys::variant(place), update, Some(condition)).await {
            Ok(item) => read(item),
            Err(error) => match error.failed().first() {
                Some(failed) => refused(failed.item.clone()),
                None => Err(error.into()),
            },
        };
    };
    let writes = vec![Write::update_if(keys::variant(place), update, condition), idempotency::once(once)];
    match store.table.transact(writes, None).await {
        Err(error) if !idempotency::is_repeat(&error, 1) => {
            match error.failed().iter().find(|failed| failed.action == 0) {
                Some(failed) => refused(failed.item.clone()),
                None => Err(error.into()),
            }
        }
        // Done now, or by a call that was stopped after it.
        _ => get(store, place).await,
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
    match store.table.update(keys::variant(place), update.add("revision", 1), Some(Condition::Present)).await
    {
        Ok(item) => read(item),
        Err(error) if error.is_condition_failed() => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}

/// The writes of some moves, in the order of the variants.
pub(crate) fn writes(moves: &Moves) -> Vec<Write> {
    moves.iter().map(|(place, change)| write(place, change, None)).collect()
}

/// The writes of the moves of a checkout, which takes nothing that is not for sale at the price that the customer saw.
pub(crate) fn sale_writes(moves: &Moves, order: &Order) -> Vec<Write> {
    moves.iter().map(|(place, change)| write(place, change, offer(order, place))).collect()
}

/// What an order's line was offered for.
fn offer(order: &Order, place: &VariantRef) -> Option<Money> {
    let line = order.lines.iter().find(|line| line.variant == *place)?;
    Some(order.money(line.unit_price))
}

fn write(place: &VariantRef, change: &Move, offer: Option<Money>) -> Write {
    let counters = [
        ("on_hand", change.on_hand),
        ("available", change.available),
        ("reserved", change.reserved),
        ("allocated", change.allocated),
        ("sold", change.sold),
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
    if change.available < 0 || offer.is_some() {
        // Only what is on the shelf is taken from it.
        conditions.push(Condition::equals("sellable", true));
    }
    if let Some(Money { amount, currency }) = offer {
        conditions.push(Condition::equals("price", json!({"amount": amount, "currency": currency.code()})));
    }
    Write::update_if(keys::variant(place), update, Condition::All(conditions))
}

/// Why the moves of a transaction did not happen, told from the variant that failed; `first` is the position of the first move.
pub(crate) fn refusal(error: table::Error, first: usize, moves: &Moves) -> Error {
    refused(error, first, moves, None)
}

/// The same of a checkout's moves.
pub(crate) fn sale_refusal(error: table::Error, first: usize, moves: &Moves, order: &Order) -> Error {
    refused(error, first, moves, Some(order))
}

fn refused(error: table::Error, first: usize, moves: &Moves, order: Option<&Order>) -> Error {
    let Some(Failed { action, item }) = error.failed().iter().find(|failed| failed.action >= first) else {
        return error.into();
    };
    let Some((place, change)) = moves.iter().nth(action - first) else {
        return error.into();
    };
    let offer = order.and_then(|order| offer(order, place));
    told(place.variant_id, change, offer, item.clone()).unwrap_or_else(|| error.into())
}

fn told(variant: VariantId, change: &Move, offer: Option<Money>, item: Option<table::Item>) -> Option<Error> {
    let Some(item) = item else {
        return Some(Error::NotForSale(variant));
    };
    let now: Variant = read(item).ok()?;
    if (change.available < 0 || offer.is_some()) && !now.sellable {
        Some(Error::NotForSale(variant))
    } else if let Some(was) = offer.filter(|offer| *offer != now.price) {
        Some(Error::PriceChanged { variant, was, now: now.price })
    } else if now.stock.available < -change.available {
        Some(Error::InsufficientStock { variant, available: now.stock.available })
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
