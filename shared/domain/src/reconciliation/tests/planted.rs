//! Each kind of difference, planted, found and named.

use crate::{
    ledger::Account, order::DisputeReport, payment::PaymentState, settlement::Waiting, vendor::VendorStatus,
};

use super::*;

/// A name, and how it is planted.
type Planted = (DifferenceKind, fn(&mut Case));

#[test]
fn each_planted_difference_is_found_and_named_and_nothing_else() {
    use DifferenceKind as D;
    let planted: [Planted; 29] = [
        (D::ChargeMissing, |case| case.stripe.charge = None),
        (D::ChargeGone, |case| {
            let charge = case.stripe.charge.as_mut().unwrap();
            (charge.fee, charge.gone) = (None, true);
        }),
        (D::ChargeAmount, |case| case.stripe.charge.as_mut().unwrap().amount.amount -= 1),
        (D::OrderStuck, Case::paid),
        (D::FeeMissing, |case| case.posted.retain(|one| one.kind != Kind::Fee)),
        (D::FeeAmount, |case| case.stripe.charge.as_mut().unwrap().fee.as_mut().unwrap().amount += 5),
        (D::Unbalanced, |case| case.posted(Kind::Fee).entries[1].amount += 1),
        (D::SaleTwice, |case| {
            let again = case.posted[0].clone();
            case.posted.push(again);
        }),
        (D::SaleMissing, |case| {
            case.posted.remove(0);
        }),
        (D::SaleAmount, |case| {
            let sale = case.posted(Kind::Sale);
            let at = |account| sale.entries.iter().position(|entry| entry.account == account).unwrap();
            let (vendor, platform) =
                (at(Account::VendorPayable(crate::VendorId::from_bits(1))), at(Account::PlatformRevenue));
            sale.entries[vendor].amount -= 1;
            sale.entries[platform].amount += 1;
        }),
        (D::RefundMissing, |case| case.stripe.refunds.clear()),
        (D::RefundUnrecorded, |case| {
            case.stripe.refunds.push(RefundThere { id: "re_2".to_owned(), part: None, amount: 100 });
        }),
        (D::RefundAmount, |case| case.stripe.refunds[0].amount += 1),
        (D::RefundUnposted, |case| case.posted.retain(|one| one.kind != Kind::Repayment)),
        (D::RefundStuck, Case::owing),
        (D::TransferMissing, |case| {
            case.stripe.transfers.remove(1);
        }),
        (D::TransferUnrecorded, |case| {
            case.stripe.transfers.push(TransferThere { id: "tr_9".to_owned(), amount: 5, reversed: 0 });
        }),
        (D::TransferAmount, |case| case.stripe.transfers[1].amount += 1),
        (D::ReversalAmount, |case| case.stripe.transfers[0].reversed = 0),
        (D::TransferUnposted, |case| case.posted.retain(|one| one.kind != Kind::Reversal)),
        (D::MoveStuck, Case::paying),
        (D::ShareStuck, |case| {
            case.settlements.pop();
            case.stripe.transfers.pop();
            case.posted.retain(|one| one.id != id(6));
        }),
        (D::NotPayable, |case| {
            case.settlements[1] =
                Settlement { moves: Vec::new(), ..case.settlements[1].waiting(Waiting::NotPayable, at(13)) };
            case.stripe.transfers.pop();
            case.posted.retain(|one| one.id != id(6));
        }),
        (D::DisputeUnrecorded, |case| {
            case.stripe.disputes.push(dispute());
        }),
        (D::DisputeStanding, |case| {
            case.disputed();
            case.stripe.disputes[0].verdict = Some(Verdict::Won);
        }),
        (D::DisputeUnposted, |case| {
            case.disputed();
            case.posted.pop();
        }),
        (D::AccountStanding, |case| case.account = Some(false)),
        (D::AccountGone, |case| case.account = None),
        (D::Balance, |case| case.by_hand = -1),
    ];
    // These lie elsewhere, and are planted there.
    let elsewhere = [
        D::ChargeUnrecorded,
        D::StatementMissing,
        D::DebtAmount,
        D::StockUnbalanced,
        D::StockReserved,
        D::StockAllocated,
        D::StockSold,
    ];
    assert_eq!(planted.len() + elsewhere.len(), DifferenceKind::ALL.len());
    for (kind, plant) in planted {
        let mut case = Case::new();
        plant(&mut case);
        let mut found = case.kinds();
        found.dedup();
        assert_eq!(found, [kind]);
    }
}

impl Case {
    /// The bank has the rest of the money.
    fn disputed(&mut self) {
        let report = DisputeReport { id: "dp_1".to_owned(), amount: 9_000, fee: 2_000, verdict: None };
        let (order, posted) = self.order.disputed(&report, id(9), at(14)).unwrap().unwrap();
        self.order = order;
        self.posted.push(posted);
        self.stripe.disputes.push(dispute());
        assert_eq!(self.kinds(), []);
    }
}

/// As Stripe has it while it is open.
fn dispute() -> DisputeThere {
    DisputeThere { id: "dp_1".to_owned(), amount: 9_000, fee: 2_000, verdict: None }
}

#[test]
fn money_that_nobody_heard_of_is_found() {
    let mut case = Case::new();
    case.paid();
    case.order.payment.state = PaymentState::Created;
    case.order.status = OrderStatus::Cancelled;
    assert_eq!(case.kinds(), [DifferenceKind::ChargeUnrecorded]);
}

#[test]
fn who_is_closed_may_have_no_account_any_more() {
    let mut case = Case::new();
    case.account = None;
    case.vendor.status = VendorStatus::Closed;
    assert_eq!(case.kinds(), []);
    case.vendor.payouts = Payouts::default();
    case.vendor.status = VendorStatus::Active;
    assert_eq!(case.kinds(), []);
}

#[test]
fn each_kind_has_a_word_a_cause_and_a_remedy() {
    for kind in DifferenceKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert!(kind.cause().ends_with('.') && kind.remedy().ends_with('.'));
    }
}
