use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    Id,
    cart::testing::{at, line},
    ledger::Account,
    order::{CancelReason, testing::confirmed},
    shipment::Shipment,
};

/// Two vendors' goods for 80.00 (4 x 20.00) and 20.00, sent for 5.00 each.
fn bought() -> (Order, Vec<Shipment>) {
    let made = confirmed(&[(1, 2_000, 4), (2, 2_000, 1)], 500, "EUR");
    (made.order, made.shipments)
}

fn parcel(n: u128) -> ShipmentId {
    ShipmentId::from_bits(n)
}

fn ask(lines: &[(u128, u32)], shipping: &[(u128, i64)]) -> RefundRequest {
    RefundRequest {
        lines: lines.iter().map(|(n, units)| (line(*n), *units)).collect(),
        shipping: shipping.iter().map(|(n, amount)| (parcel(*n), *amount)).collect(),
        reason: None,
    }
}

fn refunding(order: &Order, request: &RefundRequest, n: u128) -> Result<Refunded, RefundError> {
    order.refunding(request, None, LedgerTransactionId::from_bits(n), at(10))
}

#[test]
fn units_go_back_with_the_vendors_and_the_platforms_share() {
    let (order, _) = bought();
    let refunded = refunding(&order, &ask(&[(1, 1)], &[(1, 500)]), 2).unwrap();
    let vendor = VendorId::from_bits(1);
    let of = |account| refunded.ledger.change_of(account).amount;
    assert_eq!((of(Account::VendorPayable(vendor)), of(Account::PlatformRevenue)), (-2_300, -200));
    assert_eq!(of(Account::Refunds), 2_500);
    let asked = refunded.order.refund_due().unwrap();
    assert_eq!((asked.amount, refunded.order.refund), (2_500, Refund::None));
    let (after, posted) = refunded.order.refunded(asked, LedgerTransactionId::from_bits(3), at(11)).unwrap();
    assert_eq!((after.refund, after.refund_due()), (Refund::Partial, None));
    assert_eq!(posted.change_of(Account::Refunds).amount, -2_500);
    assert_eq!(posted.change_of(Account::BuyerExternal).amount, 2_500);
}

#[test]
fn never_more_than_was_sold() {
    let (order, _) = bought();
    let order = refunding(&order, &ask(&[(1, 3)], &[(1, 400)]), 2).unwrap().order;
    let units = refunding(&order, &ask(&[(1, 2)], &[]), 3);
    assert_eq!(units.unwrap_err(), RefundError::Units { line: line(1), left: 1 });
    let sending = refunding(&order, &ask(&[], &[(1, 101)]), 3);
    assert_eq!(sending.unwrap_err(), RefundError::Shipping { parcel: parcel(1), left: 100 });
    let below = refunding(&order, &ask(&[], &[(1, -1)]), 3);
    assert_eq!(below.unwrap_err(), RefundError::Shipping { parcel: parcel(1), left: 100 });
    assert_eq!(refunding(&order, &ask(&[(9, 1)], &[]), 3).unwrap_err(), RefundError::NotOfTheOrder);
    assert_eq!(refunding(&order, &ask(&[(1, 0)], &[(2, 0)]), 3).unwrap_err(), RefundError::Nothing);
}

#[test]
fn a_vendor_refunds_its_own_part_alone() {
    let (order, _) = bought();
    let theirs = |request: &RefundRequest| {
        let vendor = Some(VendorId::from_bits(2));
        order.refunding(request, vendor, LedgerTransactionId::from_bits(2), at(10)).map(|_| ())
    };
    assert_eq!(theirs(&ask(&[(2, 1)], &[(2, 500)])), Ok(()));
    assert_eq!(theirs(&ask(&[(1, 1)], &[])), Err(RefundError::NotOfTheOrder));
    assert_eq!(theirs(&ask(&[], &[(1, 500)])), Err(RefundError::NotOfTheOrder));
}

#[test]
fn what_is_not_paid_or_is_disputed_is_not_refunded() {
    let (mut order, _) = bought();
    order.payment.state = PaymentState::Disputed;
    assert_eq!(refunding(&order, &ask(&[(1, 1)], &[]), 2).unwrap_err(), RefundError::Disputed);
    order.payment.state = PaymentState::Captured;
    order.confirmed_at = None;
    assert_eq!(refunding(&order, &ask(&[(1, 1)], &[]), 2).unwrap_err(), RefundError::NotConfirmed);
}

#[test]
fn an_order_is_refunded_so_often_and_no_more() {
    let made = confirmed(&[(1, 1, 101)], 0, "EUR");
    let mut order = made.order;
    for n in 0..MAX_REFUNDS {
        order = refunding(&order, &ask(&[(1, 1)], &[]), 10 + n as u128).unwrap().order;
    }
    assert_eq!(refunding(&order, &ask(&[(1, 1)], &[]), 999).unwrap_err(), RefundError::TooOften);
}

#[test]
fn what_fails_is_owed_and_asked_for_anew_three_times() {
    let mut order = refunding(&bought().0, &ask(&[(1, 1)], &[]), 2).unwrap().order;
    let mut ids = Vec::new();
    for n in 0..3 {
        let asked = order.refund_due().unwrap().clone();
        let given = order.refunded(&asked, LedgerTransactionId::from_bits(20 + n), at(11)).unwrap().0;
        assert_eq!((given.refund, given.disputable()), (Refund::Partial, 9_000));
        let id = LedgerTransactionId::from_bits(30 + n);
        let (failed, posted) = given.refunds_looked_at(std::slice::from_ref(&asked.id), id, at(12)).unwrap();
        let posted = posted.unwrap();
        assert_eq!((posted.kind, posted.change_of(Account::Refunds).amount), (Kind::RepaymentFailed, 2_000));
        assert_eq!((failed.refund, failed.disputable()), (Refund::None, 11_000));
        let again = failed.refunds_looked_at(std::slice::from_ref(&asked.id), id, at(13)).unwrap();
        assert_eq!((again.1, &again.0.refunds), (None, &failed.refunds));
        ids.push(asked.id);
        order = failed;
    }
    ids.dedup();
    assert_eq!((ids.len(), order.refund_due()), (3, None));
    let owed = order.refunds.last().unwrap();
    assert_eq!((owed.amount, owed.done_at, owed.given_up_at), (2_000, None, Some(at(12))));
}

#[test]
fn what_failed_before_we_knew_that_it_was_given_posts_nothing() {
    let order = refunding(&bought().0, &ask(&[(1, 1)], &[]), 2).unwrap().order;
    let asked = order.refund_due().unwrap().id.clone();
    let id = LedgerTransactionId::from_bits(3);
    let (next, posted) = order.refunds_looked_at(std::slice::from_ref(&asked), id, at(12)).unwrap();
    let due = next.refund_due().unwrap();
    assert_eq!((posted, due.amount, due.id != asked), (None, 2_000, true));
}

#[test]
fn what_is_given_up_is_owed_and_not_asked_for() {
    let order = refunding(&bought().0, &ask(&[(1, 1)], &[]), 2).unwrap().order;
    let next = order.refund_given_up(order.refund_due().unwrap(), at(12));
    assert_eq!((next.refund_due(), next.owes_its_buyer(), next.refunds[0].was_given()), (None, false, false));
}

#[test]
fn a_parcel_that_is_not_sent_gives_back_what_is_left_of_it() {
    let (order, shipments) = bought();
    let order = refunding(&order, &ask(&[(1, 1)], &[]), 2).unwrap().order;
    let (id, now) = (LedgerTransactionId::from_bits(3), at(11));
    let withdrawn = order.withdrawn(&shipments[..1], CancelReason::Vendor, id, now).unwrap();
    let ledger = withdrawn.ledger.unwrap();
    assert_eq!(ledger.change_of(Account::Refunds).amount, 6_000 + 500);
    let vendor = Account::VendorPayable(VendorId::from_bits(1));
    assert_eq!(ledger.change_of(vendor).amount, -5_400 - 500);
    let nothing = refunding(&withdrawn.order, &ask(&[(1, 1)], &[]), 4);
    assert_eq!(nothing.unwrap_err(), RefundError::Units { line: line(1), left: 0 });

    let (order, shipments) = bought();
    let order = refunding(&order, &ask(&[(2, 1)], &[(2, 500)]), 2).unwrap().order;
    let withdrawn = order.withdrawn(&shipments[1..], CancelReason::Vendor, id, now).unwrap();
    assert_eq!((withdrawn.ledger, withdrawn.order.refunds.len()), (None, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is refunded in whichever steps: charge = refunds + vendors' shares + the platform's, and nothing of either is left when all was (rule 5).
    #[test]
    fn what_was_charged_is_where_the_books_say(
        lines in prop::collection::vec((1_u128..4, 1_i64..100_000, 1_u32..5), 1..8),
        sending in 0_i64..2_000,
        currency in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
        steps in prop::collection::vec((0_usize..8, 1_u32..5, 0_i64..2_000), 0..20),
    ) {
        let made = confirmed(&lines, sending, currency);
        let mut order = made.order;
        let mut totals: BTreeMap<Account, i64> = BTreeMap::new();
        let mut post = |transaction: &Transaction| {
            for entry in &transaction.entries {
                *totals.entry(entry.account).or_default() += entry.signed();
            }
            totals.clone()
        };
        post(&made.ledger);
        for (n, (at_line, units, amount)) in steps.into_iter().enumerate() {
            let lines = &order.lines;
            let Some(line) = lines.get(at_line % lines.len()) else { continue };
            let part = order.shipment_of(line).unwrap().id;
            let request = RefundRequest {
                lines: BTreeMap::from([(line.id, units)]),
                shipping: BTreeMap::from([(part, amount)]),
                reason: None,
            };
            let Ok(refunded) = refunding(&order, &request, 10 + n as u128) else { continue };
            let totals = post(&refunded.ledger);
            order = refunded.order;
            let of = |account: Account| totals.get(&account).copied().unwrap_or_default();
            let vendors: i64 = order.shipments.iter().map(|part| of(Account::VendorPayable(part.vendor_id))).sum();
            prop_assert_eq!(order.totals.total, of(Account::Refunds) + vendors + of(Account::PlatformRevenue));
            for part in &order.shipments {
                let left = part.sold().share() - part.refunded().share();
                prop_assert_eq!(of(Account::VendorPayable(part.vendor_id)), left);
                prop_assert!(left >= 0);
            }
            prop_assert_eq!(of(Account::Refunds), order.refunds.iter().map(|asked| asked.amount).sum::<i64>());
        }
        if let Ok(refunded) = refunding(&order, &order.all_that_is_left(None), 99) {
            let totals = post(&refunded.ledger);
            prop_assert_eq!(totals[&Account::Refunds], order.totals.total);
            for (account, total) in totals {
                prop_assert!(total == 0 || matches!(account, Account::Refunds | Account::BuyerExternal), "{} has {}", account, total);
            }
        }
    }
}
