use domain::{
    Currency, Id, LedgerTransactionId, OrderId, ShipmentId, Tenant,
    order::{DisputeReport, Order, OrderStatus, RefundRequest, Verdict},
    payment::PaymentState,
    payouts::{Payouts, PayoutsStatus},
    settlement::Settlement,
    vendor::Vendor,
};
use events::{
    EventType,
    data::{DisputeReported, PaymentChanged, PayoutsUpdated, TransferChanged},
};
use serde_json::json;

use crate::images::{at, kinds, order, told, told_at, vendor};

fn ltx(n: u128) -> LedgerTransactionId {
    LedgerTransactionId::from_bits(n)
}

fn confirmed() -> Order {
    let mut paid = order();
    (paid.status, paid.payment.state) = (OrderStatus::Paid, PaymentState::Captured);
    paid.confirmed(ltx(1), at(6)).unwrap().order
}

#[test]
fn each_refund_is_told_when_it_is_asked_for_and_when_it_has_gone() {
    let before = confirmed();
    let ask = |order: &Order, at_line: usize, n: u128| {
        let lines = [(order.lines[at_line].id, 1)].into();
        let request = RefundRequest { lines, ..RefundRequest::default() };
        order.refunding(&request, None, ltx(n), at(7)).unwrap().order
    };
    let (one, two) = (ask(&before, 0, 2), ask(&ask(&before, 0, 2), 1, 3));
    let events = told("order", Some(&before), &one);
    assert_eq!(kinds(&events), [EventType::PaymentRefundRequested]);
    let data: PaymentChanged = events[0].data().unwrap();
    assert_eq!((data.amount.amount, data.refund_id), (1_250, Some(ltx(2).to_string())));
    assert_eq!(kinds(&told("order", Some(&one), &two)), [EventType::PaymentRefundRequested]);
    let given = two.refunded(&two.refunds[1], ltx(4), at(8)).unwrap().0;
    let events = told("order", Some(&two), &given);
    assert_eq!(kinds(&events), [EventType::PaymentRefunded]);
    assert_eq!(events[0].data::<PaymentChanged>().unwrap().refund_id, Some(ltx(3).to_string()));
    let both = given.refunded(&given.refunds[0], ltx(5), at(9)).unwrap().0;
    assert_eq!(kinds(&told("order", Some(&given), &both)), [EventType::PaymentRefunded]);
    assert_eq!(told("order", Some(&both), &Order { version: both.version + 1, ..both.clone() }), []);
}

#[test]
fn a_dispute_is_told_when_it_is_opened_and_when_it_is_decided_and_is_no_capture() {
    let before = confirmed();
    let report = |verdict| DisputeReport { id: "dp_1".to_owned(), amount: 3_750, fee: 2_000, verdict };
    let step = |order: &Order, verdict| order.disputed(&report(verdict), ltx(9), at(9)).unwrap().unwrap().0;
    let open = step(&before, None);
    let events = told("order", Some(&before), &open);
    assert_eq!(kinds(&events), [EventType::PaymentDisputed; 2], "one for each vendor");
    let (one, other) = (events[0].tenant, events[1].tenant);
    assert_eq!((one, other), (Tenant::Vendor(vendor(1)), Tenant::Vendor(vendor(2))));
    assert_ne!(events[0].id, events[1].id);
    let data: PaymentChanged = events[0].data().unwrap();
    assert_eq!((data.amount.amount, data.dispute_id.as_deref()), (3_750, Some("dp_1")));
    let won = step(&open, Some(Verdict::Won));
    assert_eq!(kinds(&told("order", Some(&open), &won)), [EventType::PaymentDisputeWon; 2]);
    let lost = step(&open, Some(Verdict::Lost));
    assert_eq!(kinds(&told("order", Some(&open), &lost)), [EventType::PaymentDisputeLost; 2]);
    let at_once = step(&before, Some(Verdict::Lost));
    let both = [EventType::PaymentDisputed, EventType::PaymentDisputeLost];
    assert_eq!(kinds(&told("order", Some(&before), &at_once)), [both, both].concat());
}

#[test]
fn what_is_owed_anyway_and_lost_to_the_bank_is_no_refund() {
    let request = RefundRequest { lines: [(confirmed().lines[0].id, 1)].into(), ..RefundRequest::default() };
    let asked = confirmed().refunding(&request, None, ltx(2), at(7)).unwrap().order;
    let report = DisputeReport { id: "dp_1".to_owned(), amount: 3_750, fee: 0, verdict: Some(Verdict::Lost) };
    let lost = asked.disputed(&report, ltx(9), at(9)).unwrap().unwrap().0;
    let told = kinds(&told("order", Some(&asked), &lost));
    let both = [EventType::PaymentDisputed, EventType::PaymentDisputeLost];
    assert_eq!(told, [both, both].concat());
}

#[test]
fn a_share_is_told_when_it_has_reached_its_vendor_and_when_it_came_back() {
    let new = Settlement {
        id: ShipmentId::from_bits(1),
        vendor_id: vendor(1),
        order_id: OrderId::from_bits(1),
        channel: Tenant::Platform,
        currency: Currency::EUR,
        charge_id: "ch_1".to_owned(),
        earned: 900,
        taken_back: 0,
        withheld: 0,
        owing: 0,
        moves: Vec::new(),
        asked: 0,
        waiting: None,
        due: None,
        created_at: at(1),
        updated_at: at(1),
        version: 1,
    };
    let asked = new.paying(900, 0, at(2));
    assert_eq!(told("settlement", None, &asked), []);
    let paid = asked.made(0, "tr_1", at(3)).unwrap();
    let events = told("settlement", Some(&asked), &paid);
    assert_eq!((kinds(&events), events[0].occurred_at), (vec![EventType::TransferPaid], at(3)));
    let data: TransferChanged = events[0].data().unwrap();
    assert_eq!((data.amount.amount, data.transfer_id.as_str()), (900, "tr_1"));
    assert_eq!(events[0].tenant, Tenant::Vendor(vendor(1)));
    let back = paid.taking_back("tr_1", 300, at(4));
    assert_eq!(told("settlement", Some(&paid), &back), []);
    let events = told("settlement", Some(&back), &back.made(1, "trr_1", at(5)).unwrap());
    assert_eq!(kinds(&events), [EventType::TransferReversed]);
    assert_eq!(events[0].data::<TransferChanged>().unwrap().amount.amount, 300);
}

#[test]
fn news_of_a_dispute_is_told_each_time() {
    let item = |version| json!({"id": "dp_1", "intent_id": "pi_1", "version": version});
    let events = told_at("dispute", Some(&item(1)), &item(2), at(9));
    assert_eq!((kinds(&events), events[0].occurred_at), (vec![EventType::PaymentDisputeReported], at(9)));
    let data: DisputeReported = events[0].data().unwrap();
    assert_eq!((data.dispute_id.as_str(), data.payment_intent_id.as_str()), ("dp_1", "pi_1"));
    assert_eq!(told("dispute", Some(&item(2)), &item(2)), []);
}

#[test]
fn a_vendors_account_is_told_of_when_it_stands_otherwise() {
    let place = ("LU".parse().unwrap(), Currency::EUR);
    let (slug, name) = ("tea".parse().unwrap(), "Tea".try_into().unwrap());
    let made = Vendor::new(vendor(1), domain::StaffId::from_bits(2), slug, name, place, at(0));
    let payouts = |status, wanted: &[&str]| Payouts {
        account_id: Some("acct_1".to_owned()),
        status,
        wanted: wanted.iter().map(|&one| one.to_owned()).collect(),
        held_back: None,
        reported_ms: Some(at(5).ms()),
    };
    let ready = Vendor { payouts: payouts(PayoutsStatus::Ready, &[]), version: 2, ..made.clone() };
    let events = told("vendor", Some(&made), &ready);
    assert_eq!((kinds(&events), events[0].occurred_at), (vec![EventType::VendorPayoutsUpdated], at(5)));
    assert_eq!(events[0].data::<PayoutsUpdated>().unwrap().status, PayoutsStatus::Ready);
    let wanted = Vendor { payouts: payouts(PayoutsStatus::Ready, &["iban"]), version: 3, ..made.clone() };
    assert_eq!(told("vendor", Some(&ready), &wanted), []);
}
