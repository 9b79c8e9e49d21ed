use super::*;
use crate::{
    Currency, Id, LedgerTransactionId, StaffId, VendorId,
    cart::testing::at,
    ledger::{Account, Kind, entries},
    order::{DisputeReport, OrderStatus, RefundRequest, testing::confirmed},
    payment::PaymentState,
    payouts::{Payouts, PayoutsStatus},
    settlement::Waiting,
    text::Name,
    vendor::{Vendor, VendorStatus},
};

fn id(n: u128) -> LedgerTransactionId {
    LedgerTransactionId::from_bits(n)
}

/// Minutes.
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// A sale of two vendors for 110.00 of which a unit for 20.00 was refunded, with all that belongs to it.
struct Case {
    order: Order,
    posted: Vec<Transaction>,
    settlements: Vec<Settlement>,
    stripe: AtStripe,
    vendor: Vendor,
    /// Whether Stripe pays the vendor, if it knows its account.
    account: Option<bool>,
    /// What somebody has moved at Stripe, beside all else.
    by_hand: i64,
}

impl Case {
    fn new() -> Self {
        let made = confirmed(&[(1, 2_000, 4), (2, 2_000, 1)], 500, "EUR");
        let bought = made.order;
        let request = RefundRequest { lines: [(bought.lines[0].id, 1)].into(), ..RefundRequest::default() };
        let asked = bought.refunding(&request, None, id(2), at(10)).unwrap();
        let (order, given) = asked.order.refunded(&asked.order.refunds[0], id(3), at(11)).unwrap();
        let post = |n, kind, entries| {
            Transaction::balanced(id(n), kind, order.id, order.currency, entries, at(12)).unwrap()
        };
        let vendor = |at: usize| order.shipments[at].vendor_id;
        let posted = vec![
            made.ledger,
            asked.ledger,
            given,
            post(4, Kind::Fee, entries::fee(190)),
            post(5, Kind::Transfer, entries::transfer(vendor(0), 7_700)),
            post(6, Kind::Transfer, entries::transfer(vendor(1), 2_300)),
            post(7, Kind::Reversal, entries::reversal(vendor(0), 1_800)),
        ];
        let paid = |n: usize, amount| {
            let new = Settlement::of(&bought, &bought.shipments[n], at(5));
            new.paying(amount, 0, at(5)).made(0, &format!("tr_{n}"), at(5)).unwrap()
        };
        let first = paid(0, 7_700).following(&order.shipments[0]);
        let first = first.taking_back("tr_0", 1_800, at(12)).made(1, "trr_0", at(12)).unwrap();
        let transfer = |n: usize, amount, reversed| TransferThere { id: format!("tr_{n}"), amount, reversed };
        let stripe = AtStripe {
            charge: Some(ChargeThere {
                amount: order.money(11_000),
                fee: Some(order.money(190)),
                gone: false,
            }),
            refunds: vec![RefundThere {
                id: "re_1".to_owned(),
                part: Some(id(2).to_string()),
                amount: 2_000,
            }],
            transfers: vec![transfer(0, 7_700, 1_800), transfer(1, 2_300, 0)],
            disputes: Vec::new(),
        };
        let place = ("LU".parse().unwrap(), Currency::EUR);
        let (slug, name) = ("tea".parse().unwrap(), Name::try_from("Tea").unwrap());
        let mut vendor = Vendor::new(VendorId::from_bits(1), StaffId::from_bits(1), slug, name, place, at(0));
        let account_id = Some("acct_1".to_owned());
        vendor.payouts = Payouts { account_id, status: PayoutsStatus::Ready, ..Payouts::default() };
        let settlements = vec![first, paid(1, 2_300)];
        Self { order, posted, settlements, stripe, vendor, account: Some(true), by_hand: 0 }
    }

    fn seen(&self, minutes: i64) -> Seen<'_> {
        Seen {
            order: &self.order,
            posted: &self.posted,
            settlements: &self.settlements,
            stripe: &self.stripe,
            at: at(minutes),
        }
    }

    /// What differs three days later.
    fn kinds(&self) -> Vec<DifferenceKind> {
        let seen = self.seen(3 * DAY);
        assert!(!seen.is_under_way());
        let mut found = seen.stuck();
        found.extend(of_order(&seen));
        assert!(found.iter().all(|one| one.about == self.order.id.to_string()));
        found.extend(of_account(&self.vendor, self.account));
        let booked = seen.adds_to_balance(seen.at);
        let there: BTreeMap<String, i64> = booked
            .iter()
            .map(|(currency, between)| (currency.code().to_owned(), between.most + self.by_hand))
            .collect();
        found.extend(of_balance(&booked, &there));
        assert!(found.iter().all(|one| one.expected != one.found));
        found.into_iter().map(|one| one.kind).collect()
    }

    /// What has waited for too long, so many minutes after the start.
    fn stuck(&self, minutes: i64) -> Vec<DifferenceKind> {
        self.seen(minutes).stuck().into_iter().map(|one| one.kind).collect()
    }

    /// The refund is asked for, and Stripe has not given it.
    fn owing(&mut self) {
        self.order.refunds[0].done_at = None;
        self.posted.retain(|one| one.kind != Kind::Repayment);
        self.stripe.refunds.clear();
    }

    /// The second vendor's transfer is asked for, and Stripe has not made it.
    fn paying(&mut self) {
        let new = Settlement::of(&self.order, &self.order.shipments[1], at(5));
        self.settlements[1] = new.paying(2_300, 0, at(5));
        self.stripe.transfers.pop();
        self.posted.retain(|one| one.id != id(6));
    }

    /// It is paid, and nothing has become of it yet.
    fn paid(&mut self) {
        self.order.status = OrderStatus::Paid;
        self.order.confirmed_at = None;
        self.order.refunds.clear();
        self.posted.clear();
        self.settlements.clear();
        self.stripe.refunds.clear();
        self.stripe.transfers.clear();
    }

    fn posted(&mut self, kind: Kind) -> &mut Transaction {
        self.posted.iter_mut().find(|one| one.kind == kind).unwrap()
    }
}

#[test]
fn what_is_right_differs_in_nothing() {
    let case = Case::new();
    assert_eq!(case.kinds(), []);
    let left = 11_000 - 2_000 - 190 - 7_700 - 2_300 + 1_800;
    let seen = case.seen(3 * DAY);
    assert_eq!(seen.adds_to_balance(seen.at), between(left, left));
}

fn between(least: i64, most: i64) -> BTreeMap<Currency, Between> {
    [(Currency::EUR, Between { least, most })].into()
}

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
fn what_has_just_changed_or_is_asked_for_is_under_way_for_a_day_and_no_longer() {
    let mut case = Case::new();
    assert!(case.seen(11).is_under_way());
    assert!(!case.seen(2 * HOUR).is_under_way());
    case.paying();
    assert!(case.seen(2 * HOUR).is_under_way() && case.stuck(2 * HOUR).is_empty());
    assert!(!case.seen(5 + DAY).is_under_way());
    // Something else that happens to the order does not hide it.
    case.order.updated_at = at(3 * DAY);
    assert!(case.seen(3 * DAY).is_under_way());
    assert_eq!(case.stuck(3 * DAY), [DifferenceKind::MoveStuck]);
}

#[test]
fn an_order_that_has_seen_no_money_is_not_under_way() {
    let mut case = Case::new();
    case.paid();
    case.stripe.charge = None;
    case.order.payment.state = PaymentState::Created;
    case.order.status = OrderStatus::Pending;
    case.order.updated_at = at(2 * HOUR);
    assert!(!case.seen(2 * HOUR).is_under_way());
    assert_eq!(of_order(&case.seen(2 * HOUR)), []);
    // Stripe has heard before we have.
    case.stripe.charge = Case::new().stripe.charge;
    assert!(case.seen(2 * HOUR).is_under_way());
}

#[test]
fn an_order_that_is_not_paid_is_stuck_a_day_after_its_holds_have_ended() {
    let mut case = Case::new();
    case.paid();
    case.stripe.charge = None;
    case.order.payment.state = PaymentState::Processing;
    case.order.status = OrderStatus::PaymentProcessing;
    case.order.held_until = at(14 * DAY);
    assert_eq!(case.stuck(15 * DAY - 1), []);
    assert_eq!(case.stuck(15 * DAY), [DifferenceKind::OrderStuck]);
}

#[test]
fn an_order_that_is_paid_is_stuck_after_an_hour() {
    let mut case = Case::new();
    case.paid();
    case.order.updated_at = at(DAY);
    assert!(case.seen(DAY + HOUR - 1).is_under_way() && case.stuck(DAY + HOUR - 1).is_empty());
    assert!(!case.seen(DAY + HOUR).is_under_way());
    assert_eq!(case.stuck(DAY + HOUR), [DifferenceKind::OrderStuck]);
}

#[test]
fn what_came_after_the_end_and_is_not_asked_back_is_stuck() {
    let mut case = Case::new();
    case.paid();
    case.order.status = OrderStatus::Cancelled;
    assert_eq!(case.kinds(), [DifferenceKind::RefundStuck]);
}

#[test]
fn a_refund_that_came_back_is_looked_at_within_a_day() {
    let mut case = Case::new();
    case.order.refund_doubted_at = Some(at(DAY));
    assert!(case.seen(DAY + HOUR).is_under_way() && case.stuck(DAY + HOUR).is_empty());
    assert_eq!(case.stuck(2 * DAY), [DifferenceKind::RefundStuck]);
}

#[test]
fn what_waits_for_the_bank_or_for_the_vendor_is_not_stuck() {
    let mut case = Case::new();
    case.owing();
    case.order.payment.state = PaymentState::Disputed;
    assert_eq!(case.kinds(), []);
    let mut case = Case::new();
    case.paying();
    let share = Settlement { moves: Vec::new(), ..case.settlements[1].clone() };
    // It was tried again a moment ago.
    case.settlements[1] = share.waiting(Waiting::NotReady, at(3 * DAY));
    assert_eq!(case.kinds(), []);
}

#[test]
fn what_waits_for_its_charge_to_settle_is_stuck_after_two_weeks() {
    let mut case = Case::new();
    case.settlements[0] = case.settlements[0].waiting(Waiting::NotSettled, at(30 * DAY));
    assert_eq!(case.stuck(14 * DAY), []);
    assert_eq!(case.stuck(10 + 14 * DAY), [DifferenceKind::MoveStuck]);
}

#[test]
fn what_stripe_has_done_and_nobody_has_noted_is_stuck_and_not_somebody_elses() {
    let mut case = Case::new();
    let there = case.stripe.clone();
    case.owing();
    case.paying();
    case.stripe = there;
    assert_eq!(case.kinds(), [DifferenceKind::RefundStuck, DifferenceKind::MoveStuck]);
    let mut case = Case::new();
    case.settlements[1] = case.settlements[1].taking_back("tr_1", 300, at(13));
    assert_eq!(case.kinds(), [DifferenceKind::MoveStuck]);
    case.stripe.transfers[1].reversed = 300;
    assert_eq!(case.kinds(), [DifferenceKind::MoveStuck]);
    case.stripe.transfers[1].reversed = 299;
    assert_eq!(case.kinds(), [DifferenceKind::MoveStuck, DifferenceKind::ReversalAmount]);
}

#[test]
fn of_what_is_under_way_the_balance_may_have_all_or_nothing() {
    let case = Case::new();
    // The sale and the refund were posted a while before the balance was read, and the rest since.
    let adds = case.seen(13).adds_to_balance(at(12));
    assert_eq!(adds, between(9_000 - 190 - 10_000, 9_000 + 1_800));
    let differs = |found: i64| !of_balance(&adds, &[("EUR".to_owned(), found)].into()).is_empty();
    assert_eq!([-1_191, -1_190, 10_800, 10_801].map(differs), [true, false, false, true]);
    // Nothing of it is posted, and Stripe has not settled it: it may have none of it.
    let mut case = Case::new();
    case.paid();
    assert_eq!(case.seen(13).adds_to_balance(at(12)), between(-190, 11_000));
    case.stripe.charge.as_mut().unwrap().fee = None;
    assert_eq!(case.seen(3 * DAY).adds_to_balance(at(3 * DAY)), between(0, 11_000));
}

#[test]
fn a_charge_that_stripe_has_not_settled_may_not_be_in_the_balance() {
    let mut case = Case::new();
    case.posted.retain(|one| one.kind != Kind::Fee);
    case.stripe.charge.as_mut().unwrap().fee = None;
    assert!(!case.seen(3 * DAY).is_under_way());
    let rest = -2_000 - 10_000 + 1_800;
    assert_eq!(case.seen(3 * DAY).adds_to_balance(at(3 * DAY)), between(rest, 11_000 + rest));
}

#[test]
fn a_stuck_refund_does_not_blur_the_balance() {
    let mut case = Case::new();
    case.owing();
    let left = 11_000 - 190 - 10_000 + 1_800;
    assert_eq!(case.seen(3 * DAY).adds_to_balance(at(3 * DAY)), between(left, left));
}

#[test]
fn a_currency_that_only_one_side_knows_differs() {
    let booked = between(5, 7);
    let found = of_balance(&booked, &[("EUR".to_owned(), 6), ("???".to_owned(), 1)].into());
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!((one.kind, &*one.expected, &*one.found), (DifferenceKind::Balance, "0 ???", "1 ???"));
    let found = of_balance(&booked, &BTreeMap::new());
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&*one.expected, &*one.found), ("5 to 7 EUR", "0 EUR"));
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
