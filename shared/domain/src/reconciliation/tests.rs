use super::*;
use crate::{
    Currency, Id, LedgerTransactionId,
    cart::testing::at,
    ledger::{Account, Kind, Transaction, entries},
    order::{DisputeReport, Order, RefundRequest, testing::confirmed},
    settlement::{Settlement, Waiting},
};

fn id(n: u128) -> LedgerTransactionId {
    LedgerTransactionId::from_bits(n)
}

/// A sale of two vendors for 110.00 of which a unit for 20.00 was refunded, with all that belongs to it.
struct Case {
    order: Order,
    posted: Vec<Transaction>,
    settlements: Vec<Settlement>,
    stripe: AtStripe,
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
            charge: Some(ChargeThere { amount: order.money(11_000), fee: Some(order.money(190)) }),
            refunds: vec![RefundThere {
                id: "re_1".to_owned(),
                part: Some(id(2).to_string()),
                amount: 2_000,
            }],
            transfers: vec![transfer(0, 7_700, 1_800), transfer(1, 2_300, 0)],
            disputes: Vec::new(),
        };
        Self { settlements: vec![first, paid(1, 2_300)], order, posted, stripe }
    }

    fn kinds(&self) -> Vec<DifferenceKind> {
        let found = of_order(&self.order, &self.posted, &self.settlements, &self.stripe);
        assert!(found.iter().all(|one| one.about == self.order.id.to_string() && one.expected != one.found));
        found.into_iter().map(|one| one.kind).collect()
    }

    fn posted(&mut self, kind: Kind) -> &mut Transaction {
        self.posted.iter_mut().find(|one| one.kind == kind).unwrap()
    }
}

#[test]
fn what_is_right_differs_in_nothing() {
    let case = Case::new();
    assert_eq!(case.kinds(), []);
    let left = adds_to_balance(&case.posted);
    assert_eq!(left, [(Currency::EUR, 11_000 - 2_000 - 190 - 7_700 - 2_300 + 1_800)].into());
}

/// A name, and how it is planted.
type Planted = (DifferenceKind, fn(&mut Case));

#[test]
fn each_planted_difference_is_found_and_named_and_nothing_else() {
    use DifferenceKind as D;
    let planted: [Planted; 22] = [
        (D::ChargeMissing, |case| case.stripe.charge = None),
        (D::ChargeAmount, |case| case.stripe.charge.as_mut().unwrap().amount.amount -= 1),
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
        (D::TransferMissing, |case| {
            case.stripe.transfers.remove(1);
        }),
        (D::TransferUnrecorded, |case| {
            case.stripe.transfers.push(TransferThere { id: "tr_9".to_owned(), amount: 5, reversed: 0 });
        }),
        (D::TransferAmount, |case| case.stripe.transfers[1].amount += 1),
        (D::ReversalAmount, |case| case.stripe.transfers[0].reversed = 0),
        (D::TransferUnposted, |case| case.posted.retain(|one| one.kind != Kind::Reversal)),
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
            case.stripe.disputes.push(DisputeThere { id: "dp_1".to_owned(), verdict: None });
        }),
        (D::DisputeStanding, |case| {
            case.disputed();
            case.stripe.disputes[0].verdict = Some(Verdict::Won);
        }),
        (D::DisputeUnposted, |case| {
            case.disputed();
            case.posted.pop();
        }),
    ];
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
        self.stripe.disputes.push(DisputeThere { id: "dp_1".to_owned(), verdict: None });
        assert_eq!(self.kinds(), []);
    }
}

#[test]
fn money_that_nobody_heard_of_is_found() {
    let mut case = Case::new();
    case.order.payment.state = crate::payment::PaymentState::Created;
    case.order.confirmed_at = None;
    case.order.refunds.clear();
    let bare = AtStripe { charge: case.stripe.charge.clone(), ..AtStripe::default() };
    let found = of_order(&case.order, &[], &[], &bare);
    assert_eq!(found.iter().map(|one| one.kind).collect::<Vec<_>>(), [DifferenceKind::ChargeUnrecorded]);
}

#[test]
fn what_has_just_changed_or_is_under_way_is_not_compared() {
    let case = Case::new();
    let later = case.order.updated_at + QUIET + QUIET;
    assert!(is_quiet(&case.order, &case.settlements, later));
    assert!(!is_quiet(&case.order, &case.settlements, case.order.updated_at));
    let open = vec![case.settlements[1].taking_back("tr_1", 1, at(13))];
    assert!(!is_quiet(&case.order, &open, later));
}

#[test]
fn each_kind_has_a_word_a_cause_and_a_remedy() {
    for kind in DifferenceKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert!(kind.cause().ends_with('.') && kind.remedy().ends_with('.'));
    }
}
