//! Orders that are paid and will not be filled, in part or as a whole; and those that were paid late and will be.

use super::{CancelReason, Order, OrderEvent, OrderStatus, StepError};
use crate::{
    IllegalTransition, LedgerTransactionId, Timestamp,
    hold::HoldEvent,
    ledger::Transaction,
    payment::PaymentState,
    shipment::{Shipment, ShipmentStatus},
};

/// All that becomes true in the one transaction that takes parcels of a confirmed order back.
#[derive(Clone, Debug)]
pub struct Withdrawn {
    pub order: Order,
    /// The parcels, cancelled, in the order in which they were given.
    pub shipments: Vec<Shipment>,
    /// What is posted for them; none where all of it had been refunded before.
    pub ledger: Option<Transaction>,
}

impl Order {
    /// Takes parcels of a confirmed order back before they leave the house: their goods go back on the shelf, their money to the buyer, and what was shared
    /// out for them is taken back. An order of which no parcel is left is cancelled, for this reason.
    ///
    /// # Errors
    /// [`StepError::Illegal`] where one of them has left the house.
    pub fn withdrawn(
        &self,
        shipments: &[Shipment],
        reason: CancelReason,
        ledger_id: LedgerTransactionId,
        now: Timestamp,
    ) -> Result<Withdrawn, StepError> {
        let shipments =
            shipments.iter().map(Shipment::cancelled).collect::<Result<Vec<_>, IllegalTransition>>()?;
        let already = IllegalTransition { machine: "order", state: self.status.as_str(), event: "withdraw" };
        let mut order = self.following(&shipments, now).ok_or(already)?;
        for part in order.shipments.iter_mut().filter(|part| shipments.iter().any(|one| one.id == part.id)) {
            part.items_refunded = part.items_total;
            part.shipping_refunded = part.shipping_total;
        }
        for line in &mut order.lines {
            if shipments.iter().any(|shipment| shipment.vendor_id == line.variant.vendor_id) {
                line.refunded = line.quantity;
            }
        }
        if order.status == OrderStatus::Cancelled {
            order.cancelled_at = Some(now);
            order.cancel_reason = Some(reason);
        }
        // What was refunded of it before stays so; nothing of it is left to take back where all was.
        let parts = self.taken_back_by(&order);
        let ledger =
            if parts.is_empty() { None } else { Some(order.take_back(&parts, ledger_id, None, now)?) };
        Ok(Withdrawn { order, shipments, ledger })
    }

    /// Ends an order that was paid and not confirmed yet: what it held goes back on the shelf, and all of the money to the buyer.
    pub fn called_off(
        &self,
        reason: CancelReason,
        ledger_id: LedgerTransactionId,
        now: Timestamp,
    ) -> Result<(Self, Transaction), StepError> {
        let mut next = self.stepped(OrderEvent::Cancelled, now)?;
        next.end(reason, now);
        next.hold = self.hold.on(HoldEvent::Release)?;
        let ledger = next.owe_all(ledger_id, now)?;
        Ok((next, ledger))
    }

    /// Ends a paid order whose goods can't be had.
    pub fn out_of_stock(
        &self,
        ledger_id: LedgerTransactionId,
        now: Timestamp,
    ) -> Result<(Self, Transaction), StepError> {
        let missing = self.stepped(OrderEvent::StockMissing, now)?;
        let (ended, ledger) = missing.called_off(CancelReason::OutOfStock, ledger_id, now)?;
        Ok((Self { version: self.version + 1, ..ended }, ledger))
    }

    /// Whether an order that was paid after its end may be filled after all: its holds had lapsed, and nobody had called it off.
    pub fn may_revive(&self) -> bool {
        let lapsed = matches!(
            self.cancel_reason,
            Some(CancelReason::Unpaid | CancelReason::PaymentCancelled | CancelReason::PaymentRefused)
        );
        self.status == OrderStatus::Cancelled
            && self.payment.state == PaymentState::Captured
            && self.confirmed_at.is_none()
            && self.refunds.is_empty()
            && lapsed
    }

    /// An order that was paid after its holds had lapsed, with its goods held again.
    pub fn revived(&self, now: Timestamp) -> Result<Self, IllegalTransition> {
        let mut next = self.stepped(OrderEvent::Revived, now)?;
        next.hold = self.hold.on(HoldEvent::Allocate)?;
        next.cancelled_at = None;
        next.cancel_reason = None;
        for part in &mut next.shipments {
            part.status = ShipmentStatus::Pending;
        }
        Ok(next)
    }

    /// Notes who ended it and when; none of its parcels will be sent.
    pub(super) fn end(&mut self, reason: CancelReason, now: Timestamp) {
        self.cancelled_at = Some(now);
        self.cancel_reason = Some(reason);
        for part in &mut self.shipments {
            part.status = ShipmentStatus::Cancelled;
        }
    }
}
