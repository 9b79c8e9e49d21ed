//! Disputes: a buyer's bank takes the money back, and says later who keeps it. Source: <https://docs.stripe.com/disputes/how-disputes-work>.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Order, OrderShipment, RefundAsked, StepError};
use crate::{
    LedgerTransactionId, Timestamp,
    ledger::{Kind, TakenBack, Transaction, entries},
    payment::{PaymentEvent, PaymentState},
    split,
};

/// A dispute of an order's payment, in minor units of the order's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Stripe's id, `dp_…`.
    pub id: String,
    /// What the buyer's bank took.
    pub amount: i64,
    /// What Stripe took for it.
    #[serde(default)]
    pub fee: i64,
    pub opened_at: Timestamp,
    #[serde(flatten)]
    pub decided: Option<Decided>,
}

impl Dispute {
    /// Whether the buyer keeps what its bank took.
    pub fn is_lost(&self) -> bool {
        self.decided.as_ref().is_some_and(|decided| decided.verdict == Verdict::Lost)
    }
}

/// How a dispute ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    pub verdict: Verdict,
    pub decided_at: Timestamp,
}

/// Who keeps the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The platform has it back.
    Won,
    /// The buyer keeps it.
    Lost,
}

/// What Stripe says of a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeReport {
    pub id: String,
    /// Above zero.
    pub amount: i64,
    /// What Stripe has taken for it so far.
    pub fee: i64,
    /// None while it is open.
    pub verdict: Option<Verdict>,
}

impl Order {
    /// What is left of a charge for its buyer's bank to take: what was not given back.
    pub fn disputable(&self) -> i64 {
        let back = self.refunds.iter().filter(|refund| refund.was_given());
        self.totals.total - back.map(|refund| refund.amount).sum::<i64>()
    }

    /// What the buyer's bank keeps beyond what is left of the sale: more than was paid has gone to the buyer by that, as far as we know, and the platform
    /// bears it.
    pub(super) fn lost_beyond_the_sale(&self) -> i64 {
        let lost: i64 = self.disputes.iter().filter(|one| one.is_lost()).map(|one| one.amount).sum();
        // Without what was owed and then lost.
        let owed = self.refunds.iter().filter(|refund| refund.may_fail());
        let left: i64 = match self.confirmed_at {
            Some(_) => self.shipments.iter().map(OrderShipment::left).sum(),
            None => 0,
        };
        let all = lost + owed.map(|refund| refund.amount).sum::<i64>() + left;
        (all - self.totals.total).max(0)
    }

    /// Writes down what Stripe says of a dispute, and posts it; none where the order says so already. Reports may come in any order.
    ///
    /// What is lost was first owed to the buyer anyway, where something was; the rest is taken back of what was shared out.
    ///
    /// # Errors
    /// [`StepError::Illegal`] where the order was not paid.
    pub fn disputed(
        &self,
        report: &DisputeReport,
        ledger_id: LedgerTransactionId,
        now: Timestamp,
    ) -> Result<Option<(Self, Transaction)>, StepError> {
        let mut next = Self { updated_at: now, version: self.version + 1, ..self.clone() };
        let (mut kind, mut posted) = (Kind::Dispute, Vec::new());
        let at = match next.disputes.iter().position(|known| known.id == report.id) {
            Some(at) => at,
            None => {
                next.payment.state = self.payment.state.on(PaymentEvent::Disputed)?;
                posted.extend(entries::dispute(report.amount, 0));
                let (id, amount) = (report.id.clone(), report.amount);
                next.disputes.push(Dispute { id, amount, fee: 0, opened_at: now, decided: None });
                next.disputes.len() - 1
            }
        };
        let mut decided = None;
        if let Some(known) = next.disputes.get_mut(at) {
            let fee = (report.fee - known.fee).max(0);
            posted.extend(entries::fee(fee));
            known.fee += fee;
            if let (None, Some(verdict)) = (&known.decided, report.verdict) {
                known.decided = Some(Decided { verdict, decided_at: now });
                decided = Some((verdict, known.amount));
            }
        }
        match decided {
            Some((Verdict::Won, amount)) => {
                next.payment.state = next.after_a_decision()?;
                posted.extend(entries::dispute_won(amount));
                kind = Kind::DisputeWon;
            }
            Some((Verdict::Lost, amount)) => {
                next.payment.state = next.after_a_decision()?;
                posted.extend(next.lose(amount, &report.id, now));
                kind = Kind::DisputeLost;
            }
            None => {}
        }
        if posted.is_empty() {
            return Ok(None);
        }
        let ledger = Transaction::balanced(ledger_id, kind, self.id, self.currency, posted, now)?;
        Ok(Some((next, ledger)))
    }

    /// Where the payment stands when one of its disputes was decided: others may still be open.
    fn after_a_decision(&self) -> Result<PaymentState, StepError> {
        let verdicts = || self.disputes.iter().map(|one| one.decided.as_ref().map(|decided| decided.verdict));
        let event = if verdicts().any(|verdict| verdict.is_none()) {
            PaymentEvent::Disputed
        } else if verdicts().any(|verdict| verdict == Some(Verdict::Lost)) {
            PaymentEvent::DisputeLost
        } else {
            PaymentEvent::DisputeWon
        };
        Ok(self.payment.state.on(event)?)
    }

    /// The buyer keeps an amount: refunds that were not given count as given by its bank, and the rest is taken back of the parts that were shared out, of
    /// each in proportion to what is left of it. What goes beyond that the platform loses.
    fn lose(&mut self, amount: i64, dispute: &str, now: Timestamp) -> Vec<crate::ledger::Entry> {
        let mut left = amount;
        let mut owed = 0;
        let mut still_due = Vec::new();
        for refund in self.refunds.iter_mut().filter(|refund| refund.done_at.is_none()) {
            let taken = refund.amount.min(left);
            if taken == 0 {
                break;
            }
            if taken < refund.amount {
                // The rest is asked for anew: what Stripe keeps under the old key is another amount.
                let (id, amount) = (format!("{}:{dispute}", refund.id), refund.amount - taken);
                still_due.push(RefundAsked { id, amount, asked_at: now, ..refund.clone() });
            }
            left -= taken;
            owed += taken;
            refund.amount = taken;
            refund.done_at = Some(now);
            refund.dispute_id = Some(dispute.to_owned());
        }
        self.refunds.extend(still_due);
        let before: Vec<_> = self.shipments.iter().map(OrderShipment::refunded).collect();
        let shared_out = self.confirmed_at.is_some();
        let weight = |part: &OrderShipment| if shared_out { part.left().max(0) } else { 0 };
        let all: i64 = self.shipments.iter().map(weight).sum();
        let weights: Vec<u64> = self.shipments.iter().map(|part| weight(part).unsigned_abs()).collect();
        for (part, lost) in self.shipments.iter_mut().zip(split::by_weight(left.min(all), &weights)) {
            let of_items = lost.min(part.items_total - part.items_refunded);
            part.items_refunded += of_items;
            part.shipping_refunded += lost - of_items;
        }
        if shared_out && left >= all {
            self.lines.iter_mut().for_each(|line| line.refunded = line.quantity);
        }
        let parts = before.into_iter().zip(&self.shipments);
        let parts: Vec<_> =
            parts.map(|(before, part)| TakenBack { before, after: part.refunded() }).collect();
        entries::dispute_lost(owed, &parts, (left - all).max(0))
    }
}

#[cfg(test)]
mod tests;
