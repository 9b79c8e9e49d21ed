//! Carts, and the soft holds that change with them: a cart and the variants it moves are one transaction.

use std::time::Duration;

use domain::{
    CartId, CustomerId, Tenant,
    cart::{Cart, CartStatus},
    moves::Moves,
    variant::{Variant, VariantRef},
};
use table::{Condition, Item, Update, Write};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    due,
    idempotency::{self, Scope},
    keys,
    stock::{self, Refused},
};

/// How long an ended cart can still be looked at.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

pub async fn get(store: &Store, channel: &Tenant, id: CartId) -> Result<Cart, Error> {
    read(store.table.get(&keys::cart(channel, id)).await?.ok_or(Error::NotFound)?)
}

/// A cart and a variant in one round trip; the variant may be missing.
pub async fn with_variant(
    store: &Store,
    channel: &Tenant,
    id: CartId,
    variant: &VariantRef,
) -> Result<(Cart, Option<Variant>), Error> {
    let found = store.table.batch_get(&[keys::cart(channel, id), keys::variant(variant)]).await?;
    let mut found = found.into_iter();
    let cart = found.next().flatten().ok_or(Error::NotFound)?;
    let variant = found.next().flatten().map(read).transpose()?;
    Ok((read(cart)?, variant))
}

/// Makes a guest's cart.
pub async fn create(store: &Store, cart: &Cart) -> Result<(), Error> {
    store.table.write(Write::create(cart_item(cart)?)).await?;
    Ok(())
}

/// Makes a customer's current cart, unless another has become it meanwhile.
///
/// # Errors
/// [`Error::VersionConflict`] when the customer's cart is not `seen` any more.
pub async fn create_for(
    store: &Store,
    customer: CustomerId,
    cart: &Cart,
    seen: Option<CartId>,
) -> Result<(), Error> {
    let current = match seen {
        Some(id) => Condition::equals("cart_id", id.to_string()),
        None => Condition::lacks("cart_id").and(Condition::Present),
    };
    let pointer = Update::new().set("cart_id", cart.id.to_string());
    let writes = vec![
        Write::update_if(keys::customer(&cart.channel, customer), pointer, current),
        Write::create(cart_item(cart)?),
    ];
    match store.table.transact(writes, None).await {
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        other => Ok(other?),
    }
}

/// A guest's cart becomes the customer's, or joins the one that the customer has. A cart that can't (it is another's, checked out, or gone)
/// is left alone: a log-in does not fail for it.
pub async fn adopt(
    store: &Store,
    channel: &Tenant,
    customer: CustomerId,
    guest: CartId,
) -> Result<(), Error> {
    for _ in 0..8 {
        match try_adopt(store, channel, customer, guest).await {
            Err(Error::VersionConflict) => {}
            Err(Error::NotFound) => return Ok(()),
            other => return other,
        }
    }
    Err(Error::VersionConflict)
}

async fn try_adopt(
    store: &Store,
    channel: &Tenant,
    customer: CustomerId,
    guest: CartId,
) -> Result<(), Error> {
    let now = store.now();
    let account = crate::account::customer(store, channel, customer).await?;
    let theirs = get(store, channel, guest).await?;
    if theirs.customer_id.is_some() || theirs.status_at(now) != CartStatus::Active {
        return Ok(());
    }
    let mine = match account.cart_id {
        Some(id) => match get(store, channel, id).await {
            Err(Error::NotFound) => None,
            other => Some(other?).filter(|cart| cart.status_at(now) == CartStatus::Active),
        },
        None => None,
    };
    let (moves, writes) = match &mine {
        Some(mine) => {
            let Ok(joined) = mine.joined_by(&theirs, now) else {
                return Ok(());
            };
            let seen = Condition::equals("version", theirs.version);
            let gone = Write::delete_if(keys::cart(channel, guest), seen);
            let moves = Moves::between(mine.holdings().chain(theirs.holdings()), joined.holdings());
            (moves, vec![replace(mine, &joined)?, gone])
        }
        None => {
            let Ok(owned) = theirs.owned_by(customer, now) else {
                return Ok(());
            };
            let current = match account.cart_id {
                Some(id) => Condition::equals("cart_id", id.to_string()),
                None => Condition::lacks("cart_id").and(Condition::Present),
            };
            let pointer = Update::new().set("cart_id", guest.to_string());
            let account = Write::update_if(keys::customer(channel, customer), pointer, current);
            (theirs.moves_to(&owned), vec![replace(&theirs, &owned)?, account])
        }
    };
    stock::transact(store, writes, &moves, None, Vec::new()).await.map_err(Refused::unless_seen)
}

/// Saves a change and moves the stock that it moves.
///
/// # Errors
/// [`Error::VersionConflict`] when the cart is not `before` any more; [`Error::InsufficientStock`] and [`Error::NotForSale`] of a line.
pub async fn save(store: &Store, before: &Cart, after: &Cart) -> Result<(), Error> {
    save_once(store, before, after, None).await
}

/// [`save`], for a call under a key.
///
/// # Errors
/// [`Error::DoneBefore`] when that was saved under this key before.
pub async fn save_once(
    store: &Store,
    before: &Cart,
    after: &Cart,
    once: Option<&Scope>,
) -> Result<(), Error> {
    let moves = before.moves_to(after);
    let done = once.map(idempotency::once).into_iter().collect();
    match stock::transact(store, vec![replace(before, after)?], &moves, None, done).await {
        Err(Refused::Other(error)) if idempotency::is_repeat(&error, 1) => Err(Error::DoneBefore),
        other => other.map_err(Refused::unless_seen),
    }
}

/// Takes a cart away and releases what it holds.
pub async fn delete(store: &Store, before: &Cart, emptied: &Cart) -> Result<(), Error> {
    let moves = before.moves_to(emptied);
    let seen = Condition::equals("version", before.version);
    let gone = vec![Write::delete_if(keys::cart(&before.channel, before.id), seen)];
    stock::transact(store, gone, &moves, None, Vec::new()).await.map_err(Refused::unless_seen)
}

/// Replaces a cart that was seen at the version before.
pub(crate) fn replace(before: &Cart, after: &Cart) -> Result<Write, Error> {
    Ok(Write::put_if(cart_item(after)?, Condition::equals("version", before.version)))
}

/// Ends the cart of a confirmed order, without having read it.
pub(crate) fn complete(
    channel: &Tenant,
    id: CartId,
    order: domain::OrderId,
    now: domain::Timestamp,
) -> Write {
    let update = Update::new()
        .set("status", CartStatus::Completed.as_str())
        .set("updated_at", now.to_string())
        .set("ttl", (now + KEPT).secs())
        .add("version", 1);
    let its = Condition::equals("order_id", order.to_string())
        .and(Condition::equals("status", CartStatus::Checkout.as_str()));
    Write::update_if(keys::cart(channel, id), update, its)
}

fn cart_item(cart: &Cart) -> Result<Item, Error> {
    let due = due::lazily(cart.due, cart.due_at());
    let stored = Cart { due, ..cart.clone() };
    let made = item(keys::cart(&cart.channel, cart.id), Kind::Cart, &stored)?
        .with_due_shard(&cart.id.to_string(), due);
    // Only what holds nothing may be cleaned away by itself.
    Ok(match cart.status {
        CartStatus::Completed | CartStatus::Expired => made.with("ttl", (cart.updated_at + KEPT).secs()),
        CartStatus::Active if cart.lines.is_empty() => made.with("ttl", (cart.expires_at + KEPT).secs()),
        CartStatus::Active | CartStatus::Checkout => made,
    })
}
