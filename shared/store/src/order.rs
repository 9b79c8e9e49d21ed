//! Orders: made of carts, paid, confirmed, followed, cancelled. Each of these is one transaction with the stock that it moves.

mod report;

use std::{collections::BTreeSet, time::Duration};

use domain::{
    CustomerId, OrderId, Tenant,
    cart::Cart,
    ledger::Transaction,
    moves::Moves,
    order::{Confirmed, Order, Withdrawn},
    shipment::Shipment,
};
use table::{Condition, Item, Query, Range, Update, Write, schema};

use crate::{
    Error, Store, cart,
    codec::{Indexed, Kind, item, read, value},
    due,
    idempotency::{self, Scope},
    keys, ledger,
    page::{Paging, Slice, newest_first},
    shipment,
    stock::{self, Refused},
    vendor::fetch,
};

pub use report::{Recorded, Report, doubt_refund, record};

/// Longer than it takes from an id to what is made under it.
const A_MOMENT: Duration = Duration::from_secs(60);

pub async fn get(store: &Store, channel: &Tenant, id: OrderId) -> Result<Order, Error> {
    read(store.table.get(&keys::order(channel, id)).await?.ok_or(Error::NotFound)?)
}

/// Several orders, in the order of their places; missing ones are left out.
pub async fn get_all(store: &Store, places: &[(Tenant, OrderId)]) -> Result<Vec<Order>, Error> {
    let keys: Vec<_> = places.iter().map(|(channel, id)| keys::order(channel, *id)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    store.table.batch_get(&keys).await?.into_iter().flatten().map(read).collect()
}

/// Turns a cart into an order: its soft holds, and what it can still get for lapsed ones, become hard holds.
///
/// # Errors
/// [`Error::VersionConflict`] when the cart is not `before` any more; [`Error::InsufficientStock`], [`Error::NotForSale`],
/// [`Error::PriceChanged`].
pub async fn place(store: &Store, before: &Cart, after: &Cart, order: &Order) -> Result<(), Error> {
    let moves = Moves::between(before.holdings(), after.holdings().chain(order.holdings()));
    let writes = vec![cart::replace(before, after)?, Write::create(order_item(order)?)];
    stock::transact(store, writes, &moves, Some(order), Vec::new()).await.map_err(Refused::unless_seen)
}

/// Notes the intent that an order is paid by; a repeat notes the same.
pub async fn note_intent(
    store: &Store,
    channel: &Tenant,
    id: OrderId,
    intent_id: &str,
    client_secret: &str,
) -> Result<Order, Error> {
    let update =
        Update::new().set("intent_id", intent_id).set("client_secret", client_secret).add("version", 1);
    let ours =
        Condition::Present.and(Condition::lacks("intent_id").or(Condition::equals("intent_id", intent_id)));
    match store.table.update(keys::order(channel, id), update, Some(ours)).await {
        Ok(found) => read(found),
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        Err(error) => Err(error.into()),
    }
}

/// Confirms a paid order in one transaction: its holds are sold, its shipments opened, its ledger posted, its cart ended.
///
/// # Errors
/// [`Error::VersionConflict`] when the order is not `before` any more.
pub async fn confirm(store: &Store, before: &Order, confirmed: &Confirmed) -> Result<(), Error> {
    match confirm_with(store, before, confirmed, true).await {
        // The cart is not the order's any more (it was cleaned away): the order does not need it.
        Err(CartGone::Gone) => match confirm_with(store, before, confirmed, false).await {
            Err(CartGone::Gone) => Err(Error::VersionConflict),
            Err(CartGone::Other(error)) => Err(error),
            Ok(()) => Ok(()),
        },
        Err(CartGone::Other(error)) => Err(error),
        Ok(()) => Ok(()),
    }
}

enum CartGone {
    Gone,
    Other(Error),
}

async fn confirm_with(
    store: &Store,
    before: &Order,
    confirmed: &Confirmed,
    with_cart: bool,
) -> Result<(), CartGone> {
    let order = &confirmed.order;
    let mut head = vec![replace(before, order).map_err(CartGone::Other)?];
    if with_cart {
        head.push(cart::complete(&order.channel, order.cart_id, order.id, order.updated_at));
    }
    let mut tail = confirmed
        .shipments
        .iter()
        .map(shipment::open)
        .collect::<Result<Vec<_>, _>>()
        .map_err(CartGone::Other)?;
    tail.push(ledger::post(&order.channel, &confirmed.ledger).map_err(CartGone::Other)?);
    let done = stock::transact(store, head, &before.moves_to(order), None, tail).await;
    done.map_err(|refused| {
        let Refused::Other(error) = refused else { return CartGone::Other(refused.unless_seen()) };
        let failed = |action: usize| error.failed().iter().any(|failed| failed.action == action);
        if failed(0) {
            CartGone::Other(Error::VersionConflict)
        } else if with_cart && failed(1) {
            CartGone::Gone
        } else {
            CartGone::Other(error.into())
        }
    })
}

/// Saves a change of an order that is not confirmed, with the stock that it moves, what becomes of its cart, and what is posted for it.
///
/// # Errors
/// [`Error::VersionConflict`] when order or cart were changed meanwhile; [`Error::InsufficientStock`], [`Error::NotForSale`] where units are taken.
pub async fn save_moving(
    store: &Store,
    before: &Order,
    after: &Order,
    cart: Option<(&Cart, &Cart)>,
    posted: Option<&Transaction>,
) -> Result<(), Error> {
    let mut head = vec![replace(before, after)?];
    let moves = match cart {
        None => before.moves_to(after),
        Some((seen, next)) => {
            head.push(cart::replace(seen, next)?);
            Moves::between(before.holdings().chain(seen.holdings()), after.holdings().chain(next.holdings()))
        }
    };
    let tail =
        posted.into_iter().map(|ledger| ledger::post(&after.channel, ledger)).collect::<Result<_, _>>()?;
    stock::transact(store, head, &moves, None, tail).await.map_err(Refused::unless_seen)
}

/// Ends a paid order whose goods can't be had, and gives back what is there of them.
///
/// # Errors
/// [`Error::VersionConflict`] when the order was changed meanwhile.
pub async fn end_without_goods(
    store: &Store,
    before: &Order,
    after: &Order,
    posted: &Transaction,
) -> Result<(), Error> {
    let head = vec![replace(before, after)?];
    let tail = vec![ledger::post(&after.channel, posted)?];
    give_back(store, head, before.moves_to(after), tail).await
}

/// Takes parcels of a confirmed order back in one transaction: order, parcels, stock and ledger. Goods of a variant that is not there any more have no shelf to
/// go back to.
///
/// # Errors
/// [`Error::VersionConflict`] when order or parcels were changed meanwhile.
pub async fn withdraw(
    store: &Store,
    (before, parcels): (&Order, &[Shipment]),
    withdrawn: &Withdrawn,
) -> Result<(), Error> {
    let mut head = vec![replace(before, &withdrawn.order)?];
    for (seen, next) in parcels.iter().zip(&withdrawn.shipments) {
        head.push(shipment::replace(seen, next)?);
    }
    let posted = withdrawn.ledger.as_ref().map(|ledger| ledger::post(&before.channel, ledger));
    let tail = posted.into_iter().collect::<Result<_, _>>()?;
    give_back(store, head, before.moves_to(&withdrawn.order), tail).await
}

/// A transaction that gives units back, without those of variants that are gone.
async fn give_back(store: &Store, head: Vec<Write>, mut moves: Moves, tail: Vec<Write>) -> Result<(), Error> {
    loop {
        let done = stock::transact(store, head.clone(), &moves, None, tail.clone()).await;
        let gone = match done.map_err(Refused::unless_seen) {
            Err(Error::NotForSale(gone)) => gone,
            other => return other,
        };
        let place = moves.iter().map(|(place, _)| *place).find(|place| place.variant_id == gone);
        match place {
            Some(place) => moves = moves.without(&place),
            None => return Err(Error::NotForSale(gone)),
        }
    }
}

/// Saves a change that moves no stock.
///
/// # Errors
/// [`Error::VersionConflict`] when the order is not `before` any more.
pub async fn save(store: &Store, before: &Order, after: &Order) -> Result<(), Error> {
    match store.table.write(replace(before, after)?).await {
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        other => Ok(other.map(|_| ())?),
    }
}

/// Saves a change that moves no stock, with what is posted for it.
///
/// # Errors
/// [`Error::VersionConflict`] when the order is not `before` any more.
pub async fn save_posting(
    store: &Store,
    before: &Order,
    after: &Order,
    posted: &Transaction,
) -> Result<(), Error> {
    save_posting_once(store, before, after, posted, None).await
}

/// [`save_posting`], for a call under a key.
///
/// # Errors
/// [`Error::MadeBefore`] with the id of what was posted under this key before.
pub async fn save_posting_once(
    store: &Store,
    before: &Order,
    after: &Order,
    posted: &Transaction,
    once: Option<&Scope>,
) -> Result<(), Error> {
    let mut writes = vec![replace(before, after)?, ledger::post(&after.channel, posted)?];
    let last = writes.len();
    writes.extend(once.map(|once| idempotency::once_made(once, posted.id)));
    match store.table.transact(writes, None).await {
        Err(error) if error.is_condition_failed() => {
            Err(idempotency::made_before(&error, last).unwrap_or(Error::VersionConflict))
        }
        other => Ok(other?),
    }
}

/// The order of an id, in whichever channel it was placed: for the platform, which is not told by its callers.
pub async fn find(store: &Store, id: OrderId) -> Result<Order, Error> {
    let made_at = id.made_at();
    // The id may be a moment older than the order, and of the month before.
    for month in BTreeSet::from([made_at.month(), (made_at + A_MOMENT).month()]) {
        let at = id.to_string();
        let shard = keys::shard_of(&at, keys::monthly_shards(&Tenant::Platform));
        let pk = keys::monthly(&Tenant::Platform, "ORDERS", &month, shard);
        let places = Query::index(&schema::MONTHLY, pk);
        let found = store.table.query(&places.range(Range::Between(at.clone(), at)).limit(1)).await?;
        if let Some(item) = fetch(store, &found.items).await?.pop() {
            return read(item);
        }
    }
    Err(Error::NotFound)
}

/// A page of a customer's orders, newest first.
pub async fn of_customer(
    store: &Store,
    channel: &Tenant,
    customer: CustomerId,
    paging: &Paging,
) -> Result<Slice<Order>, Error> {
    let query = Query::index(&schema::LISTING, keys::orders_of(channel, customer));
    let page = newest_first(store, query, "L1SK", "", paging).await?;
    let found = fetch(store, &page.data).await?;
    Ok(Slice { data: found.into_iter().map(read).collect::<Result<_, _>>()?, next_cursor: page.next_cursor })
}

fn replace(before: &Order, after: &Order) -> Result<Write, Error> {
    let seen =
        Condition::equals("version", before.version).and(Condition::equals("status", value(&before.status)?));
    Ok(Write::put_if(order_item(after)?, seen))
}

fn order_item(order: &Order) -> Result<Item, Error> {
    // What has come to rest waits for the look that it was due for anyway, if that is not days away: that costs no index write.
    let due = match order.due {
        Some(stored) if order.is_at_rest() && stored <= order.updated_at.plus_days(1) => Some(stored),
        stored => due::lazily(stored, order.due_at()),
    };
    let stored = Order { due, ..order.clone() };
    let made = item(keys::order(&order.channel, order.id), Kind::Order, &stored)?
        .with_due_shard(&order.id.to_string(), due)
        .with_month(&Tenant::Platform, "ORDERS", order.created_at, &order.id.to_string());
    Ok(match order.customer_id {
        Some(customer) => {
            made.with("L1PK", keys::orders_of(&order.channel, customer)).with("L1SK", order.id.to_string())
        }
        None => made,
    })
}
