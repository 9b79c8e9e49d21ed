use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::Id;

fn now() -> Timestamp {
    Timestamp::from_ms(1_000)
}

fn part(earned: i64) -> Settlement {
    Settlement {
        id: ShipmentId::from_bits(1),
        vendor_id: VendorId::from_bits(1),
        order_id: OrderId::from_bits(1),
        channel: Tenant::Platform,
        currency: Currency::EUR,
        charge_id: "ch_1".to_owned(),
        earned,
        taken_back: 0,
        withheld: 0,
        owing: 0,
        moves: Vec::new(),
        asked: 0,
        waiting: None,
        due: None,
        created_at: now(),
        updated_at: now(),
        version: 1,
    }
}

/// A part of 72.00 that is with its vendor.
fn paid() -> Settlement {
    part(7_200).paying(7_200, 0, now()).made(0, "tr_1", now()).unwrap()
}

fn refunded(settlement: &Settlement, amount: i64) -> Settlement {
    Settlement { taken_back: settlement.taken_back + amount, ..settlement.clone() }
}

#[test]
fn what_a_vendor_should_have_is_read_off_the_order() {
    let bought = crate::order::testing::confirmed(&[(1, 2_000, 4), (2, 2_000, 1)], 500, "EUR").order;
    let part = &bought.shipments[0];
    let new = Settlement::of(&bought, part, now());
    assert_eq!((new.earned, new.taken_back, new.version), (7_200 + 500, 0, 0));
    assert_eq!((new.id, new.vendor_id, new.charge_id.as_str()), (part.id, part.vendor_id, "ch_1"));
    let asked = new.paying(7_700, 0, now());
    assert_eq!(asked.version, 1);
    let refunded = OrderShipment { items_refunded: 2_000, ..part.clone() };
    let after = asked.following(&refunded);
    assert_eq!(after.owed(), 5_400 + 500);
    assert_eq!(after.clone().following(part), after, "an older order does not undo a refund");
}

#[test]
fn a_share_is_transferred_once() {
    let new = part(7_200);
    assert_eq!(new.step(0), Step::Pay { amount: 7_200, withhold: 0 });
    let asked = new.paying(7_200, 0, now());
    let Step::Ask(open) = asked.step(0) else { panic!("{:?}", asked.step(0)) };
    assert_eq!((open.n, open.amount, open.key(new.id)), (0, 7_200, format!("settle:{}:0", new.id)));
    assert_eq!(asked.paid(), 0);
    let made = asked.made(0, "tr_1", now()).unwrap();
    assert_eq!((made.paid(), made.step(500)), (7_200, Step::Rest));
    assert_eq!(made.made(0, "tr_2", now()), None);
}

#[test]
fn a_refund_takes_its_share_back_of_the_transfer() {
    let part = refunded(&paid(), 3_600);
    assert_eq!(part.step(0), Step::TakeBack { of: "tr_1", amount: 3_600 });
    let part = part.taking_back("tr_1", 3_600, now()).made(1, "trr_1", now()).unwrap();
    assert_eq!((part.paid(), part.step(0)), (3_600, Step::Rest));
    let part = refunded(&part, 3_600);
    assert_eq!(part.step(0), Step::TakeBack { of: "tr_1", amount: 3_600 });
}

#[test]
fn what_was_refunded_before_the_transfer_is_not_transferred() {
    assert_eq!(refunded(&part(7_200), 3_600).step(0), Step::Pay { amount: 3_600, withhold: 0 });
    assert_eq!(refunded(&part(7_200), 7_200).step(0), Step::Rest);
    // One that was asked for is made first, and taken back then.
    let asked = refunded(&part(7_200).paying(7_200, 0, now()), 7_200);
    assert!(matches!(asked.step(0), Step::Ask(_)));
    let made = asked.made(0, "tr_1", now()).unwrap();
    assert_eq!(made.step(0), Step::TakeBack { of: "tr_1", amount: 7_200 });
}

#[test]
fn what_the_account_does_not_cover_becomes_a_debt() {
    let asked = refunded(&paid(), 7_200).taking_back("tr_1", 7_200, now());
    let (next, debt) = asked.not_covered(2_000, now());
    assert_eq!((debt, next.owing, next.open_move()), (5_200, 5_200, None));
    assert_eq!(next.step(5_200), Step::TakeBack { of: "tr_1", amount: 2_000 });
    let again = next.taking_back("tr_1", 2_000, now());
    assert_eq!(again.open_move().map(|one| one.n), Some(2), "a refused key is not used again");
    assert_eq!(again.made(2, "trr_1", now()).unwrap().step(5_200), Step::Rest);
    let (empty, debt) = asked.not_covered(-100, now());
    assert_eq!((debt, empty.step(0)), (7_200, Step::Rest));
}

#[test]
fn a_debt_is_paid_of_the_next_share() {
    let part = part(7_200);
    assert_eq!(part.step(5_200), Step::Pay { amount: 2_000, withhold: 5_200 });
    let all = part.step(9_000);
    assert_eq!(all, Step::Pay { amount: 0, withhold: 7_200 });
    let withheld = part.paying(0, 7_200, now());
    assert_eq!((withheld.moves.len(), withheld.step(1_800)), (0, Step::Rest));
    // Its goods go back: what was withheld was the vendor's, which has nothing of it that could be taken.
    assert_eq!(refunded(&withheld, 7_200).step(1_800), Step::Owe(7_200));
    assert_eq!(refunded(&withheld, 7_200).owing(7_200, now()).step(9_000), Step::Rest);
}

#[test]
fn a_share_waits_where_the_vendor_cannot_be_paid() {
    let waits = part(7_200).paying(7_200, 0, now()).refused(now()).waiting(Waiting::NotReady, now());
    assert_eq!(
        (waits.waiting, waits.step(0)),
        (Some(Waiting::NotReady), Step::Pay { amount: 7_200, withhold: 0 })
    );
    let later = waits.waiting(Waiting::NotPayable, now());
    assert_eq!((waits.due, later.due), (Some(now().plus_days(1)), Some(now().plus_days(1))));
    let again = waits.paying(7_200, 0, now());
    assert_eq!((again.waiting, again.due, again.open_move().map(|one| one.n)), (None, waits.due, Some(1)));
}

#[test]
fn a_key_is_trusted_for_most_of_a_day() {
    let open = part(1).paying(1, 0, now());
    let open = open.open_move().unwrap();
    assert!(!open.may_be_forgotten(now()));
    assert!(open.may_be_forgotten(now().plus_days(1)));
}

#[test]
fn it_is_stored_and_read_as_it_is() {
    let part = refunded(&paid(), 100).taking_back("tr_1", 100, now()).waiting(Waiting::NotPayable, now());
    let stored = serde_json::to_value(&part).unwrap();
    assert_eq!(stored["moves"][0]["kind"], "transfer");
    assert_eq!(stored["moves"][1]["of"], "tr_1");
    assert_eq!(serde_json::from_value::<Settlement>(stored).unwrap(), part);
}

/// What may happen to the parts of one vendor.
#[derive(Clone, Debug)]
enum Happening {
    Sold(i64),
    Refunded(usize, i64),
    PaidOut,
    Stepped(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        1 => (1_i64..10_000).prop_map(Happening::Sold),
        1 => (0_usize..8, 1_i64..10_000).prop_map(|(at, amount)| Happening::Refunded(at, amount)),
        1 => Just(Happening::PaidOut),
        4 => (0_usize..8).prop_map(Happening::Stepped),
    ]
}

/// A vendor: its parts, its account at Stripe, its debt, and what it was paid out.
#[derive(Default)]
struct Books {
    parts: Vec<Settlement>,
    account: i64,
    debt: i64,
    paid_out: i64,
    left: BTreeMap<String, i64>,
}

impl Books {
    /// Does one step of a part, against an account that has what it has; answers whether there was one.
    fn step(&mut self, at: usize) -> bool {
        let Some(part) = self.parts.get(at).cloned() else { return false };
        self.parts[at] = match part.step(self.debt) {
            Step::Rest => return false,
            Step::Pay { amount, withhold } => {
                self.debt -= withhold;
                part.paying(amount, withhold, now())
            }
            Step::TakeBack { of, amount } => part.taking_back(of, amount, now()),
            Step::Owe(amount) => {
                self.debt += amount;
                part.owing(amount, now())
            }
            Step::Ask(open) => match &open.kind {
                MoveKind::Transfer => {
                    self.account += open.amount;
                    let id = format!("tr_{at}_{}", open.n);
                    self.left.insert(id.clone(), open.amount);
                    part.made(open.n, &id, now()).unwrap()
                }
                MoveKind::Reversal { of } if self.account >= open.amount => {
                    self.account -= open.amount;
                    let left = self.left.get_mut(of).unwrap();
                    *left -= open.amount;
                    assert!(*left >= 0, "more was taken back than was transferred");
                    part.made(open.n, "trr", now()).unwrap()
                }
                MoveKind::Reversal { .. } => {
                    let (next, debt) = part.not_covered(self.account, now());
                    self.debt += debt;
                    next
                }
            },
        };
        true
    }

    fn check(&self) {
        assert!(self.debt >= 0);
        // What the vendor had is what its parts say it has.
        assert_eq!(self.account + self.paid_out, self.parts.iter().map(Settlement::paid).sum::<i64>());
        // What it owes is what could not be taken back and was not withheld.
        assert_eq!(self.debt, self.parts.iter().map(|part| part.owing - part.withheld).sum::<i64>());
    }
}

proptest! {
    /// Whatever happens, in whichever order: at rest a vendor has had what it earned less what was taken back, and owes what it had too much.
    #[test]
    fn a_vendor_gets_what_it_earned_to_the_cent(happenings in prop::collection::vec(happening(), 1..80)) {
        let mut books = Books::default();
        for one in happenings {
            match one {
                Happening::Sold(earned) if books.parts.len() < 8 => books.parts.push(part(earned)),
                Happening::Refunded(at, amount) if at < books.parts.len() => {
                    let part = &mut books.parts[at];
                    *part = refunded(part, amount.min(part.earned - part.taken_back));
                }
                Happening::PaidOut => books.paid_out += std::mem::take(&mut books.account),
                Happening::Stepped(at) => { books.step(at); }
                _ => {}
            }
            books.check();
        }
        let mut steps = 0;
        while (0..books.parts.len()).any(|at| books.step(at)) {
            books.check();
            steps += 1;
            prop_assert!(steps < 200, "it never comes to rest");
        }
        let due: i64 = books.parts.iter().map(|part| part.earned - part.taken_back).sum();
        prop_assert_eq!(books.account + books.paid_out, due + books.debt);
    }
}
