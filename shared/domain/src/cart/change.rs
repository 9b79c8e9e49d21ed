//! What customers do to a cart: each change holds what is in it anew.

use std::{collections::BTreeSet, time::Duration};

use super::{Cart, CartError, CartLine, CartStatus, LIFETIME, MAX_LINES, MAX_QUANTITY, MAX_VENDORS};
use crate::{
    CustomerId, LineId, Timestamp, VendorId,
    hold::{Hold, HoldEvent},
    money::MAX_AMOUNT,
    variant::{Variant, VariantRef},
};

impl Cart {
    /// Puts units of a variant into the cart, onto its line where there is one, and holds them.
    pub fn add(
        &self,
        variant: &Variant,
        quantity: u32,
        line_id: LineId,
        now: Timestamp,
        soft_hold: Duration,
    ) -> Result<Self, CartError> {
        let mut next = self.changed(now)?;
        let quantity = checked_quantity(quantity)?;
        if !variant.sellable {
            return Err(CartError::NotForSale);
        }
        let currency = *next.currency.get_or_insert(variant.price.currency);
        if currency != variant.price.currency {
            return Err(CartError::CurrencyMismatch(currency));
        }
        let has_room = next.has_room_for(variant.vendor_id);
        match next.lines.iter_mut().find(|line| line.variant == variant.place()) {
            Some(line) => {
                line.quantity = checked_quantity(line.quantity.saturating_add(quantity))?;
                line.offer(variant);
            }
            None if !has_room => return Err(CartError::Full),
            None => next.lines.push(CartLine {
                id: line_id,
                variant: variant.place(),
                sku: variant.sku.clone(),
                title: variant.title.clone(),
                options: variant.options.clone(),
                image_url: variant.image_url.clone(),
                quantity,
                unit_price: variant.price.amount,
                tax_rate: variant.tax_rate,
                weight_grams: variant.weight_grams,
                hold: Hold::None,
                stripes: variant.stripes.open(),
                added_at: now,
            }),
        }
        next.hold(variant.place(), now, soft_hold)?;
        Ok(next)
    }

    /// Sets the quantity of a variant's line and holds it, at what the variant costs now.
    pub fn set_quantity(
        &self,
        variant: &Variant,
        quantity: u32,
        now: Timestamp,
        soft_hold: Duration,
    ) -> Result<Self, CartError> {
        let mut next = self.changed(now)?;
        if !variant.sellable {
            return Err(CartError::NotForSale);
        }
        if next.currency.is_some_and(|currency| currency != variant.price.currency) {
            return Err(CartError::CurrencyMismatch(variant.price.currency));
        }
        let mut lines = next.lines.iter_mut();
        let line = lines.find(|line| line.variant == variant.place()).ok_or(CartError::NoSuchLine)?;
        line.quantity = checked_quantity(quantity)?;
        line.offer(variant);
        next.hold(variant.place(), now, soft_hold)?;
        Ok(next)
    }

    /// Takes a line out. What else is held goes on being held.
    pub fn remove(&self, line_id: LineId, now: Timestamp, soft_hold: Duration) -> Result<Self, CartError> {
        let mut next = self.changed(now)?;
        let at = next.lines.iter().position(|line| line.id == line_id).ok_or(CartError::NoSuchLine)?;
        next.lines.remove(at);
        if next.lines.is_empty() {
            next.currency = None;
        }
        next.slide(now, soft_hold);
        Ok(next)
    }

    /// A customer's cart with a guest's lines in it, at log-in. Lines of one variant become one, which stays held where both were.
    /// What does not fit (lines, vendors, currency) is left out. All holds end when the first of them would have.
    pub fn joined_by(&self, guest: &Self, now: Timestamp) -> Result<Self, CartError> {
        let mut next = self.changed(now)?;
        let guest = guest.changed(now)?;
        for line in guest.lines {
            let currency = *next.currency.get_or_insert(guest.currency.ok_or(CartError::Empty)?);
            if guest.currency != Some(currency) {
                break;
            }
            let has_room = next.has_room_for(line.variant.vendor_id);
            match next.lines.iter_mut().find(|mine| mine.variant == line.variant) {
                Some(mine) => {
                    mine.quantity = mine.quantity.saturating_add(line.quantity).min(MAX_QUANTITY);
                    mine.stripes = mine.stripes.max(line.stripes);
                    if mine.hold != line.hold {
                        mine.hold = Hold::Released;
                    }
                }
                None if has_room => next.lines.push(line),
                None => {}
            }
        }
        if next.subtotal()?.amount > MAX_AMOUNT {
            return Err(CartError::TooMuch);
        }
        let ends = [next.held_until, guest.held_until].into_iter().flatten().min();
        next.held_until = ends.filter(|_| next.lines.iter().any(|line| line.hold == Hold::Soft));
        Ok(next)
    }

    /// A guest's cart as a customer's.
    pub fn owned_by(&self, customer: CustomerId, now: Timestamp) -> Result<Self, CartError> {
        Ok(Self { customer_id: Some(customer), ..self.changed(now)? })
    }

    /// Whether a line more of a vendor still fits.
    fn has_room_for(&self, vendor: VendorId) -> bool {
        let mut vendors: BTreeSet<VendorId> = self.lines.iter().map(|line| line.variant.vendor_id).collect();
        vendors.insert(vendor);
        self.lines.len() < MAX_LINES && vendors.len() <= MAX_VENDORS
    }

    fn changed(&self, now: Timestamp) -> Result<Self, CartError> {
        if self.status_at(now) != CartStatus::Active {
            return Err(CartError::NotActive(self.status_at(now)));
        }
        let mut next = self.clone();
        next.give_up_lapsed(now);
        next.expires_at = now + LIFETIME;
        next.updated_at = now;
        next.version += 1;
        Ok(next)
    }

    fn hold(&mut self, variant: VariantRef, now: Timestamp, soft_hold: Duration) -> Result<(), CartError> {
        for line in self.lines.iter_mut().filter(|line| line.variant == variant) {
            line.hold = line.hold.on(HoldEvent::Reserve).unwrap_or(line.hold);
        }
        if self.subtotal()?.amount > MAX_AMOUNT {
            return Err(CartError::TooMuch);
        }
        self.slide(now, soft_hold);
        Ok(())
    }

    fn slide(&mut self, now: Timestamp, soft_hold: Duration) {
        let holds = self.lines.iter().any(|line| line.hold == Hold::Soft);
        self.held_until = holds.then(|| now + soft_hold);
    }
}

impl CartLine {
    /// Takes over what the variant is offered for now.
    fn offer(&mut self, variant: &Variant) {
        self.unit_price = variant.price.amount;
        self.tax_rate = variant.tax_rate;
        self.weight_grams = variant.weight_grams;
        self.stripes = variant.stripes.open();
    }
}

fn checked_quantity(quantity: u32) -> Result<u32, CartError> {
    if (1..=MAX_QUANTITY).contains(&quantity) { Ok(quantity) } else { Err(CartError::Quantity) }
}
