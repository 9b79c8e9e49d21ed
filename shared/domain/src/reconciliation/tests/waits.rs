//! What is under way, and from when on it is stuck.

use crate::{payment::PaymentState, settlement::Waiting};

use super::*;

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
