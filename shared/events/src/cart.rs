//! What carts tell.

use domain::{
    LineId, Timestamp,
    cart::{Cart, CartLine, CartStatus},
};
use serde::Deserialize;

use crate::{
    EventType,
    data::{CartChanged, CartItem, CartItemAdded},
    derive::{Images, Told},
};

/// What counts of a cart.
#[derive(PartialEq, Deserialize)]
pub(crate) struct Was {
    status: CartStatus,
    lines: Vec<LineWas>,
    #[serde(default)]
    abandoned_at: Option<Timestamp>,
}

#[derive(PartialEq, Deserialize)]
struct LineWas {
    id: LineId,
    quantity: u32,
}

pub(crate) fn events(cart: &Images<Was, Cart>) -> Vec<Told> {
    let (old, new) = (cart.old.as_ref(), &cart.new);
    let tell = |kind| Told::new(kind, new.channel, new.updated_at, &changed(new));
    let mut told = Vec::new();
    if old.is_none() {
        told.push(tell(EventType::CartCreated));
    }
    for line in &new.lines {
        let before = old.and_then(|old| old.lines.iter().find(|had| had.id == line.id));
        if before.is_none_or(|before| before.quantity < line.quantity) {
            let data = CartItemAdded { cart_id: new.id, channel: new.channel, item: item(line) };
            told.push(Told::new(EventType::CartItemAdded, new.channel, new.updated_at, &data).part(line.id));
        }
    }
    let was = |status| old.is_some_and(|old| old.status == status);
    if new.status == CartStatus::Checkout && !was(CartStatus::Checkout) {
        told.push(tell(EventType::CartCheckoutInitiated));
    }
    if let Some(at) = new.abandoned_at
        && old.is_none_or(|old| old.abandoned_at.is_none())
    {
        told.push(Told::new(EventType::CartAbandoned, new.channel, at, &changed(new)));
    }
    told
}

fn changed(cart: &Cart) -> CartChanged {
    CartChanged {
        cart_id: cart.id,
        channel: cart.channel,
        customer_id: cart.customer_id,
        order_id: cart.order_id,
        items: cart.lines.iter().map(item).collect(),
    }
}

fn item(line: &CartLine) -> CartItem {
    CartItem {
        item_id: line.id,
        product_id: line.variant.product_id,
        variant_id: line.variant.variant_id,
        vendor_id: line.variant.vendor_id,
        sku: line.sku.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
    }
}
