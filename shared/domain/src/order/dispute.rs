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
mod tests {
    use super::*;
    use crate::{
        Id, VendorId,
        cart::testing::at,
        ledger::Account,
        order::{RefundRequest, testing::confirmed},
    };

    /// Two vendors' goods for 80.00 and 20.00, sent for 5.00 each.
    fn bought() -> Order {
        confirmed(&[(1, 2_000, 4), (2, 2_000, 1)], 500, "EUR").order
    }

    fn told(verdict: Option<Verdict>) -> DisputeReport {
        DisputeReport { id: "dp_1".to_owned(), amount: 11_000, fee: 2_000, verdict }
    }

    fn step(order: &Order, report: &DisputeReport) -> Option<(Order, Transaction)> {
        order.disputed(report, LedgerTransactionId::from_bits(9), at(20)).unwrap()
    }

    fn of(posted: &Transaction, account: Account) -> i64 {
        posted.change_of(account).amount
    }

    #[test]
    fn one_that_is_won_leaves_its_fee() {
        let (open, posted) = step(&bought(), &told(None)).unwrap();
        assert_eq!(open.payment.state, PaymentState::Disputed);
        assert_eq!((of(&posted, Account::Disputes), of(&posted, Account::StripeFees)), (-11_000, -2_000));
        assert!(step(&open, &told(None)).is_none(), "a repeat");
        let (won, posted) = step(&open, &told(Some(Verdict::Won))).unwrap();
        assert_eq!((won.payment.state, posted.kind), (PaymentState::Captured, Kind::DisputeWon));
        assert_eq!((of(&posted, Account::Disputes), of(&posted, Account::StripeFees)), (11_000, 0));
        assert_eq!(won.shipments, bought().shipments);
        assert!(step(&won, &told(None)).is_none(), "what comes late");
    }

    #[test]
    fn one_that_is_lost_takes_back_what_was_shared_out() {
        let (open, _) = step(&bought(), &told(None)).unwrap();
        let (lost, posted) = step(&open, &told(Some(Verdict::Lost))).unwrap();
        assert_eq!((lost.payment.state, posted.kind), (PaymentState::Lost, Kind::DisputeLost));
        let payable = |n| of(&posted, Account::VendorPayable(VendorId::from_bits(n)));
        assert_eq!((payable(1), payable(2)), (-7_700, -2_300));
        assert_eq!((of(&posted, Account::PlatformRevenue), of(&posted, Account::Disputes)), (-1_000, 11_000));
        assert!(lost.lines.iter().all(|line| line.refunded == line.quantity));
        assert_eq!(lost.refunds, []);
    }

    #[test]
    fn a_verdict_that_comes_first_posts_all_of_it() {
        let (lost, posted) = step(&bought(), &told(Some(Verdict::Lost))).unwrap();
        assert_eq!(of(&posted, Account::Disputes), 0);
        assert_eq!(of(&posted, Account::StripeClearing), 11_000 + 2_000);
        assert_eq!(lost.payment.state, PaymentState::Lost);
        assert!(step(&lost, &told(None)).is_none());
    }

    #[test]
    fn what_was_owed_to_the_buyer_anyway_is_lost_first() {
        let line = bought().lines[0].id;
        let request = RefundRequest { lines: [(line, 1)].into(), ..RefundRequest::default() };
        let asked =
            bought().refunding(&request, None, LedgerTransactionId::from_bits(2), at(10)).unwrap().order;
        let (lost, posted) = step(&asked, &told(Some(Verdict::Lost))).unwrap();
        assert_eq!(of(&posted, Account::Refunds), -2_000);
        assert_eq!(of(&posted, Account::VendorPayable(VendorId::from_bits(1))), -5_400 - 500);
        assert_eq!(lost.refund_due(), None);
        assert!(!lost.refunds[0].was_given());
    }

    #[test]
    fn of_what_is_owed_to_the_buyer_a_part_may_be_lost() {
        let order = Order { confirmed_at: None, ..bought() };
        let (owing, _) = order.asking_all_back(LedgerTransactionId::from_bits(2), at(10)).unwrap();
        let report = DisputeReport { amount: 2_000, ..told(Some(Verdict::Lost)) };
        let (lost, posted) = step(&owing, &report).unwrap();
        assert_eq!((of(&posted, Account::Refunds), of(&posted, Account::PlatformRevenue)), (-2_000, 0));
        assert_eq!(lost.shipments, owing.shipments);
        let [by_its_bank, due] = &lost.refunds[..] else { panic!("{:?}", lost.refunds) };
        assert_eq!((by_its_bank.amount, by_its_bank.was_given(), due.amount), (2_000, false, 9_000));
        assert_ne!(by_its_bank.id, due.id);
        assert_eq!(lost.refund_due(), Some(due));
    }

    #[test]
    fn the_platform_loses_what_goes_beyond_the_sale() {
        let line = bought().lines[0].id;
        let request = RefundRequest { lines: [(line, 1)].into(), ..RefundRequest::default() };
        let asked =
            bought().refunding(&request, None, LedgerTransactionId::from_bits(2), at(10)).unwrap().order;
        let given = &asked.refunds[0];
        let (given, _) = asked.refunded(given, LedgerTransactionId::from_bits(3), at(11)).unwrap();
        let (_, posted) = step(&given, &told(Some(Verdict::Lost))).unwrap();
        // Of 110.00 that the bank took, 20.00 had gone back before; a tenth of the other 80.00 in goods was commission.
        assert_eq!(of(&posted, Account::PlatformRevenue), -2_000 - 800);
        assert_eq!(of(&posted, Account::Disputes), 0);
    }

    #[test]
    fn another_part_may_be_disputed_after_one_is_lost() {
        let first = DisputeReport { amount: 1_100, ..told(Some(Verdict::Lost)) };
        let (lost, _) = step(&bought(), &first).unwrap();
        let second = DisputeReport { id: "dp_2".to_owned(), amount: 9_900, ..told(None) };
        let (open, _) = step(&lost, &second).unwrap();
        assert_eq!(open.payment.state, PaymentState::Disputed);
        let (lost, posted) = step(&open, &DisputeReport { verdict: Some(Verdict::Lost), ..second }).unwrap();
        assert_eq!((lost.payment.state, of(&posted, Account::Disputes)), (PaymentState::Lost, 9_900));
        assert!(lost.shipments.iter().all(|part| part.left() == 0));
    }

    #[test]
    fn a_part_that_is_lost_is_shared_by_what_is_left_of_each() {
        let report = DisputeReport { amount: 1_100, ..told(Some(Verdict::Lost)) };
        let (lost, posted) = step(&bought(), &report).unwrap();
        assert_eq!(lost.shipments.iter().map(|part| part.items_refunded).collect::<Vec<_>>(), [850, 250]);
        assert_eq!(of(&posted, Account::PlatformRevenue), -85 - 25);
        assert!(lost.lines.iter().all(|line| line.refunded == 0));
    }

    #[test]
    fn what_was_not_paid_is_not_disputed() {
        let mut order = bought();
        order.payment.state = PaymentState::Created;
        assert!(order.disputed(&told(None), LedgerTransactionId::from_bits(9), at(20)).is_err());
    }
}
