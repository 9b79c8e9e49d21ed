use domain::{
    Id, LedgerTransactionId,
    order::{CancelReason, Moment, Order, OrderStatus},
    payment::PaymentState,
};
use events::{
    EventType,
    data::{OrderChanged, OrderCreated, PaymentChanged},
};

use crate::images::{at, kinds, order, told};

fn next(before: &Order, after: &Order) -> Vec<EventType> {
    kinds(&told("order", Some(before), after))
}

/// The order as a webhook leaves it.
fn reported(before: &Order, status: OrderStatus, state: PaymentState, minute: i64) -> Order {
    let mut after = before.clone();
    (after.status, after.payment.state) = (status, state);
    (after.updated_at, after.version) = (at(minute), before.version + 1);
    after.timeline.push(Moment { status, timestamp: at(minute), tracking_number: None });
    after
}

fn paid() -> Order {
    reported(&order(), OrderStatus::Paid, PaymentState::Captured, 5)
}

#[test]
fn an_order_is_created_with_what_was_bought() {
    let events = told("order", None, &order());
    assert_eq!(kinds(&events), [EventType::OrderCreated]);
    let data: OrderCreated = events[0].data().unwrap();
    assert_eq!((data.total.amount, data.items.len(), events[0].occurred_at), (3_750, 2, at(3)));
}

#[test]
fn noting_the_intent_tells_nothing() {
    let mut noted = order();
    noted.payment.intent_id = Some("pi_2".to_owned());
    noted.version += 1;
    assert_eq!(next(&order(), &noted), []);
}

#[test]
fn a_capture_is_told_of_the_payment_and_of_the_order() {
    let events = told("order", Some(&order()), &paid());
    let expected = [EventType::PaymentCaptured, EventType::OrderPaid, EventType::OrderStatusChanged];
    assert_eq!(kinds(&events), expected);
    let payment: PaymentChanged = events[0].data().unwrap();
    assert_eq!((payment.amount.amount, payment.payment_intent_id.as_deref()), (3_750, Some("pi_1")));
    let changed: OrderChanged = events[1].data().unwrap();
    assert_eq!((changed.from, changed.status), (OrderStatus::Pending, OrderStatus::Paid));
    assert_eq!(changed.vendors.len(), 2);
    assert!(events.iter().all(|event| event.occurred_at == at(5)));
}

#[test]
fn a_declined_card_is_told_each_time_and_a_payment_under_way_as_a_status() {
    let failed = reported(&order(), OrderStatus::PaymentFailed, PaymentState::Failed, 5);
    let expected = [EventType::PaymentFailed, EventType::OrderStatusChanged];
    assert_eq!(next(&order(), &failed), expected);
    let tried = reported(&failed, OrderStatus::PaymentProcessing, PaymentState::Processing, 6);
    assert_eq!(next(&failed, &tried), [EventType::OrderStatusChanged]);
    assert_eq!(
        next(&tried, &reported(&tried, OrderStatus::PaymentFailed, PaymentState::Failed, 7)),
        expected
    );
}

#[test]
fn a_confirmation_is_told_once_and_is_no_payment() {
    let confirmed = paid().confirmed(LedgerTransactionId::from_bits(1), at(6)).unwrap().order;
    assert_eq!(next(&paid(), &confirmed), [EventType::OrderConfirmed, EventType::OrderStatusChanged]);
    for status in [OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered] {
        let later = Order { status, version: confirmed.version + 1, ..confirmed.clone() };
        assert_eq!(next(&confirmed, &later), [EventType::OrderStatusChanged], "{status:?}");
    }
}

#[test]
fn a_cancellation_tells_its_reason() {
    let cancelled = order().cancelled(CancelReason::Unpaid, at(34)).unwrap();
    let events = told("order", Some(&order()), &cancelled);
    assert_eq!(kinds(&events), [EventType::OrderCancelled, EventType::OrderStatusChanged]);
    let data: OrderChanged = events[0].data().unwrap();
    assert_eq!((data.from, data.reason), (OrderStatus::Pending, Some(CancelReason::Unpaid)));
}

#[test]
fn money_that_comes_after_the_end_is_told_and_so_is_its_way_back() {
    let cancelled = order().cancelled(CancelReason::Unpaid, at(34)).unwrap();
    let mut late = cancelled.clone();
    late.payment.state = PaymentState::Captured;
    late.version += 1;
    assert_eq!(next(&cancelled, &late), [EventType::PaymentCaptured]);
    let asked = late.asking_all_back(LedgerTransactionId::from_bits(1), at(41)).unwrap().0;
    assert_eq!(next(&late, &asked), [EventType::PaymentRefundRequested]);
    let given = asked.refunded(&asked.refunds[0], LedgerTransactionId::from_bits(2), at(42)).unwrap().0;
    assert_eq!(next(&asked, &given), [EventType::PaymentRefunded]);
}
