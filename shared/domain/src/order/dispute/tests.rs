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

/// So many of the first vendor's pieces are to be refunded.
fn asked(units: u32) -> Order {
    let order = bought();
    let request = RefundRequest { lines: [(order.lines[0].id, units)].into(), ..RefundRequest::default() };
    order.refunding(&request, None, LedgerTransactionId::from_bits(2), at(10)).unwrap().order
}

/// They were refunded.
fn given(units: u32) -> Order {
    let asked = asked(units);
    asked.refunded(&asked.refunds[0], LedgerTransactionId::from_bits(3), at(11)).unwrap().0
}

fn told(verdict: Option<Verdict>) -> DisputeReport {
    DisputeReport { id: "dp_1".to_owned(), amount: 11_000, fee: 2_000, verdict }
}

fn step(order: &Order, report: &DisputeReport) -> Option<(Order, Transaction)> {
    order.disputed(report, LedgerTransactionId::from_bits(9), at(20)).unwrap()
}

/// What had been refunded is seen to have come back.
fn came_back(lost: &Order, given: &Order) -> (Order, Transaction) {
    let id = given.refunds[0].id.clone();
    let (known, posted) = lost.refunds_looked_at(&[id], LedgerTransactionId::from_bits(10), at(21)).unwrap();
    (known, posted.unwrap())
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
    let (lost, posted) = step(&asked(1), &told(Some(Verdict::Lost))).unwrap();
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
    let (_, posted) = step(&given(1), &told(Some(Verdict::Lost))).unwrap();
    // Of 110.00 that the bank took, 20.00 had gone back before; a tenth of the other 80.00 in goods was commission.
    assert_eq!(of(&posted, Account::PlatformRevenue), -2_000 - 800);
    assert_eq!(of(&posted, Account::Disputes), 0);
}

#[test]
fn what_came_back_from_the_bank_before_it_took_all_is_not_owed_again() {
    for (units, beyond) in [(1, 2_000), (3, 6_000)] {
        let given = given(units);
        // It failed, nobody had told us, and the bank took the whole charge.
        let (lost, posted) = step(&given, &told(Some(Verdict::Lost))).unwrap();
        let revenue = of(&posted, Account::PlatformRevenue);
        let (known, posted) = came_back(&lost, &given);
        assert_eq!((of(&posted, Account::BuyerExternal), of(&posted, Account::Refunds)), (-beyond, 0));
        // What is left of its loss is its commission, of what was not refunded.
        assert_eq!(revenue + of(&posted, Account::PlatformRevenue), -1_000 + beyond / 10);
        assert_eq!((known.refund_due(), known.owes_its_buyer()), (None, false));
        assert_eq!(known.asked_back(), beyond);
    }
}

#[test]
fn of_what_came_back_from_the_bank_it_may_have_taken_a_part() {
    let given = given(3);
    let report = DisputeReport { amount: 7_000, ..told(Some(Verdict::Lost)) };
    let (lost, _) = step(&given, &report).unwrap();
    let (known, posted) = came_back(&lost, &given);
    // 50.00 were left of the sale: 20.00 of what had been refunded are with the bank, and 40.00 are owed.
    assert_eq!((of(&posted, Account::Refunds), of(&posted, Account::PlatformRevenue)), (4_000, 2_000));
    assert_eq!((known.refund_due().unwrap().amount, known.asked_back()), (4_000, 6_000));
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
