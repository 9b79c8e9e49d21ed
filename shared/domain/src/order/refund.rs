//! What goes back of what was paid: asked for in the change that gives the reason, and done by whoever sees it first.

mod failed;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Order, OrderStatus};
use crate::{
    LedgerTransactionId, LineId, ShipmentId, Timestamp, VendorId,
    ledger::{Kind, TakenBack, Transaction, Unbalanced, entries},
    payment::PaymentState,
    text::Text,
};

/// The most refunds of one order.
pub const MAX_REFUNDS: usize = 100;

/// How much of what was paid went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refund {
    #[default]
    None,
    Partial,
    Full,
}

impl Refund {
    /// How much `back` is of what was paid.
    pub fn of(back: i64, paid: i64) -> Self {
        match back {
            0 => Self::None,
            back if back == paid => Self::Full,
            _ => Self::Partial,
        }
    }
}

/// A part of what was paid that goes back, in minor units of the order's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundAsked {
    /// Tells it from the order's others: part of its key at Stripe, so that it is given once.
    pub id: String,
    pub amount: i64,
    /// Why, in the words of who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<200>>,
    pub asked_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// The dispute by which the buyer's bank took it, where we did not give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute_id: Option<String>,
    /// When we saw that what was given had come back to us; it is asked for anew, as another refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// When we gave up asking Stripe for it: it is owed, and somebody has to find another way to the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up_at: Option<Timestamp>,
}

impl RefundAsked {
    fn new(id: LedgerTransactionId, amount: i64, reason: Option<Text<200>>, now: Timestamp) -> Self {
        let id = id.to_string();
        Self {
            id,
            amount,
            reason,
            asked_at: now,
            done_at: None,
            dispute_id: None,
            failed_at: None,
            given_up_at: None,
        }
    }

    /// Whether Stripe has given it back, and the buyer has it.
    pub fn was_given(&self) -> bool {
        self.done_at.is_some() && self.may_fail()
    }

    /// Whether it may turn out to have failed at Stripe, whatever we know of it.
    pub fn may_fail(&self) -> bool {
        self.dispute_id.is_none() && self.failed_at.is_none()
    }
}

/// What of a confirmed order is to go back: units of its lines, at what they were sold for, and what was taken for sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefundRequest {
    pub lines: BTreeMap<LineId, u32>,
    /// In minor units of the order's currency, by parcel.
    pub shipping: BTreeMap<ShipmentId, i64>,
    pub reason: Option<Text<200>>,
}

/// Why it does not go back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    #[error("only what was paid and confirmed is refunded")]
    NotConfirmed,
    /// Its buyer's bank has the money, or asks for it.
    #[error("the payment is disputed")]
    Disputed,
    #[error("nothing was asked for")]
    Nothing,
    #[error("no such line or parcel")]
    NotOfTheOrder,
    /// Of this line no more than that is left.
    #[error("only {left} of {line} are left to refund")]
    Units { line: LineId, left: u32 },
    /// Of what was taken for sending this parcel no more than that is left.
    #[error("only {left} of what was taken for sending {parcel} is left to refund")]
    Shipping { parcel: ShipmentId, left: i64 },
    #[error("an order is refunded a hundred times at most")]
    TooOften,
    #[error(transparent)]
    Ledger(#[from] Unbalanced),
}

/// All that becomes true in the one transaction that asks for a refund.
#[derive(Clone, Debug)]
pub struct Refunded {
    pub order: Order,
    /// What is taken back of what was shared out.
    pub ledger: Transaction,
}

impl Order {
    /// Takes back what was shared out for units and for sending, and owes it to the buyer; of `only`'s part alone where that is a vendor.
    pub fn refunding(
        &self,
        request: &RefundRequest,
        only: Option<VendorId>,
        ledger_id: LedgerTransactionId,
        now: Timestamp,
    ) -> Result<Refunded, RefundError> {
        match self.payment.state {
            PaymentState::Captured if self.confirmed_at.is_some() => {}
            PaymentState::Disputed | PaymentState::Lost => return Err(RefundError::Disputed),
            _ => return Err(RefundError::NotConfirmed),
        }
        if self.refunds.len() >= MAX_REFUNDS {
            return Err(RefundError::TooOften);
        }
        let mut next = Self { updated_at: now, version: self.version + 1, ..self.clone() };
        let theirs = |vendor: VendorId| only.is_none_or(|only| only == vendor);
        for (id, units) in &request.lines {
            let line = next.lines.iter_mut().find(|line| line.id == *id && theirs(line.variant.vendor_id));
            let line = line.ok_or(RefundError::NotOfTheOrder)?;
            let left = line.quantity - line.refunded;
            if *units > left {
                return Err(RefundError::Units { line: *id, left });
            }
            line.refunded += units;
            let (vendor, amount) = (line.variant.vendor_id, line.unit_price * i64::from(*units));
            for part in next.shipments.iter_mut().filter(|part| part.vendor_id == vendor) {
                part.items_refunded += amount;
            }
        }
        for (id, amount) in &request.shipping {
            let part = next.shipments.iter_mut().find(|part| part.id == *id && theirs(part.vendor_id));
            let part = part.ok_or(RefundError::NotOfTheOrder)?;
            let left = part.shipping_total - part.shipping_refunded;
            if !(0..=left).contains(amount) {
                return Err(RefundError::Shipping { parcel: *id, left });
            }
            part.shipping_refunded += amount;
        }
        let parts = self.taken_back_by(&next);
        if parts.is_empty() {
            return Err(RefundError::Nothing);
        }
        let ledger = next.take_back(&parts, ledger_id, request.reason.clone(), now)?;
        Ok(Refunded { order: next, ledger })
    }

    /// All that is left to refund, of `only`'s part alone where that is a vendor.
    pub fn all_that_is_left(&self, only: Option<VendorId>) -> RefundRequest {
        let theirs = |vendor: VendorId| only.is_none_or(|only| only == vendor);
        let lines =
            self.lines.iter().filter(|line| theirs(line.variant.vendor_id) && line.refunded < line.quantity);
        let parts = self
            .shipments
            .iter()
            .filter(|part| theirs(part.vendor_id) && part.shipping_refunded < part.shipping_total);
        RefundRequest {
            lines: lines.map(|line| (line.id, line.quantity - line.refunded)).collect(),
            shipping: parts.map(|part| (part.id, part.shipping_total - part.shipping_refunded)).collect(),
            reason: None,
        }
    }

    /// What of each parcel is refunded by a change, where something is.
    pub(super) fn taken_back_by(&self, next: &Self) -> Vec<TakenBack> {
        let parts = self.shipments.iter().zip(&next.shipments);
        let parts =
            parts.map(|(before, after)| TakenBack { before: before.refunded(), after: after.refunded() });
        parts.filter(|back| back.gross() != 0).collect()
    }

    /// Takes back what was shared out of these parts, and owes it to the buyer.
    pub(super) fn take_back(
        &mut self,
        parts: &[TakenBack],
        ledger_id: LedgerTransactionId,
        reason: Option<Text<200>>,
        now: Timestamp,
    ) -> Result<Transaction, Unbalanced> {
        let (kind, entries) = (Kind::Refund, entries::refund(parts));
        let ledger = Transaction::balanced(ledger_id, kind, self.id, self.currency, entries, now)?;
        let amount = parts.iter().map(TakenBack::gross).sum();
        self.refunds.push(RefundAsked::new(ledger_id, amount, reason, now));
        Ok(ledger)
    }

    /// The next part that has to go back, and may at Stripe.
    pub fn refund_due(&self) -> Option<&RefundAsked> {
        self.refunds.iter().find(|refund| refund.done_at.is_none() && refund.given_up_at.is_none())
    }

    /// The order when Stripe will never give a part back, for the buyer's bank has taken another: it is owed all the same.
    #[must_use]
    pub fn refund_given_up(&self, asked: &RefundAsked, now: Timestamp) -> Self {
        let mut next = Self { updated_at: now, version: self.version + 1, ..self.clone() };
        for refund in next.refunds.iter_mut().filter(|refund| refund.id == asked.id) {
            refund.given_up_at.get_or_insert(now);
        }
        next
    }

    /// Whether the buyer is owed money, asked for or not: nobody keeps what an order was paid that will not be filled (rule 3).
    pub fn owes_its_buyer(&self) -> bool {
        let unasked = self.status == OrderStatus::Cancelled
            && self.payment.state == PaymentState::Captured
            && self.asked_back() < self.totals.total;
        unasked || self.refund_due().is_some()
    }

    /// The order when all that came after its end has been asked back, and what is posted for that.
    pub fn asking_all_back(
        &self,
        ledger_id: LedgerTransactionId,
        now: Timestamp,
    ) -> Result<(Self, Transaction), Unbalanced> {
        let mut next = Self { updated_at: now, version: self.version + 1, ..self.clone() };
        let ledger = next.owe_all(ledger_id, now)?;
        Ok((next, ledger))
    }

    /// The order when a part has gone back, and what is posted for that.
    pub fn refunded(
        &self,
        asked: &RefundAsked,
        ledger_id: LedgerTransactionId,
        now: Timestamp,
    ) -> Result<(Self, Transaction), Unbalanced> {
        let mut next = Self { updated_at: now, version: self.version + 1, ..self.clone() };
        for refund in next.refunds.iter_mut().filter(|refund| refund.id == asked.id) {
            refund.done_at.get_or_insert(now);
        }
        next.refund = next.given();
        let (kind, entries) = (Kind::Repayment, entries::repayment(asked.amount));
        let ledger = Transaction::balanced(ledger_id, kind, self.id, self.currency, entries, now)?;
        Ok((next, ledger))
    }

    fn given(&self) -> Refund {
        Refund::of(self.totals.total - self.disputable(), self.totals.total)
    }

    /// Owes its buyer all that was paid: nothing of it was shared out.
    pub(super) fn owe_all(
        &mut self,
        ledger_id: LedgerTransactionId,
        now: Timestamp,
    ) -> Result<Transaction, Unbalanced> {
        let (kind, amount) = (Kind::Receipt, self.totals.total);
        let ledger =
            Transaction::balanced(ledger_id, kind, self.id, self.currency, entries::receipt(amount), now)?;
        self.refunds.push(RefundAsked::new(ledger_id, amount, None, now));
        Ok(ledger)
    }

    /// What is to go back or went back, or was lost to the buyer's bank instead; what failed and was asked for anew counts once.
    pub fn asked_back(&self) -> i64 {
        self.refunds.iter().filter(|refund| refund.failed_at.is_none()).map(|refund| refund.amount).sum()
    }
}

#[cfg(test)]
mod tests;
