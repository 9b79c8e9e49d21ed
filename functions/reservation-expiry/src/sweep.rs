use domain::{
    CartId, ImportId, OrderId, ShipmentId, Tenant, VendorId,
    cart::Cart,
    import::{HIDDEN, Work},
    order::{CancelReason, Order, OrderStatus},
    payment::PaymentState,
    variant::VariantRef,
};
use ordering::Settling;
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
    Money,
    Stripes,
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
            let next = mails::look_for(deps, key, deps.store().now()).await?;
            put_off(deps, due, next, None).await?;
            Ok(Did::Mail)
        }
        What::Settlement(vendor, id) => Ok(share(deps, due, *vendor, *id).await?),
        What::Stripes(place) => Ok(stripes(deps, due, place).await?),
        What::Dispute(id) => Ok(dispute(deps, due, id).await?),
    }
}

async fn cart(deps: &Deps, due: &Due, channel: Tenant, id: CartId) -> Result<Did, ordering::Error> {
    let store = deps.store();
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
    let store = deps.store();
    let mut order = match store::order::get(store, &channel, id).await {
        Err(store::Error::NotFound) => return Ok(put_off(deps, due, None, None).await?),
        other => other.map_err(ordering::Error::from)?,
    };
    let now = store.now();
    let early = order.due_at().is_some_and(|at| at > now);
    let mut undone = false;
    if !early {
        // Whatever it comes to, it is looked at again when that asks for it.
        (order, undone) = push_on(&deps.settling, order).await?;
    }
    undone |= mails::remind(deps, &order, now).await?;
    let next = if early { order.due_at() } else { order.due_after(now, undone) };
    put_off(deps, due, next, Some(order.version)).await?;
    Ok(if early { Did::Postponed } else { Did::Order })
}

/// Does what an order waits for; answers it as it then is, and whether something is still unknown of it.
async fn push_on(settling: &Settling, mut order: Order) -> Result<(Order, bool), ordering::Error> {
    let (channel, id) = (order.channel, order.id);
    if order.refund_doubted_at.is_some() {
        settling.follow_refunds(&channel, id).await?;
        order = store::order::get(&settling.ordering.store, &channel, id).await?;
    }
    let waits_for_money = order.status == OrderStatus::Paid || order.owes_its_buyer();
    let moved = if order.is_unpaid() {
        settling.ordering.cancel_unpaid(&channel, id, CancelReason::Unpaid).await?;
        true
    } else if order.payment.state == PaymentState::Disputed {
        settling.follow_disputes(&channel, id).await?;
        true
    } else if waits_for_money {
        settling.settle(&channel, id).await?;
        true
    } else {
        false
    };
    if moved {
        order = store::order::get(&settling.ordering.store, &channel, id).await?;
    }
    let mut known = true;
    if order.payment.state.was_captured() {
        let posted = settling.state_again(&channel, id).await?;
        // The fee can wait; the order's other looks go on without it.
        known = settling.note_fee(&order, &posted).await.unwrap_or_else(|error| {
            tracing::warn!(order.id = %order.id, error = &error as &dyn std::error::Error, "Stripe's fee is not known");
            false
        });
    }
    if matches!(order.status, OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Shipped) {
        order = settling.follow(order).await?;
    }
    settling.share_out(&order).await?;
    Ok((order, !known))
}

/// What a share waits for may have come by now; if not, it is tried again later.
async fn share(deps: &Deps, due: &Due, vendor: VendorId, id: ShipmentId) -> Result<Did, ordering::Error> {
    let store = deps.store();
    let (channel, order) = match store::settlement::get(store, vendor, id).await {
        Err(store::Error::NotFound) => return put_off(deps, due, None, None).await,
        other => other.map(|found| (found.channel, found.order_id))?,
    };
    deps.settling.share(&channel, order).await?;
    deps.settling.state_again(&channel, order).await?;
    let waiting = store::settlement::get(store, vendor, id).await?.waiting;
    put_off(deps, due, waiting.map(|why| store.now() + why.pause()), None).await?;
    Ok(Did::Money)
}

async fn stripes(deps: &Deps, due: &Due, place: &VariantRef) -> Result<Did, ordering::Error> {
    let next = match store::stock::stripes::look(deps.store(), place).await {
        Err(store::Error::NotFound) => None,
        other => other?,
    };
    put_off(deps, due, next, None).await?;
    Ok(Did::Stripes)
}

async fn dispute(deps: &Deps, due: &Due, id: &str) -> Result<Did, ordering::Error> {
    match store::dispute::get(deps.store(), id).await {
        Err(store::Error::NotFound) => return put_off(deps, due, None, None).await,
        other => deps.settling.look_into(&other?).await?,
    };
    Ok(Did::Money)
}

/// What becomes of an import is decided by import-processor, which is only asked to look at it.
async fn import(deps: &Deps, due: &Due, vendor: VendorId, id: ImportId) -> Result<Did, Error> {
    let store = deps.store();
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
    due::postpone(deps.store(), due, to, seen).await?;
    Ok(Did::Postponed)
}
