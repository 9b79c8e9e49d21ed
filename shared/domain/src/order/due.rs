//! When the sweeper has to look at an order.

use std::time::Duration;

use super::{Order, OrderStatus};
use crate::{
    Timestamp,
    mail::{GONE_BY, REMIND_EACH},
    payment::PaymentState,
};

/// How long the events of a change have before the sweeper does their work.
const SOON: Duration = Duration::from_secs(120);
/// How often the sweeper runs.
const NEXT_RUN: Duration = Duration::from_secs(60);

impl Order {
    /// When the sweeper has to look at it, from its last change on: unpaid ones at the end of their holds, paid ones and those that owe their buyer money soon,
    /// those on their way each day, and what is at rest once more, when its mails must have gone.
    pub fn due_at(&self) -> Option<Timestamp> {
        if self.refund_doubted_at.is_some() {
            return self.refund_doubted_at;
        }
        match self.status {
            OrderStatus::Pending | OrderStatus::PaymentProcessing | OrderStatus::PaymentFailed => {
                Some(self.held_until)
            }
            OrderStatus::Paid | OrderStatus::InventoryUnavailable => Some(self.updated_at + SOON),
            _ if self.owes_its_buyer() => Some(self.updated_at + SOON),
            OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Shipped => {
                Some(self.updated_at.plus_days(1))
            }
            OrderStatus::Delivered | OrderStatus::Cancelled => Some(self.updated_at + GONE_BY),
        }
    }

    /// Whether nothing is left to do for it but to tell its buyer.
    pub fn is_at_rest(&self) -> bool {
        matches!(self.status, OrderStatus::Delivered | OrderStatus::Cancelled)
            && !self.owes_its_buyer()
            && self.refund_doubted_at.is_none()
            && self.payment.state != PaymentState::Disputed
    }

    /// When it has to be looked at after the sweeper has done at `now` what was to be done: parcels are under way for days, all else is looked at in
    /// the sweeper's next run. What is at rest is done with, unless something is `undone`, such as a mail that is still to go.
    pub fn due_after(&self, now: Timestamp, undone: bool) -> Option<Timestamp> {
        if self.is_at_rest() {
            let told = self.updated_at + GONE_BY;
            return if told > now { Some(told) } else { undone.then(|| now + REMIND_EACH) };
        }
        let under_way =
            matches!(self.status, OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Shipped);
        // What its buyer's bank decides, it takes weeks to decide.
        let disputed = self.payment.state == PaymentState::Disputed;
        let pace =
            if disputed || under_way && !self.owes_its_buyer() { now.plus_days(1) } else { now + NEXT_RUN };
        self.due_at().map(|at| at.max(pace))
    }
}
