//! What the books say of the balance at Stripe, and between what it may lie.

use super::*;

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
