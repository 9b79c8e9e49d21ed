use domain::{
    CartId, ImportId, OrderId, Tenant, VendorId,
    cart::Cart,
    import::{HIDDEN, Work},
    order::{CancelReason, Order, OrderStatus},
};
use ordering::Ordering;
use platform::{Queue, Source};
use store::due::{self, Due, What};

use crate::{Deps, mails};

/// What was done with a thing that was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    Cart,
    Order,
    Import,
    Mail,
    Postponed,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Ordering(#[from] ordering::Error),
    #[error("a queue did not take a message")]
    NotAsked(#[source] Source),
}

/// Looks at one thing, reads it afresh, and does what its time asks for.
pub(crate) async fn one(deps: &Deps, due: &Due) -> Result<Did, Error> {
    match &due.what {
        What::Cart(channel, id) => Ok(cart(deps, due, *channel, *id).await?),
        What::Order(channel, id) => order(deps, due, *channel, *id).await,
        What::Import(vendor, id) => import(deps, due, *vendor, *id).await,
        What::Mail(key) => {
            let next = mails::look_for(deps, key, deps.ordering.store.now()).await?;
            put_off(deps, due, next, None).await?;
            Ok(Did::Mail)
        }
    }
}

async fn cart(deps: &Deps, due: &Due, channel: Tenant, id: CartId) -> Result<Did, ordering::Error> {
    let store = &deps.ordering.store;
    let cart = match store::cart::get(store, &channel, id).await {
        Err(store::Error::NotFound) => return put_off(deps, due, None, None).await,
        other => other?,
    };
    let now = store.now();
    match cart.expired(now).or_else(|| cart.lapsed(now)) {
        Some(next) => {
            // The time that was kept is over: the next one counts.
            let next = Cart { due: None, ..next };
            store::cart::save(store, &cart, &next).await?;
            Ok(Did::Cart)
        }
        None => put_off(deps, due, cart.due_at(), Some(cart.version)).await,
    }
}

async fn order(deps: &Deps, due: &Due, channel: Tenant, id: OrderId) -> Result<Did, Error> {
    let store = &deps.ordering.store;
    let mut order = match store::order::get(store, &channel, id).await {
        Err(store::Error::NotFound) => return Ok(put_off(deps, due, None, None).await?),
        other => other.map_err(ordering::Error::from)?,
    };
    let now = store.now();
    let early = order.due_at().is_some_and(|at| at > now);
    if !early {
        // Whatever it comes to, it is looked at again when that asks for it.
        order = push_on(&deps.ordering, order).await?;
    }
    let unsent = mails::remind(deps, &order, now).await?;
    let next = if early { order.due_at() } else { order.due_after(now, unsent) };
    put_off(deps, due, next, Some(order.version)).await?;
    Ok(if early { Did::Postponed } else { Did::Order })
}

/// Does what an order waits for; answers it as it then is.
async fn push_on(ordering: &Ordering, mut order: Order) -> Result<Order, ordering::Error> {
    let (channel, id) = (order.channel, order.id);
    let waits_for_money = order.status == OrderStatus::Paid || order.owes_its_buyer();
    let moved = if order.is_unpaid() {
        ordering.cancel_unpaid(&channel, id, CancelReason::Unpaid).await?;
        true
    } else if waits_for_money {
        ordering.settle(&channel, id).await?;
        true
    } else {
        false
    };
    if moved {
        order = store::order::get(&ordering.store, &channel, id).await?;
    }
    if order.confirmed_at.is_some() {
        ordering.state_again(&channel, id).await?;
    }
    if matches!(order.status, OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Shipped) {
        order = ordering.follow(order).await?;
    }
    Ok(order)
}

/// What becomes of an import is decided by import-processor, which is only asked to look at it.
async fn import(deps: &Deps, due: &Due, vendor: VendorId, id: ImportId) -> Result<Did, Error> {
    let store = &deps.ordering.store;
    let job = match store::import::get(store, vendor, id).await {
        Err(store::Error::NotFound) => return Ok(put_off(deps, due, None, None).await?),
        other => other.map_err(ordering::Error::from)?,
    };
    let now = store.now();
    if job.due_at().is_none_or(|at| at > now) {
        return Ok(put_off(deps, due, job.due_at(), None).await?);
    }
    let look = Work::Look { vendor_id: vendor, import_id: id };
    let body = serde_json::to_string(&look).map_err(|error| Error::NotAsked(error.into()))?;
    ask(&*deps.imports, vec![body]).await?;
    // The look moves the due time on itself. This one is for a look that is lost: before the queue tries it again another is of no use.
    put_off(deps, due, Some(now + HIDDEN), None).await?;
    Ok(Did::Import)
}

/// Sends messages to a function's queue.
pub(crate) async fn ask(queue: &dyn Queue, messages: Vec<String>) -> Result<(), Error> {
    let failed = queue.send(messages).await.map_err(|error| Error::NotAsked(error.into()))?;
    if failed.is_empty() { Ok(()) } else { Err(Error::NotAsked("it has to be sent again".into())) }
}

async fn put_off(
    deps: &Deps,
    due: &Due,
    to: Option<domain::Timestamp>,
    seen: Option<u64>,
) -> Result<Did, ordering::Error> {
    due::postpone(&deps.ordering.store, due, to, seen).await?;
    Ok(Did::Postponed)
}
