//! Transactions that move stock: carts and orders change together with the counters of their variants.
//!
//! Of a variant that is sold in stripes a move goes to one of its shelves, or to a tally where it takes nothing from a shelf. Which one is of no account to how
//! many there are, because counters add up: so where a stripe is gone it goes to the variant's own item, and where a shelf has too little to one that has more.

use domain::{
    Money,
    moves::{Move, Moves},
    order::Order,
    variant::{Stock, Stripes, VariantRef},
};
use serde::Deserialize;
use serde_json::json;
use table::{Condition, Failed, Item, Update, Write};

use super::stripes::{self, Spot};
use crate::{Error, Store, codec::read};

/// How often a transaction is tried anew on other stripes.
const TRIES: u32 = 12;

/// Why a transaction did not happen.
#[derive(Debug)]
pub(crate) enum Refused {
    /// By its other writes, which count as if there were no moves; or by none of them.
    Other(table::Error),
    /// By a move.
    Stock(Error),
}

impl Refused {
    /// The error of a transaction whose other writes all fail where something is not any more as it was seen.
    pub(crate) fn unless_seen(self) -> Error {
        match self {
            Self::Other(error) if error.is_condition_failed() => Error::VersionConflict,
            Self::Other(error) => error.into(),
            Self::Stock(error) => error,
        }
    }
}

/// Makes moves and other writes, before and behind them, in one transaction; a single write alone. What is bought, where it is said, is what is for sale at the
/// price that the customer saw.
pub(crate) async fn transact(
    store: &Store,
    head: Vec<Write>,
    moves: &Moves,
    bought: Option<&Order>,
    tail: Vec<Write>,
) -> Result<(), Refused> {
    let seed = head.first().map_or(0, |write| stripes::seed(write.key()));
    let mut routes: Vec<Route<'_>> = moves
        .iter()
        .map(|(place, change)| Route {
            place,
            change,
            offer: bought.and_then(|order| offer(order, place)),
            spot: Spot::of(change, seed),
        })
        .collect();
    for _ in 0..TRIES {
        let mut writes = head.clone();
        writes.extend(routes.iter().map(Route::write));
        writes.extend(tail.iter().cloned());
        let Err(error) = store.write_all(writes).await else { return Ok(()) };
        let (of_moves, others) = told_apart(error, head.len(), routes.len());
        match others {
            Some(error) => return Err(Refused::Other(error)),
            None => {
                for failed in of_moves {
                    let Some(route) = routes.get_mut(failed.action) else { continue };
                    route.spot = route.elsewhere(store, failed.item, seed).await.map_err(Refused::Stock)?;
                }
            }
        }
    }
    Err(Refused::Stock(Error::VersionConflict))
}

/// The moves that failed, by their position among the moves; and the error as it is of the other writes, if it is.
fn told_apart(error: table::Error, first: usize, moves: usize) -> (Vec<Failed>, Option<table::Error>) {
    let table::Error::ConditionFailed(failed) = error else { return (Vec::new(), Some(error)) };
    let (of_moves, others): (Vec<_>, Vec<_>) =
        failed.into_iter().partition(|failed| (first..first + moves).contains(&failed.action));
    if others.is_empty() {
        let at = |failed: Failed| Failed { action: failed.action - first, ..failed };
        return (of_moves.into_iter().map(at).collect(), None);
    }
    let at = |failed: Failed| match failed.action {
        before if before < first => failed,
        behind => Failed { action: behind - moves, ..failed },
    };
    (of_moves, Some(table::Error::ConditionFailed(others.into_iter().map(at).collect())))
}

/// A move, and where it goes.
struct Route<'a> {
    place: &'a VariantRef,
    change: &'a Move,
    /// What it was offered for, where it is bought.
    offer: Option<Money>,
    spot: Spot,
}

/// What of a variant's item, or of a stripe's, a move fails by.
#[derive(Deserialize)]
struct Seen {
    price: Money,
    sellable: bool,
    #[serde(flatten)]
    stock: Stock,
    #[serde(flatten)]
    stripes: Stripes,
}

impl Route<'_> {
    fn write(&self) -> Write {
        let change = self.change;
        let counters = [
            ("on_hand", change.on_hand),
            ("available", change.available),
            ("reserved", change.reserved),
            ("allocated", change.allocated),
            ("sold", change.sold),
        ];
        let mut update = adding(Update::new().add("revision", 1), counters);
        let mut conditions = vec![Condition::Present];
        for (counter, by) in counters {
            if by < 0 && (counter == "available" || self.spot == Spot::Own) {
                conditions.push(has(counter, -by));
            }
        }
        if change.on_hand != 0 && self.spot == Spot::Own {
            update = update.add("version", 1);
        }
        if change.available < 0 || self.offer.is_some() {
            // Only what is on the shelf is taken from it.
            conditions.push(Condition::equals("sellable", true));
        }
        if let Some(Money { amount, currency }) = self.offer {
            conditions
                .push(Condition::equals("price", json!({"amount": amount, "currency": currency.code()})));
        }
        Write::update_if(self.spot.key(self.place), update, Condition::All(conditions))
    }

    /// Where a move goes that failed by what was there.
    ///
    /// # Errors
    /// Why it can't go anywhere.
    async fn elsewhere(&self, store: &Store, there: Option<Item>, seed: u64) -> Result<Spot, Error> {
        let variant = self.place.variant_id;
        let Some(there) = there else {
            return match self.spot {
                Spot::Own => Err(Error::NotForSale(variant)),
                // The stripes were given up meanwhile: what was on them came home.
                Spot::Shelf(_) | Spot::Tally(_) => Ok(Spot::Own),
            };
        };
        let seen: Seen = read(there)?;
        let wanted = -self.change.available;
        if (wanted > 0 || self.offer.is_some()) && !seen.sellable {
            Err(Error::NotForSale(variant))
        } else if let Some(was) = self.offer.filter(|offer| *offer != seen.price) {
            Err(Error::PriceChanged { variant, was, now: seen.price })
        } else if seen.stock.available >= wanted {
            // A counter that others count on has less than a line says it holds: nothing that may happen.
            Err(Error::Table(table::Error::ConditionFailed(Vec::new())))
        } else if self.spot == Spot::Own && seen.stripes.count == 0 {
            Err(Error::InsufficientStock { variant, available: seen.stock.available })
        } else {
            stripes::find(store, self.place, wanted, seed).await
        }
    }
}

/// An update that also adds to some counters, where there is something to add.
pub(super) fn adding(update: Update, counters: impl IntoIterator<Item = (&'static str, i64)>) -> Update {
    let changed = counters.into_iter().filter(|(_, by)| *by != 0);
    changed.fold(update, |update, (counter, by)| update.add(counter, by))
}

/// That a counter has so many. Those of holds and sales may be anywhere while there are stripes; what is available is where it is.
fn has(counter: &'static str, units: i64) -> Condition {
    let enough = Condition::at_least(counter, units);
    if counter == "available" { enough } else { enough.or(Condition::at_least("stripes", 1)) }
}

/// What an order's line was offered for.
fn offer(order: &Order, place: &VariantRef) -> Option<Money> {
    let line = order.lines.iter().find(|line| line.variant == *place)?;
    Some(order.money(line.unit_price))
}
