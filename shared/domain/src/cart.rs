//! Carts: what a customer is about to buy, and the soft holds on it.
//!
//! A change is a pure function from a cart to the next one; the stock that it moves is the difference of both
//! ([`Cart::moves_to`]). **Invariant:** a line is `SOFT` while its units are reserved, and all soft holds of a cart end together,
//! at `held_until`, which slides with each change. A change after that time first gives up what has lapsed.

mod change;
mod course;
mod notice;
mod status;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

pub use notice::Notice;
pub use status::{CartEvent, CartStatus};

use crate::{
    CartId, Currency, CustomerId, LineId, Money, OrderId, Tenant, Timestamp, VendorId,
    hold::Hold,
    money::MoneyError,
    moves::{Holding, Moves},
    tax::TaxRate,
    text::{Name, Sku},
    variant::VariantRef,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<u32>,
    pub hold: Hold,
    /// Over how many stripes its variant was spread when the line was last changed.
    #[serde(default, skip_serializing_if = "is_unstriped")]
    pub stripes: u8,
    pub added_at: Timestamp,
}

/// Lines of what is sold from the variant's own item say nothing of stripes.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn is_unstriped(stripes: &u8) -> bool {
    *stripes == 0
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
    /// The vendor does not send its goods there, or none so heavy.
    #[error("{0} does not send this there")]
    NotShipped(VendorId),
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
            stripes: line.stripes,
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

    /// The tax within what its lines cost, in minor units of its currency, rounded once per vendor and rate as an order's is.
    pub fn tax(&self) -> i64 {
        let mut by_rate: BTreeMap<(VendorId, TaxRate), i64> = BTreeMap::new();
        for line in &self.lines {
            let gross = line.unit_price * i64::from(line.quantity);
            *by_rate.entry((line.variant.vendor_id, line.tax_rate)).or_default() += gross;
        }
        by_rate.iter().map(|((_, rate), gross)| rate.within(*gross)).sum()
    }

    /// Whether who asks may have it: a customer's cart is that customer's alone, a guest's is whose who knows its id.
    pub fn answers_to(&self, customer: Option<CustomerId>) -> bool {
        self.customer_id.is_none() || self.customer_id == customer
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
}
