//! Carts: what a customer is about to buy, and the soft holds on it.
//!
//! A change is a pure function from a cart to the next one; the stock that it moves is the difference of both
//! ([`Cart::moves_to`]). **Invariant:** a line is `SOFT` while its units are reserved, and all soft holds of a cart end together,
//! at `held_until`, which slides with each change. A change after that time first gives up what has lapsed.

mod status;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

pub use status::{CartEvent, CartStatus};

use crate::{
    CartId, Currency, CustomerId, LineId, Money, OrderId, Tenant, Timestamp, VendorId,
    hold::{Hold, HoldEvent},
    money::{MAX_AMOUNT, MoneyError},
    moves::{Holding, Moves},
    tax::TaxRate,
    text::{Name, Sku},
    variant::{Variant, VariantRef},
};

/// The most lines of one cart.
pub const MAX_LINES: usize = 50;
/// The most vendors in one cart: with lines, shipments, order, cart and ledger one transaction holds at most 100 actions.
pub const MAX_VENDORS: usize = 20;
/// The most units of one line.
pub const MAX_QUANTITY: u32 = 999;
/// How long a cart lives from its last change.
pub const LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// What a customer is about to buy in a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cart {
    pub id: CartId,
    /// The market's carts are the platform's.
    pub channel: Tenant,
    pub status: CartStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// Of its first line; unset while it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    pub lines: Vec<CartLine>,
    /// When its soft holds end; unset while it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// When it was first left alone until its holds lapsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandoned_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    pub expires_at: Timestamp,
    /// When the sweeper looks at it next: set once, and moved on by the sweeper, so that a change costs no index write.
    #[serde(rename = "DUESK", default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

/// A variant in a cart, as it was when it was put there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CartLine {
    pub id: LineId,
    #[serde(flatten)]
    pub variant: VariantRef,
    pub sku: Sku,
    pub title: Name,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    pub quantity: u32,
    /// In minor units of the cart's currency.
    pub unit_price: i64,
    pub tax_rate: TaxRate,
    pub hold: Hold,
    pub added_at: Timestamp,
}

/// Why a cart does not take a change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    #[error("the cart is {}", .0.as_str())]
    NotActive(CartStatus),
    #[error("a quantity is from 1 to 999")]
    Quantity,
    #[error("a cart holds at most 50 lines of 20 vendors")]
    Full,
    #[error("the cart is in {0}")]
    CurrencyMismatch(Currency),
    #[error("the variant is not for sale")]
    NotForSale,
    #[error("no such line")]
    NoSuchLine,
    #[error("the cart is empty")]
    Empty,
    #[error("the cart's total is too large")]
    TooMuch,
}

impl From<MoneyError> for CartError {
    fn from(_: MoneyError) -> Self {
        Self::TooMuch
    }
}

impl Cart {
    pub fn new(id: CartId, channel: Tenant, customer_id: Option<CustomerId>, now: Timestamp) -> Self {
        Self {
            id,
            channel,
            status: CartStatus::Active,
            customer_id,
            currency: None,
            lines: Vec::new(),
            held_until: None,
            abandoned_at: None,
            order_id: None,
            expires_at: now + LIFETIME,
            due: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

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
                line.unit_price = variant.price.amount;
                line.tax_rate = variant.tax_rate;
            }
            None if !has_room => return Err(CartError::Full),
            None => next.lines.push(CartLine {
                id: line_id,
                variant: variant.place(),
                sku: variant.sku.clone(),
                title: variant.title.clone(),
                options: variant.options.clone(),
                image_url: variant.image_url.clone(),
                quantity: checked_quantity(quantity)?,
                unit_price: variant.price.amount,
                tax_rate: variant.tax_rate,
                hold: Hold::None,
                added_at: now,
            }),
        }
        next.hold(variant.place(), now, soft_hold)?;
        Ok(next)
    }

    /// Sets a line's quantity and holds it.
    pub fn set_quantity(
        &self,
        line_id: LineId,
        quantity: u32,
        now: Timestamp,
        soft_hold: Duration,
    ) -> Result<Self, CartError> {
        let mut next = self.changed(now)?;
        let line = next.lines.iter_mut().find(|line| line.id == line_id).ok_or(CartError::NoSuchLine)?;
        line.quantity = checked_quantity(quantity)?;
        let variant = line.variant;
        next.hold(variant, now, soft_hold)?;
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

    /// Gives up holds whose time is over; `None` where there are none such.
    pub fn lapsed(&self, now: Timestamp) -> Option<Self> {
        let over = self.status == CartStatus::Active && self.held_until.is_some_and(|end| end <= now);
        over.then(|| {
            let mut next = self.clone();
            next.give_up_lapsed(now);
            next.abandoned_at.get_or_insert(now);
            next.version += 1;
            next
        })
    }

    /// Ends a cart that nobody has changed for its lifetime; `None` where it is not over.
    pub fn expired(&self, now: Timestamp) -> Option<Self> {
        let over = self.status == CartStatus::Active && self.expires_at <= now;
        over.then(|| {
            let mut next = self.clone();
            next.release_all();
            // Where the sweeper was not there when its holds lapsed, this is when it was found left alone.
            if !next.lines.is_empty() {
                next.abandoned_at.get_or_insert(now);
            }
            next.status = CartStatus::Expired;
            next.version += 1;
            next
        })
    }

    /// The cart while its order is open: its soft holds have become the order's hard ones.
    pub fn checked_out(&self, order_id: OrderId, now: Timestamp) -> Result<Self, CartError> {
        if self.status != CartStatus::Active || self.expires_at <= now {
            return Err(CartError::NotActive(self.status_at(now)));
        }
        if self.lines.is_empty() {
            return Err(CartError::Empty);
        }
        let mut next = self.clone();
        next.release_all();
        next.status = CartStatus::Checkout;
        next.order_id = Some(order_id);
        next.updated_at = now;
        next.version += 1;
        Ok(next)
    }

    /// The cart after its order was cancelled unpaid: it can try again, its lines unreserved.
    pub fn reopened(&self, order_id: OrderId, now: Timestamp) -> Option<Self> {
        (self.status == CartStatus::Checkout && self.order_id == Some(order_id)).then(|| Self {
            status: CartStatus::Active,
            order_id: None,
            expires_at: now + LIFETIME,
            updated_at: now,
            version: self.version + 1,
            ..self.clone()
        })
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

    /// The stock that a change moves.
    pub fn moves_to(&self, next: &Self) -> Moves {
        Moves::between(self.holdings(), next.holdings())
    }

    /// What its lines hold.
    pub fn holdings(&self) -> impl Iterator<Item = Holding> + '_ {
        self.lines.iter().map(|line| Holding {
            variant: line.variant,
            units: line.quantity,
            place: line.hold.place(),
        })
    }

    /// What its lines cost, prices including tax; zero of the euro while it is empty.
    pub fn subtotal(&self) -> Result<Money, MoneyError> {
        let currency = self.currency.unwrap_or(Currency::EUR);
        Money::sum(
            currency,
            self.lines
                .iter()
                .map(|line| Money::new(line.unit_price, currency).times(line.quantity))
                .collect::<Result<Vec<_>, _>>()?,
        )
    }

    /// Its status, with its lifetime counted in: the sweeper may not have been there yet.
    pub fn status_at(&self, now: Timestamp) -> CartStatus {
        if self.status == CartStatus::Active && self.expires_at <= now {
            CartStatus::Expired
        } else {
            self.status
        }
    }

    /// When the sweeper has to look at it: at the end of its holds, else at the end of its life. An empty one has nothing to give back.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.status {
            CartStatus::Active if self.lines.is_empty() => None,
            CartStatus::Active => Some(self.held_until.unwrap_or(self.expires_at)),
            // The order's due time looks after it.
            CartStatus::Checkout | CartStatus::Completed | CartStatus::Expired => None,
        }
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

    fn give_up_lapsed(&mut self, now: Timestamp) {
        if self.held_until.is_some_and(|end| end <= now) {
            self.release_all();
        }
    }

    fn release_all(&mut self) {
        for line in &mut self.lines {
            line.hold = line.hold.on(HoldEvent::Release).unwrap_or(line.hold);
        }
        self.held_until = None;
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

fn checked_quantity(quantity: u32) -> Result<u32, CartError> {
    if (1..=MAX_QUANTITY).contains(&quantity) { Ok(quantity) } else { Err(CartError::Quantity) }
}
