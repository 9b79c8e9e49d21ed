use domain::{
    CartId, OrderId, Tenant,
    cart::Cart,
    order::{CancelReason, OrderStatus},
};
use ordering::Error;
use store::due::{self, Due, What};

use crate::Deps;

/// What was done with a thing that was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    Cart,
    Order,
    Postponed,
}

/// Looks at one thing, reads it afresh, and does what its time asks for.
pub(crate) async fn one(deps: &Deps, due: &Due) -> Result<Did, Error> {
    match due.what {
        What::Cart(channel, id) => cart(deps, due, channel, id).await,
        What::Order(channel, id) => order(deps, due, channel, id).await,
    }
}

async fn cart(deps: &Deps, due: &Due, channel: Tenant, id: CartId) -> Result<Did, Error> {
    let store = &deps.ordering.store;
    let cart = match store::cart::get(store, &channel, id).await {
        Err(store::Error::NotFound) => return put_off(deps, due, None).await,
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
        None => put_off(deps, due, cart.due_at()).await,
    }
}

async fn order(deps: &Deps, due: &Due, channel: Tenant, id: OrderId) -> Result<Did, Error> {
    let store = &deps.ordering.store;
    let order = match store::order::get(store, &channel, id).await {
        Err(store::Error::NotFound) => return put_off(deps, due, None).await,
        other => other?,
    };
    let now = store.now();
    if order.due_at().is_some_and(|at| at > now) {
        return put_off(deps, due, order.due_at()).await;
    }
    match order.status {
        OrderStatus::Pending | OrderStatus::PaymentProcessing | OrderStatus::PaymentFailed => {
            deps.ordering.cancel_unpaid(&channel, id, CancelReason::Unpaid).await?;
        }
        OrderStatus::Paid | OrderStatus::Cancelled => deps.ordering.settle(&channel, id).await?,
        OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Shipped => {
            deps.ordering.state(&channel, id).await?;
            deps.ordering.follow(&channel, id).await?;
        }
        OrderStatus::InventoryUnavailable | OrderStatus::Delivered => {}
    }
    // Whatever it came to, it is looked at again when that asks for it, and not before the next run.
    let order = store::order::get(store, &channel, id).await?;
    put_off(deps, due, order.due_at().map(|at| at.max(now + NEXT_RUN))).await?;
    Ok(Did::Order)
}

/// A minute: until the sweeper comes again.
const NEXT_RUN: std::time::Duration = std::time::Duration::from_secs(60);

async fn put_off(deps: &Deps, due: &Due, to: Option<domain::Timestamp>) -> Result<Did, Error> {
    due::postpone(&deps.ordering.store, due, to).await?;
    Ok(Did::Postponed)
}
