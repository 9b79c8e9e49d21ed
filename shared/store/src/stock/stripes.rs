//! Stripes: a variant that everybody wants at once, sold from many partitions, because one takes no more than a thousand write units a second.
//!
//! A stripe is a shelf, from which units are taken and to which they come back, and two tallies, which count what became of them at checkout and at the sale.
//! Each is an item in a partition of its own with the variant's counters, price and whether it is for sale. What there is of the variant is the sum of its own
//! item and of all of these: so any move may go to any of them, and no line knows where its units came from. Only `available` is never below zero by itself.
//!
//! **Invariant:** on the variant's own item `on_hand = available + reserved + allocated + striped`, where `striped` is what was given to the stripes less what is
//! known to have left them. The sweeper looks at it each minute ([`look`]): it takes over what the stripes have counted, evens the shelves out, and repeats to them
//! what the variant is offered for.

mod level;
#[cfg(test)]
mod tests;

use domain::{
    Money, Timestamp,
    moves::Move,
    variant::{Stock, Variant, VariantRef},
};
use serde::{Deserialize, Serialize};
use table::{Condition, Key, MAX_BATCH, Update, Write};

pub use level::look;

use super::own;
use crate::{
    Error, Store,
    codec::{Kind, item, read, value},
    due, keys,
};

/// How many tallies go with a shelf: one for what is ordered, one for what is sold.
const TALLIES: u8 = 2;

/// How often who wants units looks for them anew while others move them.
const LOOKS: u32 = 8;

/// A shelf or a tally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stripe {
    #[serde(flatten)]
    variant: VariantRef,
    price: Money,
    sellable: bool,
    #[serde(flatten)]
    stock: Stock,
    revision: u64,
}

/// Where counters of a variant lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// On the variant's own item.
    Own,
    Shelf(u8),
    Tally(u8),
}

impl Spot {
    /// Where a move goes at first. Those of one seed take from one shelf, and different seeds from all of them alike.
    pub(super) fn of(change: &Move, seed: u64) -> Self {
        let count = u64::from(change.stripes);
        let Some(stripe) = seed.checked_rem(count).and_then(|stripe| u8::try_from(stripe).ok()) else {
            return Self::Own;
        };
        match (change.available, change.sold) {
            (0, 0) => Self::Tally(stripe),
            (0, _) => Self::Tally(change.stripes + stripe),
            _ => Self::Shelf(stripe),
        }
    }

    pub(super) fn key(self, place: &VariantRef) -> Key {
        match self {
            Self::Own => keys::variant(place),
            Self::Shelf(stripe) => keys::shelf_of(place, stripe),
            Self::Tally(tally) => keys::tally_of(place, tally),
        }
    }

    /// All shelves and tallies of so many stripes, the shelves first.
    fn all(count: u8) -> impl Iterator<Item = Self> {
        (0..count).map(Self::Shelf).chain((0..count * TALLIES).map(Self::Tally))
    }

    /// Which of so many stripes it is of; the variant's own item is of none.
    fn stripe_of(self, count: u8) -> Option<u8> {
        match self {
            Self::Own => None,
            Self::Shelf(stripe) => Some(stripe),
            Self::Tally(tally) => tally.checked_rem(count),
        }
    }
}

/// A number that is as good as random over the keys, and always the same of one: FNV-1a, its high bits folded in.
pub(super) fn seed(key: &Key) -> u64 {
    let hash = key.pk.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}

/// Begins to sell a variant in stripes; it may be sold meanwhile. A repeat changes nothing.
///
/// # Errors
/// [`Error::Striped`] while it is sold in another number of stripes.
pub async fn open(store: &Store, place: &VariantRef, count: u8) -> Result<Variant, Error> {
    for _ in 0..8 {
        let now = own(store, place).await?;
        let mut writes = match now.stripes.count {
            0 => {
                let first_look = store.now() + level::EACH;
                let made = Update::new().set("stripes", count);
                let made = due::at(made, &place.variant_id.to_string(), first_look);
                let fresh = offered(&now)?.and(Condition::lacks("stripes"));
                vec![Write::update_if(keys::variant(place), made.add("revision", 1), fresh)]
            }
            same if same == count && now.stripes.closing => {
                let again = Update::new().remove("stripes_closing").add("revision", 1);
                vec![Write::update_if(keys::variant(place), again, Condition::equals("stripes", count))]
            }
            same if same == count => Vec::new(),
            _ => return Err(Error::Striped),
        };
        if now.stripes.count == 0 {
            for spot in Spot::all(count) {
                let empty = Stripe {
                    variant: *place,
                    price: now.price,
                    sellable: now.sellable,
                    stock: Stock::default(),
                    revision: 1,
                };
                writes.push(Write::create(item(spot.key(place), Kind::Stripe, &empty)?));
            }
        }
        if !writes.is_empty() {
            match store.table.transact(writes, None).await {
                Err(error) if error.is_condition_failed() => continue,
                other => other?,
            }
        }
        level::level(store, place).await?;
        return super::get(store, place).await;
    }
    Err(Error::VersionConflict)
}

/// Ends selling a variant in stripes; it may be sold meanwhile. What lies on them comes home, at once or with the sweeper's next looks. A repeat changes nothing.
pub async fn close(store: &Store, place: &VariantRef) -> Result<Variant, Error> {
    let closing = Update::new().set("stripes_closing", true).add("revision", 1);
    let striped = Condition::at_least("stripes", 1).and(Condition::lacks("stripes_closing"));
    match store.table.write(Write::update_if(keys::variant(place), closing, striped)).await {
        Err(error) if !error.is_condition_failed() => return Err(error.into()),
        _ => {}
    }
    look(store, place).await?;
    super::get(store, place).await
}

/// Counts what lies on stripes into variants as their own items have them.
pub async fn count_in(store: &Store, variants: &mut [Variant]) -> Result<(), Error> {
    for variant in variants.iter_mut().filter(|variant| variant.stripes.count > 0) {
        let found = read_all(store, &variant.place(), variant.stripes.count).await?;
        // What was given to the stripes is counted where it is.
        variant.stock.on_hand -= variant.stripes.units;
        variant.stripes.units = 0;
        for (_, stripe) in found {
            variant.stock += stripe.stock;
            variant.revision += stripe.revision;
        }
    }
    Ok(())
}

/// Repeats to a variant's stripes what it is offered for, if it still is: whoever changes that again repeats that. What nobody repeats, because a call was stopped,
/// the next look does.
pub(crate) async fn follow(store: &Store, variant: &Variant) -> Result<(), Error> {
    if variant.stripes.count == 0 {
        return Ok(());
    }
    let place = variant.place();
    let offer = Update::new()
        .set("price", value(&variant.price)?)
        .set("sellable", variant.sellable)
        .add("revision", 1);
    let stripes = Spot::all(variant.stripes.count)
        .map(|spot| Write::update_if(spot.key(&place), offer.clone(), Condition::Present));
    let mut writes = vec![Write::check(keys::variant(&place), offered(variant)?)];
    writes.extend(stripes);
    match store.table.transact(writes, None).await {
        // Another change was faster, or they were given up meanwhile.
        Err(error) if error.is_condition_failed() => Ok(()),
        other => Ok(other?),
    }
}

/// Where units of a variant are available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Free {
    spot: Spot,
    units: i64,
    revision: u64,
}

/// A place from which so many units of a variant can be taken; where none has as many, they are brought together.
///
/// # Errors
/// [`Error::InsufficientStock`] where there are fewer of them, [`Error::NotForSale`] where the variant is gone.
pub(super) async fn find(store: &Store, place: &VariantRef, wanted: i64, seed: u64) -> Result<Spot, Error> {
    let mut free = all_free(store, place).await?;
    for _ in 0..LOOKS {
        if let Some(spot) = gather(store, place, &free, wanted, seed).await? {
            return Ok(spot);
        }
        // The places are not read at one moment, and others bring units together meanwhile. Two readings between which nothing was written are as good as one moment.
        let again = all_free(store, place).await?;
        if again == free {
            let available = free.iter().map(|free| free.units).sum();
            return Err(Error::InsufficientStock { variant: place.variant_id, available });
        }
        free = again;
    }
    Err(Error::VersionConflict)
}

/// Brings units of stripes to the variant's own item, as many as are missing there of so many; answers whether there are as many.
pub(super) async fn bring_home(store: &Store, place: &VariantRef, wanted: i64) -> Result<bool, Error> {
    let free = all_free(store, place).await?;
    if free.iter().map(|free| free.units).sum::<i64>() < wanted {
        return Ok(false);
    }
    if free.first().is_some_and(|own| own.units < wanted) {
        bring_together(store, place, &free, wanted).await?;
    }
    Ok(true)
}

/// The variant's own item first, then its shelves.
async fn all_free(store: &Store, place: &VariantRef) -> Result<Vec<Free>, Error> {
    let variant = match own(store, place).await {
        Err(Error::NotFound) => return Err(Error::NotForSale(place.variant_id)),
        other => other?,
    };
    let shelves = read_spots(store, place, (0..variant.stripes.count).map(Spot::Shelf)).await?;
    let own = Free { spot: Spot::Own, units: variant.stock.available, revision: variant.revision };
    let shelves = shelves.iter().map(|(spot, shelf)| Free {
        spot: *spot,
        units: shelf.stock.available,
        revision: shelf.revision,
    });
    Ok(std::iter::once(own).chain(shelves).collect())
}

/// One of some places that has so many units, if need be after others have lent it some; none where there are fewer.
async fn gather(
    store: &Store,
    place: &VariantRef,
    free: &[Free],
    wanted: i64,
    seed: u64,
) -> Result<Option<Spot>, Error> {
    let mut free = free.to_vec();
    // Not all who look begin at the same one.
    let first = usize::try_from(seed >> 8).unwrap_or(0) % free.len().max(1);
    free.rotate_left(first);
    if let Some(enough) = free.iter().find(|free| free.units >= wanted) {
        return Ok(Some(enough.spot));
    }
    if free.iter().map(|free| free.units).sum::<i64>() < wanted {
        return Ok(None);
    }
    free.sort_by_key(|free| std::cmp::Reverse(free.units));
    bring_together(store, place, &free, wanted).await.map(Some)
}

/// Lends what the first of some places lacks of so many units from the others. Where others were faster, nothing is moved, and who wants them looks again.
async fn bring_together(
    store: &Store,
    place: &VariantRef,
    free: &[Free],
    wanted: i64,
) -> Result<Spot, Error> {
    let [to, others @ ..] = free else { return Ok(Spot::Own) };
    let mut missing = wanted - to.units;
    let mut writes = vec![lend(place, to.spot, missing)];
    for from in others {
        let lent = missing.min(from.units);
        if lent > 0 {
            writes.push(lend(place, from.spot, -lent));
            missing -= lent;
        }
    }
    match store.table.transact(writes, None).await {
        Err(error) if !error.is_condition_failed() => Err(error.into()),
        _ => Ok(to.spot),
    }
}

/// Puts units onto a place, or takes them away, between places of one variant.
fn lend(place: &VariantRef, spot: Spot, units: i64) -> Write {
    let update = Update::new().add("available", units).add("revision", 1);
    let update = match spot {
        Spot::Own => update.add("striped", -units),
        Spot::Shelf(_) | Spot::Tally(_) => update.add("on_hand", units),
    };
    Write::update_if(spot.key(place), update, Condition::Present.and(has_available(-units)))
}

fn has_available(units: i64) -> Condition {
    Condition::at_least("available", units.max(0))
}

/// That a variant's own item is for sale as it was seen.
fn offered(variant: &Variant) -> Result<Condition, Error> {
    Ok(Condition::equals("price", value(&variant.price)?)
        .and(Condition::equals("sellable", variant.sellable)))
}

async fn read_all(store: &Store, place: &VariantRef, count: u8) -> Result<Vec<(Spot, Stripe)>, Error> {
    read_spots(store, place, Spot::all(count)).await
}

/// Those of some places that are there.
async fn read_spots(
    store: &Store,
    place: &VariantRef,
    spots: impl Iterator<Item = Spot>,
) -> Result<Vec<(Spot, Stripe)>, Error> {
    let spots: Vec<Spot> = spots.collect();
    let mut found = Vec::with_capacity(spots.len());
    for some in spots.chunks(MAX_BATCH) {
        let keys: Vec<Key> = some.iter().map(|spot| spot.key(place)).collect();
        let items = store.table.batch_get(&keys).await?;
        for (spot, item) in some.iter().zip(items) {
            if let Some(item) = item {
                found.push((*spot, read(item)?));
            }
        }
    }
    Ok(found)
}
