//! What an order of a cart goes by: where it is sent to, and on which terms each vendor sells.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    VendorId,
    address::{Address, BadPostalCode},
    cart::Cart,
    order::Terms,
};
use ordering::Ordering;
use web::{ApiError, Result};

/// Lets an address pass that somebody can deliver to.
pub(crate) fn checked(address: Address) -> Result<Address> {
    address.checked().map_err(|error: BadPostalCode| {
        ApiError::invalid("shipping_address.postal_code", format!("{error}."))
    })
}

/// The terms of each vendor of a cart, frozen at the sale.
pub(crate) async fn terms(ordering: &Ordering, cart: &Cart) -> Result<BTreeMap<VendorId, Terms>> {
    let ids: BTreeSet<VendorId> = cart.lines.iter().map(|line| line.variant.vendor_id).collect();
    let ids: Vec<VendorId> = ids.into_iter().collect();
    let vendors = store::vendor::get_all(&ordering.store, &ids).await?;
    if let Some(closed) = vendors.iter().find(|vendor| !vendor.sells()) {
        let message = format!("{} does not sell at the moment.", closed.name);
        return Err(ApiError::conflict("vendor_not_selling", message));
    }
    if let Some(unpaid) = vendors.iter().find(|vendor| !vendor.payouts.accepts_payments()) {
        let message = format!("{} does not take payments yet.", unpaid.name);
        return Err(ApiError::conflict("vendor_not_ready", message));
    }
    let terms = vendors.into_iter().map(|vendor| {
        let terms = Terms {
            shipment_id: ordering.ids.next(),
            commission: vendor.commission,
            delivery_days: vendor.handling_days.saturating_add(vendor.transit_days),
            shipping: vendor.shipping,
        };
        (vendor.id, terms)
    });
    Ok(terms.collect())
}
