use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::Id;

fn post(entries: Vec<Entry>) -> Result<Transaction, Unbalanced> {
    let id = LedgerTransactionId::from_bits(1);
    Transaction::balanced(
        id,
        Kind::Sale,
        OrderId::from_bits(1),
        Currency::EUR,
        entries,
        Timestamp::from_ms(0),
    )
}

#[test]
fn the_example_of_003_posts_its_eight_entries() {
    let (one, two) = (VendorId::from_bits(123), VendorId::from_bits(456));
    let entries = entries::sale(&[
        Part { vendor_id: one, items: 8000, shipping: 0, commission: 1000 },
        Part { vendor_id: two, items: 2000, shipping: 0, commission: 1000 },
    ]);
    assert_eq!(
        entries,
        [
            Entry::debit(Account::BuyerExternal, 10_000),
            Entry::credit(Account::StripeClearing, 10_000),
            Entry::debit(Account::StripeClearing, 8_000),
            Entry::credit(Account::VendorPayable(one), 7_200),
            Entry::credit(Account::PlatformRevenue, 800),
            Entry::debit(Account::StripeClearing, 2_000),
            Entry::credit(Account::VendorPayable(two), 1_800),
            Entry::credit(Account::PlatformRevenue, 200),
        ]
    );
    assert!(post(entries).is_ok());
}

#[test]
fn what_is_taken_for_sending_is_the_vendors_alone() {
    let vendor = VendorId::from_bits(123);
    let entries = entries::sale(&[Part { vendor_id: vendor, items: 8000, shipping: 500, commission: 1000 }]);
    assert_eq!(
        entries,
        [
            Entry::debit(Account::BuyerExternal, 8_500),
            Entry::credit(Account::StripeClearing, 8_500),
            Entry::debit(Account::StripeClearing, 8_500),
            Entry::credit(Account::VendorPayable(vendor), 7_700),
            Entry::credit(Account::PlatformRevenue, 800),
        ]
    );
}

#[test]
fn what_does_not_balance_is_no_transaction() {
    let lopsided = vec![Entry::debit(Account::BuyerExternal, 2), Entry::credit(Account::Refunds, 1)];
    assert_eq!(post(lopsided), Err(Unbalanced::Sides { debits: 2, credits: 1 }));
    let negative = vec![Entry::debit(Account::BuyerExternal, -1), Entry::credit(Account::Refunds, -1)];
    assert_eq!(post(negative), Err(Unbalanced::Amount));
}

#[test]
fn accounts_come_back_from_their_names() {
    for account in [
        Account::BuyerExternal,
        Account::StripeClearing,
        Account::StripeFees,
        Account::VendorPayable(VendorId::from_bits(7)),
        Account::PlatformRevenue,
        Account::Refunds,
        Account::Disputes,
    ] {
        assert_eq!(account.to_string().parse(), Ok(account));
    }
}

fn part(items: i64, shipping: i64, commission: u32) -> Part {
    Part { vendor_id: VendorId::from_bits(123), items, shipping, commission }
}

/// What each account has of entries: credits less debits.
fn totals(entries: &[Entry]) -> BTreeMap<Account, i64> {
    let mut totals = BTreeMap::new();
    for entry in entries {
        let signed = if entry.direction == Direction::Credit { entry.amount } else { -entry.amount };
        *totals.entry(entry.account).or_default() += signed;
    }
    totals.retain(|_, total| *total != 0);
    totals
}

#[test]
fn a_refund_is_owed_by_vendor_and_platform_and_then_repaid() {
    let vendor = Account::VendorPayable(VendorId::from_bits(123));
    let half = TakenBack { before: part(0, 0, 1_000), after: part(4_000, 500, 1_000) };
    assert_eq!(
        entries::refund(&[half]),
        [
            Entry::debit(vendor, 4_100),
            Entry::debit(Account::PlatformRevenue, 400),
            Entry::credit(Account::Refunds, 4_500),
        ]
    );
    let mut all = entries::sale(&[part(8_000, 500, 1_000)]);
    let rest = TakenBack { before: half.after, after: part(8_000, 500, 1_000) };
    for entries in [entries::refund(&[half, rest]), entries::repayment(4_500), entries::repayment(4_000)] {
        all.extend(entries);
    }
    assert_eq!(totals(&all), BTreeMap::new(), "nobody has anything of it any more");
}

#[test]
fn what_is_not_filled_is_owed_back_whole() {
    let mut all = entries::receipt(8_500);
    assert_eq!(totals(&all), BTreeMap::from([(Account::BuyerExternal, -8_500), (Account::Refunds, 8_500)]));
    all.extend(entries::repayment(8_500));
    assert_eq!(totals(&all), BTreeMap::new());
}

#[test]
fn a_share_goes_out_and_comes_back_through_clearing() {
    let vendor = VendorId::from_bits(123);
    let mut all = entries::sale(&[part(8_000, 0, 1_000)]);
    all.extend(entries::transfer(vendor, 7_200));
    let out =
        [(Account::BuyerExternal, -8_000), (Account::PlatformRevenue, 800), (Account::StripeClearing, 7_200)];
    assert_eq!(totals(&all), BTreeMap::from(out));
    all.extend(entries::reversal(vendor, 7_200));
    assert_eq!(totals(&all)[&Account::VendorPayable(vendor)], 7_200);
}

#[test]
fn a_dispute_costs_its_fee_and_where_it_is_lost_the_shares() {
    let vendor = Account::VendorPayable(VendorId::from_bits(123));
    let mut won = entries::dispute(8_000, 2_000);
    won.extend(entries::dispute_won(8_000));
    let fee = BTreeMap::from([(Account::StripeFees, -2_000), (Account::StripeClearing, 2_000)]);
    assert_eq!(totals(&won), fee);
    // Of the 80.00, the buyer was owed 10.00 already.
    let back = TakenBack { before: part(1_000, 0, 1_000), after: part(8_000, 0, 1_000) };
    assert_eq!(
        entries::dispute_lost(1_000, &[back], 0),
        [
            Entry::debit(Account::Refunds, 1_000),
            Entry::credit(Account::Disputes, 1_000),
            Entry::debit(vendor, 6_300),
            Entry::debit(Account::PlatformRevenue, 700),
            Entry::credit(Account::Disputes, 7_000),
        ]
    );
    assert!(post(entries::dispute_lost(0, &[back], 0)).is_ok());
}

proptest! {
    #[test]
    fn every_sale_balances_and_is_taken_back_in_any_steps(
        sales in prop::collection::vec((1_i64..10_000_000, 0_i64..10_000, 0_u32..=10_000, prop::collection::vec(0_u64..100, 1..6)), 1..21)
    ) {
        let mut parts = Vec::new();
        let mut steps: Vec<Entry> = Vec::new();
        for (at, (items, shipping, commission, weights)) in sales.iter().enumerate() {
            let whole = Part {
                vendor_id: VendorId::from_bits(at as u128), items: *items, shipping: *shipping, commission: *commission,
            };
            parts.push(whole);
            let mut before = Part { items: 0, shipping: 0, ..whole };
            let goods = crate::split::by_weight(*items, weights);
            for (goods, sending) in goods.into_iter().zip(crate::split::by_weight(*shipping, weights)) {
                let after = Part { items: before.items + goods, shipping: before.shipping + sending, ..before };
                let back = entries::refund(&[TakenBack { before, after }]);
                prop_assert!(back.iter().all(|entry| entry.amount > 0));
                if !back.is_empty() {
                    prop_assert!(post(back.clone()).is_ok());
                }
                steps.extend(back);
                before = after;
            }
        }
        let sale = entries::sale(&parts);
        prop_assert!(post(sale.clone()).is_ok());
        let total: i64 = parts.iter().map(Part::gross).sum();
        steps.extend(sale);
        // Vendors and platform have nothing left, the buyer is owed all.
        let owed = BTreeMap::from([(Account::BuyerExternal, -total), (Account::Refunds, total)]);
        prop_assert_eq!(totals(&steps), owed);
    }
}
