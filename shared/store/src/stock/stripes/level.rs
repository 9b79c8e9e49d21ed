//! What the sweeper does to stripes: each by itself, so that nobody who sells has to wait for all of them.

use std::time::Duration;

use super::*;
use crate::stock::moving::adding;

/// How long the sweeper leaves a variant's stripes to themselves.
pub(super) const EACH: Duration = Duration::from_secs(60);
/// How often a stripe is looked at anew when others were faster.
const TRIES: u32 = 4;
/// How many stripes may be too busy before the rest is left alone too: each takes as long to try as the table is patient.
const MOST_BUSY: u32 = 3;

/// Looks at a variant's stripes: takes over what they have counted, evens them out, and takes them away when they are given up and empty. Answers when to look
/// again; none where it is not sold in stripes any more.
pub async fn look(store: &Store, place: &VariantRef) -> Result<Option<Timestamp>, Error> {
    let variant = level(store, place).await?;
    let gone = variant.stripes.count == 0 || variant.stripes.closing && take_away(store, place).await?;
    Ok((!gone).then(|| store.now() + EACH))
}

/// Takes over what the stripes have counted, and evens them out: all of it home, where they are given up. What changes too fast, or is too busy, stays for the next
/// time.
pub(super) async fn level(store: &Store, place: &VariantRef) -> Result<Variant, Error> {
    let mut variant = own(store, place).await?;
    let count = variant.stripes.count;
    let mut stripes: Vec<Vec<(Spot, Stripe)>> = vec![Vec::new(); count.into()];
    for (spot, found) in read_all(store, place, count).await? {
        if let Some(stripe) = spot.stripe_of(count).and_then(|stripe| stripes.get_mut(usize::from(stripe))) {
            stripe.push((spot, found));
        }
    }
    let on_shelf =
        |stripe: &Vec<(Spot, Stripe)>| stripe.iter().map(|(_, found)| found.stock.available).sum::<i64>();
    let free = variant.stock.available + stripes.iter().map(on_shelf).sum::<i64>();
    let each = if variant.stripes.closing { 0 } else { free.checked_div(i64::from(count)).unwrap_or(0) };
    // Who has too many gives before others take.
    stripes.sort_by_key(|stripe| std::cmp::Reverse(on_shelf(stripe)));
    let mut busy = 0;
    for mut stripe in stripes {
        if busy == MOST_BUSY {
            break;
        }
        for _ in 0..TRIES {
            let writes = levelled(&variant, &stripe, each)?;
            if writes.is_empty() {
                break;
            }
            let done = store.table.transact(writes, None).await;
            variant = own(store, place).await?;
            match done {
                Err(error) if error.is_condition_failed() => {
                    stripe = read_spots(store, place, stripe.iter().map(|(spot, _)| *spot)).await?;
                }
                Err(table::Error::Conflict | table::Error::Throttled) => {
                    busy += 1;
                    break;
                }
                other => {
                    other?;
                    break;
                }
            }
        }
    }
    Ok(variant)
}

/// The writes by which the variant's own item takes over what one stripe has counted, and its shelf comes to have so many units.
fn levelled(variant: &Variant, stripe: &[(Spot, Stripe)], each: i64) -> Result<Vec<Write>, Error> {
    let place = variant.place();
    let (mut all, mut given) = (Stock::default(), 0);
    let mut writes = Vec::new();
    for (spot, found) in stripe {
        let Stock { available, reserved, allocated, sold, .. } = found.stock;
        let mut given_here = 0;
        if let Spot::Shelf(_) = spot {
            given_here = (each - available).min(variant.stock.available.max(0));
            given += given_here;
        }
        let counters = [
            ("available", given_here),
            ("reserved", -reserved),
            ("allocated", -allocated),
            ("sold", -sold),
            ("on_hand", given_here - reserved - allocated),
        ];
        let mut update = adding(Update::new(), counters);
        if (found.price, found.sellable) != (variant.price, variant.sellable) {
            update = update.set("price", value(&variant.price)?).set("sellable", variant.sellable);
        }
        all += found.stock;
        if !update.is_empty() {
            let there = Condition::Present.and(has_available(-given_here));
            writes.push(Write::update_if(spot.key(&place), update.add("revision", 1), there));
        }
    }
    if writes.is_empty() {
        return Ok(writes);
    }
    let counters = [
        ("available", -given),
        ("reserved", all.reserved),
        ("allocated", all.allocated),
        ("sold", all.sold),
        ("on_hand", -all.sold),
        ("striped", given - all.reserved - all.allocated - all.sold),
        ("version", i64::from(all.sold != 0)),
    ];
    let update = adding(Update::new().add("revision", 1), counters);
    let as_seen = offered(variant)?.and(has_available(given));
    writes.push(Write::update_if(keys::variant(&place), update, as_seen));
    Ok(writes)
}

/// Takes stripes away that have nothing any more; answers whether they are gone. Where somebody is at them they stay for the next time.
async fn take_away(store: &Store, place: &VariantRef) -> Result<bool, Error> {
    let variant = own(store, place).await?;
    let count = variant.stripes.count;
    let found = read_all(store, place, count).await?;
    let empty = found.iter().all(|(_, stripe)| stripe.stock == Stock::default());
    if !variant.stripes.closing || variant.stripes.units != 0 || !empty {
        return Ok(false);
    }
    let mut writes: Vec<Write> = found
        .iter()
        .map(|(spot, seen)| Write::delete_if(spot.key(place), Condition::equals("revision", seen.revision)))
        .collect();
    let mut own = Update::new().add("revision", 1);
    for attribute in ["stripes", "stripes_closing", "striped", "DUEPK", "DUESK"] {
        own = own.remove(attribute);
    }
    let as_seen = Condition::equals("revision", variant.revision);
    writes.push(Write::update_if(keys::variant(place), own, as_seen));
    match store.table.transact(writes, None).await {
        Err(table::Error::ConditionFailed(_) | table::Error::Conflict | table::Error::Throttled) => Ok(false),
        other => {
            other?;
            Ok(true)
        }
    }
}
