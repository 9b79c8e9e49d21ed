//! What an order waits for, and what it has waited for for too long.

use std::time::Duration;

use super::{Difference, DifferenceKind, QUIET, SETTLED, STUCK, Seen, compare::shown};
use crate::{
    Timestamp,
    order::{Order, OrderStatus, RefundAsked},
    payment::PaymentState,
    settlement::{MoveKind, Waiting},
};

/// Something that is to happen to an order.
struct Wait {
    /// What it is when it does not.
    kind: DifferenceKind,
    since: Timestamp,
    /// How long it may take.
    within: Duration,
    expected: String,
    found: String,
}

impl Wait {
    fn is_too_long(&self, now: Timestamp) -> bool {
        self.since + self.within <= now
    }
}

/// What of an order is to be given back now: nothing while its buyer's bank has the money.
pub(super) fn refunds_due(order: &Order) -> impl Iterator<Item = &RefundAsked> {
    let disputed = order.payment.state == PaymentState::Disputed;
    order.refunds.iter().filter(move |one| one.done_at.is_none() && !disputed)
}

impl Seen<'_> {
    /// Whether money of the order is on its way: what is said of it may differ for a while. An order that has seen no money is not under way, whatever happens
    /// to it; and what waits for a vendor is tried again and again, which is no news.
    pub fn is_under_way(&self) -> bool {
        if !self.order.payment.state.was_captured() && self.stripe.charge.is_none() {
            return false;
        }
        let shares = self.settlements.iter().filter(|one| one.waiting.is_none());
        let changed = shares.map(|one| one.updated_at).chain([self.order.updated_at]).max();
        let waits = self.waits();
        let mut waits = waits.iter().filter(|wait| wait.since <= self.at);
        changed.is_some_and(|at| at + QUIET > self.at) || waits.any(|wait| !wait.is_too_long(self.at))
    }

    /// What the order has waited for for too long, whether it is under way or not.
    pub fn stuck(&self) -> Vec<Difference> {
        let about = self.order.id.to_string();
        let waits = self.waits().into_iter().chain(self.unsettled());
        let stuck = waits.filter(|wait| wait.is_too_long(self.at));
        stuck
            .map(|wait| Difference {
                kind: wait.kind,
                about: about.clone(),
                expected: wait.expected,
                found: wait.found,
            })
            .collect()
    }

    /// Whether nothing of its money moves, nor is to.
    pub(super) fn is_at_rest(&self) -> bool {
        !self.is_under_way() && self.waits().is_empty()
    }

    fn waits(&self) -> Vec<Wait> {
        let mut waits = self.refunds();
        waits.extend(self.moves());
        waits.extend(self.next_status());
        waits
    }

    fn refunds(&self) -> Vec<Wait> {
        let (order, decided) = (self.order, self.decided_at());
        let wait = |since, expected, found| {
            let (kind, within) = (DifferenceKind::RefundStuck, STUCK);
            Wait { kind, since, within, expected, found }
        };
        let asked = |one: &RefundAsked| {
            let found = format!("asked for at {}", one.asked_at);
            wait(one.asked_at.max(decided), shown(order.money(one.amount)), found)
        };
        let mut waits: Vec<_> = refunds_due(order).map(asked).collect();
        if order.owes_its_buyer() && order.refund_due().is_none() {
            let left = order.totals.total - order.asked_back();
            waits.push(wait(order.updated_at, shown(order.money(left)), "not asked for".to_owned()));
        }
        if let Some(at) = order.refund_doubted_at {
            waits.push(wait(at, "a look at its refunds".to_owned(), format!("one came back at {at}")));
        }
        waits
    }

    fn moves(&self) -> Vec<Wait> {
        let open = self.settlements.iter().filter_map(|one| Some((one, one.open_move()?)));
        open.map(|(settlement, open)| {
            let way = if open.kind == MoveKind::Transfer { "to" } else { "back from" };
            Wait {
                kind: DifferenceKind::MoveStuck,
                since: open.asked_at,
                within: STUCK,
                expected: format!("{} {way} {}", shown(self.order.money(open.amount)), settlement.vendor_id),
                found: format!("asked for at {}", open.asked_at),
            }
        })
        .collect()
    }

    /// Shares that are to come back once their charges have settled.
    fn unsettled(&self) -> Vec<Wait> {
        let asked = self.order.refunds.iter().map(|one| one.asked_at).max().unwrap_or_default();
        let waiting = self.settlements.iter().filter(|one| one.waiting == Some(Waiting::NotSettled));
        waiting
            .map(|one| Wait {
                kind: DifferenceKind::MoveStuck,
                since: one.created_at.max(asked).max(self.decided_at()),
                within: SETTLED,
                expected: format!(
                    "{} back from {}",
                    shown(self.order.money(one.paid() - one.owed())),
                    one.vendor_id
                ),
                found: "its charge has not settled".to_owned(),
            })
            .collect()
    }

    /// What is to become of an order that is paid, or was not in time.
    fn next_status(&self) -> Option<Wait> {
        let order = self.order;
        let (since, within, expected) = match order.status {
            OrderStatus::Paid | OrderStatus::InventoryUnavailable => {
                (order.updated_at, QUIET, OrderStatus::Confirmed)
            }
            _ if order.is_unpaid() => (order.held_until, STUCK, OrderStatus::Cancelled),
            _ => return None,
        };
        let (expected, found) = (expected.as_str().to_owned(), order.status.as_str().to_owned());
        Some(Wait { kind: DifferenceKind::OrderStuck, since, within, expected, found })
    }

    /// When the latest of its disputes was decided: what had waited for that goes on from then.
    fn decided_at(&self) -> Timestamp {
        let decided = self.order.disputes.iter().filter_map(|one| one.decided.as_ref());
        decided.map(|one| one.decided_at).max().unwrap_or_default()
    }
}
