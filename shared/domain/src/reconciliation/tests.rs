mod balance;
mod planted;
mod waits;

use super::*;
use crate::{
    Currency, Id, LedgerTransactionId, StaffId, VendorId,
    cart::testing::at,
    ledger::{Kind, entries},
    order::{OrderStatus, RefundRequest, testing::confirmed},
    payouts::{Payouts, PayoutsStatus},
    text::Name,
    vendor::Vendor,
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
