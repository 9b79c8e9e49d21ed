//! What time and its order do to a cart: holds lapse, its life ends, it becomes an order, it is given back.

use super::{Cart, CartError, CartStatus, LIFETIME};
use crate::{OrderId, Timestamp, hold::HoldEvent};

impl Cart {
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

    pub(super) fn give_up_lapsed(&mut self, now: Timestamp) {
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
}
