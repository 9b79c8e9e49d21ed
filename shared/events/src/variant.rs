//! What stock levels tell. A variant does not know when it was changed: the stream does.

use domain::{Tenant, Timestamp, variant::Variant};

use crate::{
    EventType,
    data::StockChanged,
    derive::{Images, Told},
};

pub(crate) fn events(variant: &Images<Variant>, at: Timestamp) -> Vec<Told> {
    let new = &variant.new;
    let tell = |kind, units| Told::new(kind, Tenant::Vendor(new.vendor_id), at, &changed(new, units));
    let Some(old) = &variant.old else {
        return vec![tell(EventType::StockCreated, new.stock.on_hand)];
    };
    let on_hand = new.stock.on_hand - old.stock.on_hand;
    let held = held(new) - held(old);
    // A sale takes the same units out of a hold and out of the house; the vendor's own count leaves holds as they are.
    let sold = (-on_hand).min(-held).max(0);
    let mut told = Vec::new();
    if sold > 0 {
        told.push(tell(EventType::StockSold, sold));
    }
    if on_hand != 0 {
        told.push(tell(EventType::StockUpdated, on_hand));
    }
    // What was held and not sold came back; what is held anew came off the shelf.
    match held + sold {
        0 => {}
        units if units > 0 => told.push(tell(EventType::StockReserved, units)),
        units => told.push(tell(EventType::StockReleased, -units)),
    }
    told
}

/// Units in carts and in unpaid orders: that some go from the one to the other concerns nobody.
fn held(variant: &Variant) -> i64 {
    variant.stock.reserved + variant.stock.allocated
}

fn changed(variant: &Variant, units: i64) -> StockChanged {
    StockChanged {
        product_id: variant.product_id,
        variant_id: variant.id,
        vendor_id: variant.vendor_id,
        sku: variant.sku.clone(),
        units,
        on_hand: variant.stock.on_hand,
        available: variant.stock.available,
        reserved: variant.stock.reserved,
        allocated: variant.stock.allocated,
    }
}
