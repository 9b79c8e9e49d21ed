//! Both equations of rule 5, after each step of whatever may happen to the money of an order of several vendors.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    Id, LedgerTransactionId,
    cart::testing::at,
    ledger::{Account, Transaction, entries},
    order::{DisputeReport, OrderShipment, RefundRequest, Verdict, testing::confirmed},
    payment::PaymentState,
};

/// What Stripe keeps of a charge, and of a dispute.
const FEE: i64 = 175;
const DISPUTE_FEE: i64 = 2_000;

#[derive(Clone, Debug)]
enum Happening {
    /// Units of a line go back, and something of what was taken for sending it.
    Refund(usize, u32, i64),
    /// All that is left goes back.
    RefundAll,
    /// Stripe gives back what was asked for first.
    Given,
    /// The buyer's bank does not take one of those, and nobody has told us yet.
    CameBack(usize),
    /// We look at them.
    LookedAt,
    /// A vendor's part takes its next step.
    Step(usize),
    /// A vendor's account is paid out.
    PaidOut(usize),
    Disputed,
    Decided(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => (0_usize..8, 1_u32..5, 0_i64..600).prop_map(|(at, units, sending)| Happening::Refund(at, units, sending)),
        1 => Just(Happening::RefundAll),
        4 => Just(Happening::Given),
        2 => (0_usize..4).prop_map(Happening::CameBack),
        2 => Just(Happening::LookedAt),
        12 => (0_usize..3).prop_map(Happening::Step),
        2 => (0_usize..3).prop_map(Happening::PaidOut),
        1 => Just(Happening::Disputed),
        2 => any::<bool>().prop_map(Happening::Decided),
    ]
}

/// The order, the books, and what lies where at Stripe.
struct Market {
    order: Order,
    parts: Vec<Settlement>,
    books: BTreeMap<Account, i64>,
    platform: i64,
    /// What was given back: which refund, how much, and whether it came back.
    given: Vec<(String, i64, bool)>,
    /// What came back of which we don't know.
    unheard: i64,
    accounts: BTreeMap<VendorId, i64>,
    debts: BTreeMap<VendorId, i64>,
    posted: u128,
}

impl Market {
    fn new(lines: &[(u128, i64, u32)], sending: i64, currency: &str) -> Self {
        let made = confirmed(lines, sending, currency);
        let parts = made.order.shipments.iter().map(|part| Settlement::of(&made.order, part, at(2)));
        let mut market = Self {
            parts: parts.collect(),
            platform: made.order.totals.total - FEE,
            order: made.order,
            books: BTreeMap::new(),
            given: Vec::new(),
            unheard: 0,
            accounts: BTreeMap::new(),
            debts: BTreeMap::new(),
            posted: 10,
        };
        market.post(&made.ledger.entries);
        market.post(&entries::fee(FEE));
        market
    }

    fn id(&mut self) -> LedgerTransactionId {
        self.posted += 1;
        LedgerTransactionId::from_bits(self.posted)
    }

    fn post(&mut self, entries: &[crate::ledger::Entry]) {
        for entry in entries {
            *self.books.entry(entry.account).or_default() += entry.signed();
        }
    }

    fn book(&mut self, (order, posted): (Order, Transaction)) {
        self.order = order;
        self.post(&posted.entries);
    }

    fn refund(&mut self, request: &RefundRequest) {
        let id = self.id();
        if let Ok(refunded) = self.order.refunding(request, None, id, at(10)) {
            self.book((refunded.order, refunded.ledger));
        }
    }

    fn happens(&mut self, happening: &Happening) {
        match happening {
            Happening::Refund(at_line, units, sending) => {
                let line = &self.order.lines[at_line % self.order.lines.len()];
                let part = self.order.shipment_of(line).unwrap();
                let left = part.shipping_total - part.shipping_refunded;
                let request = RefundRequest {
                    lines: [(line.id, (*units).min(line.quantity - line.refunded))].into(),
                    shipping: [(part.id, (*sending).min(left))].into(),
                    reason: None,
                };
                self.refund(&request);
            }
            Happening::RefundAll => self.refund(&self.order.all_that_is_left(None)),
            Happening::Given if self.order.payment.state == PaymentState::Captured => {
                let Some(asked) = self.order.refund_due().cloned() else { return };
                self.platform -= asked.amount;
                self.given.push((asked.id.clone(), asked.amount, false));
                let id = self.id();
                self.book(self.order.refunded(&asked, id, at(11)).unwrap());
            }
            Happening::CameBack(n) => {
                let Some((_, amount, back)) = self.given.get_mut(*n).filter(|(.., back)| !back) else {
                    return;
                };
                *back = true;
                self.platform += *amount;
                self.unheard += *amount;
            }
            Happening::LookedAt => {
                let failed = self.given.iter().filter(|(.., back)| *back).map(|(id, ..)| id.clone());
                let (failed, id) = (failed.collect::<Vec<_>>(), self.id());
                let (order, posted) = self.order.refunds_looked_at(&failed, id, at(13)).unwrap();
                self.order = order;
                self.post(&posted.map(|posted| posted.entries).unwrap_or_default());
                self.unheard = 0;
            }
            Happening::Step(part) => self.step(part % self.parts.len()),
            Happening::PaidOut(part) => {
                let vendor = self.parts[part % self.parts.len()].vendor_id;
                self.accounts.remove(&vendor);
            }
            Happening::Disputed => self.dispute(None),
            Happening::Decided(won) if self.order.payment.state == PaymentState::Disputed => {
                self.dispute(Some(if *won { Verdict::Won } else { Verdict::Lost }));
            }
            Happening::Given | Happening::Decided(_) => {}
        }
    }

    /// The bank takes all that is left of the charge, or decides of what it took.
    fn dispute(&mut self, verdict: Option<Verdict>) {
        let known = self.order.disputes.iter().find(|one| one.decided.is_none()).cloned();
        let back = self.given.iter().filter(|(.., back)| !back).map(|(_, amount, _)| amount).sum::<i64>();
        let left = self.order.totals.total - back;
        let may = self.order.payment.state == PaymentState::Captured && left > 0;
        let (id, amount) = match (known, verdict) {
            (Some(open), Some(_)) => (open.id, open.amount),
            (None, None) if may => (format!("dp_{}", self.posted), left),
            _ => return,
        };
        self.platform += match verdict {
            None => -amount - DISPUTE_FEE,
            Some(Verdict::Won) => amount,
            Some(Verdict::Lost) => 0,
        };
        let report = DisputeReport { id, amount, fee: DISPUTE_FEE, verdict };
        let id = self.id();
        let changed = self.order.disputed(&report, id, at(12)).unwrap().unwrap();
        self.book(changed);
    }

    /// The next step of a part, against an account that has what it has.
    fn step(&mut self, number: usize) {
        let part = self.parts[number].clone().following(&self.order.shipments[number]);
        let vendor = part.vendor_id;
        let account = self.accounts.entry(vendor).or_default();
        let debt = self.debts.entry(vendor).or_default();
        self.parts[number] = match part.step(*debt) {
            Step::Rest => part,
            Step::Pay { amount, withhold } => {
                *debt -= withhold;
                part.paying(amount, withhold, at(20))
            }
            Step::TakeBack { of, amount } => part.taking_back(of, amount, at(20)),
            Step::Owe(amount) => {
                *debt += amount;
                part.owing(amount, at(20))
            }
            Step::Ask(open) if open.kind == MoveKind::Transfer => {
                let amount = open.amount;
                *account += amount;
                self.platform -= amount;
                self.post(&entries::transfer(vendor, amount));
                part.made(open.n, &format!("tr_{}", open.n), at(20)).unwrap()
            }
            Step::Ask(open) if *account >= open.amount => {
                let amount = open.amount;
                *account -= amount;
                self.platform += amount;
                self.post(&entries::reversal(vendor, amount));
                part.made(open.n, "trr", at(20)).unwrap()
            }
            Step::Ask(_) => {
                let (next, owes) = part.not_covered(*account, at(20));
                *debt += owes;
                next
            }
        };
    }

    fn check(&self) {
        let of = |account| self.books.get(&account).copied().unwrap_or_default();
        assert_eq!(self.books.values().sum::<i64>(), 0);
        // Charge = refunds + vendors (paid, owed, less debt) + the platform's share, and what the bank took for good.
        let refunds: i64 = self.order.refunds.iter().filter(|one| one.may_fail()).map(|one| one.amount).sum();
        let lost = self.order.disputes.iter().filter(|one| one.is_lost()).map(|one| one.amount).sum::<i64>();
        let parts = self.parts.iter().zip(&self.order.shipments);
        let vendors: i64 = parts
            .map(|(part, shipment)| part.clone().following(shipment))
            .map(|part| part.paid() + (part.owed() - part.paid()) - (part.owing - part.withheld))
            .sum();
        let charge = self.order.totals.total;
        assert_eq!(
            charge,
            refunds + vendors + of(Account::PlatformRevenue) + lost,
            "{:?}",
            self.order.disputes
        );
        // Stripe's balance = what came less what left.
        assert_eq!(self.platform - self.unheard, -of(Account::BuyerExternal) - of(Account::StripeClearing));
        for part in &self.parts {
            let shipment = self.order.shipments.iter().find(|one| one.id == part.id).unwrap();
            let earned = shipment.sold().share() - shipment.refunded().share();
            assert!((0..=shipment.sold().share()).contains(&earned));
            assert_eq!(of(Account::VendorPayable(part.vendor_id)), earned - part.paid());
            assert_eq!(self.debts.get(&part.vendor_id).copied().unwrap_or(0), part.owing - part.withheld);
        }
        let given: i64 = self.order.refunds.iter().filter(|one| one.was_given()).map(|one| one.amount).sum();
        assert!(given - self.unheard + lost <= charge);
        // Nobody bears what the bank did not take: all of the charge is with the buyer, owed to it, or left of the sale.
        let left: i64 = self.order.shipments.iter().map(OrderShipment::left).sum();
        assert!(self.unheard > 0 || refunds + lost + left == charge);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn charge_and_balance_are_where_the_books_say_after_every_step(
        lines in prop::collection::vec((1_u128..4, 1_i64..100_000, 1_u32..5), 1..8),
        sending in 0_i64..600,
        currency in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
        happenings in prop::collection::vec(happening(), 1..40),
    ) {
        let mut market = Market::new(&lines, sending, currency);
        market.check();
        for happening in &happenings {
            market.happens(happening);
            market.check();
        }
    }
}
