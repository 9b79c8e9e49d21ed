//! What goes back of what was paid: asked for in the change that gives the reason, and done by whoever sees it first.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Order, OrderStatus};
use crate::{Timestamp, payment::PaymentState};

/// How much of what was paid went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refund {
    #[default]
    None,
    Partial,
    Full,
}

/// A part of what was paid that goes back, in minor units of the order's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundAsked {
    /// Tells it from the order's others: part of its key at Stripe, so that it is given once.
    pub id: String,
    pub amount: i64,
    pub asked_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
}

impl Order {
    /// The next part that has to go back.
    pub fn refund_due(&self) -> Option<&RefundAsked> {
        self.refunds.iter().find(|refund| refund.done_at.is_none())
    }

    /// Whether the buyer is owed money, asked for or not: nobody keeps what an order was paid that will not be filled (rule 3).
    pub fn owes_its_buyer(&self) -> bool {
        let unasked = self.status == OrderStatus::Cancelled
            && self.payment.state == PaymentState::Captured
            && self.asked_back() < self.totals.total;
        unasked || self.refund_due().is_some()
    }

    /// The order when all of what was paid and not asked for yet has been asked for.
    pub fn asking_all_back(&self, id: &str, now: Timestamp) -> Self {
        let mut next = Self { updated_at: now, version: self.version + 1, ..self.clone() };
        next.ask_back(id.to_owned(), self.totals.total - self.asked_back(), now);
        next
    }

    /// The order when a part has gone back.
    pub fn refunded(&self, id: &str, now: Timestamp) -> Self {
        let mut next = Self { updated_at: now, version: self.version + 1, ..self.clone() };
        for refund in next.refunds.iter_mut().filter(|refund| refund.id == id) {
            refund.done_at.get_or_insert(now);
        }
        let back: i64 =
            next.refunds.iter().filter(|refund| refund.done_at.is_some()).map(|refund| refund.amount).sum();
        next.refund = if back >= next.totals.total { Refund::Full } else { Refund::Partial };
        next
    }

    pub(super) fn ask_back(&mut self, id: String, amount: i64, now: Timestamp) {
        if amount > 0 {
            self.refunds.push(RefundAsked { id, amount, asked_at: now, done_at: None });
        }
    }

    fn asked_back(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }
}
