//! What stock levels tell. A variant does not know when it was changed: the stream does.

use domain::{
    Tenant, Timestamp,
    variant::{Adjustment, Variant},
};
use serde::Deserialize;

use crate::{
    EventType,
    data::StockChanged,
    derive::{Images, Told},
};

/// What counts of a variant.
#[derive(PartialEq, Deserialize)]
pub(crate) struct Was {
    on_hand: i64,
    reserved: i64,
    allocated: i64,
    #[serde(default)]
    sold: i64,
    #[serde(default)]
    adjustment: Option<Adjustment>,
}

pub(crate) fn events(variant: &Images<Was, Variant>, at: Timestamp) -> Vec<Told> {
    let new = &variant.new;
    let data = |units| changed(new, units);
    let tell = |kind, data: &StockChanged| Told::new(kind, Tenant::Vendor(new.vendor_id), at, data);
    let Some(old) = &variant.old else {
        return vec![tell(EventType::StockCreated, &data(new.stock.on_hand))];
    };
    let on_hand = new.stock.on_hand - old.on_hand;
    // Units in carts and in unpaid orders: that some go from the one to the other concerns nobody.
    let held = new.stock.reserved + new.stock.allocated - old.reserved - old.allocated;
    // A sale takes the same units out of a hold and out of the house; what comes back of one is an update.
    let sold = (new.stock.sold - old.sold).max(0);
    let mut told = Vec::new();
    if sold > 0 {
        told.push(tell(EventType::StockSold, &data(sold)));
    }
    if on_hand != 0 {
        let reason = new.adjustment.filter(|_| new.adjustment != old.adjustment).map(|made| made.reason);
        told.push(tell(EventType::StockUpdated, &StockChanged { reason, ..data(on_hand) }));
    }
    // What runs out or comes back is told by what is in the house: holds come and go by the minute.
    let was_low = new.low_stock_threshold.is_some_and(|units| old.on_hand <= i64::from(units));
    if on_hand < 0 && new.is_low() && !was_low {
        told.push(tell(EventType::StockLow, &low(new, on_hand)));
    }
    if old.on_hand == 0 && on_hand > 0 {
        told.push(tell(EventType::StockBack, &data(on_hand)));
    }
    // What was held and not sold came back; what is held anew came off the shelf.
    match held + sold {
        0 => {}
        units if units > 0 => told.push(tell(EventType::StockReserved, &data(units))),
        units => told.push(tell(EventType::StockReleased, &data(-units))),
    }
    told
}

/// What tells that a variant runs out, after a change of so many units.
pub(crate) fn low(variant: &Variant, units: i64) -> StockChanged {
    StockChanged {
        threshold: variant.low_stock_threshold,
        counts: Some(variant.counts),
        ..changed(variant, units)
    }
}

fn changed(variant: &Variant, units: i64) -> StockChanged {
    let stock = variant.known();
    StockChanged {
        product_id: variant.product_id,
        variant_id: variant.id,
        vendor_id: variant.vendor_id,
        sku: variant.sku.clone(),
        units,
        on_hand: stock.on_hand,
        available: stock.available,
        reserved: stock.reserved,
        allocated: stock.allocated,
        reason: None,
        threshold: None,
        counts: None,
    }
}
