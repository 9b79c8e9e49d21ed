//! What of an open cart is not any more as it was when it was put there.

use serde::Serialize;
use utoipa::ToSchema;

use super::CartLine;
use crate::{Money, hold::Hold, variant::Variant};

/// What checkout would refuse a line for, under the same code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Notice {
    /// It costs something else now; putting more of it in, or setting its quantity, takes the new price.
    PriceChanged { was: Money, now: Money },
    /// It is held no more, and so many are available.
    InsufficientStock { available: i64 },
    /// It is not for sale any more.
    ProductUnavailable,
}

impl CartLine {
    /// What is different of a line, by its variant as it is now. Units that are set aside for it are its own until somebody gives them up, though their time
    /// may be over: checkout takes them.
    pub fn notices(&self, variant: Option<&Variant>) -> Vec<Notice> {
        let Some(variant) = variant.filter(|variant| variant.sellable) else {
            return vec![Notice::ProductUnavailable];
        };
        let mut notices = Vec::new();
        if variant.price.amount != self.unit_price {
            let was = Money::new(self.unit_price, variant.price.currency);
            notices.push(Notice::PriceChanged { was, now: variant.price });
        }
        if self.hold != Hold::Soft && variant.stock.available < i64::from(self.quantity) {
            notices.push(Notice::InsufficientStock { available: variant.stock.available });
        }
        notices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cart::testing::{variant, with};

    #[test]
    fn a_line_tells_what_checkout_would_refuse_it_for() {
        let cart = with(&[(1, 2)]);
        let [line] = cart.lines.as_slice() else { panic!("one line") };
        let given_up = CartLine { hold: Hold::Released, ..line.clone() };
        let mut now = variant(1, 1, "EUR");
        assert_eq!(line.notices(Some(&now)), []);
        now.stock.available = 1;
        assert_eq!(line.notices(Some(&now)), []);
        assert_eq!(given_up.notices(Some(&now)), [Notice::InsufficientStock { available: 1 }]);
        now.stock.available = 2;
        now.price.amount = 1_250;
        let was = Money::new(1_000, now.price.currency);
        assert_eq!(given_up.notices(Some(&now)), [Notice::PriceChanged { was, now: now.price }]);
        now.sellable = false;
        assert_eq!(line.notices(Some(&now)), [Notice::ProductUnavailable]);
        assert_eq!(line.notices(None), [Notice::ProductUnavailable]);
    }
}
