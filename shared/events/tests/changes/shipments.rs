use domain::{
    Id, LedgerTransactionId,
    order::OrderStatus,
    payment::PaymentState,
    shipment::{Shipment, ShipmentStatus, Tracking},
    text::Text,
};
use events::{EventType, data::ShipmentChanged};

use crate::images::{at, kinds, order, told, told_at, vendor};

fn opened() -> Shipment {
    let mut paid = order();
    (paid.status, paid.payment.state) = (OrderStatus::Paid, PaymentState::Captured);
    paid.confirmed(LedgerTransactionId::from_bits(1), at(6)).unwrap().shipments.remove(0)
}

fn tracking() -> Tracking {
    Tracking {
        carrier: Text::try_from("POST").unwrap(),
        tracking_number: Text::try_from("1Z999AA10123456784").unwrap(),
    }
}

#[test]
fn a_parcel_tells_of_each_step_when_it_was_made() {
    let made = opened();
    let created = told("shipment", None, &made);
    assert_eq!(kinds(&created), [EventType::ShipmentCreated]);
    assert_eq!((created[0].occurred_at, created[0].tenant.vendor()), (at(6), Some(vendor(1))));
    let processing = made.process(at(7)).unwrap().unwrap();
    let shipped = processing.ship(tracking(), at(8)).unwrap().unwrap();
    let delivered = shipped.deliver(at(9)).unwrap().unwrap();
    for (before, after, minute) in
        [(&made, &processing, 7), (&processing, &shipped, 8), (&shipped, &delivered, 9)]
    {
        let events = told("shipment", Some(before), after);
        assert_eq!(kinds(&events), [EventType::ShipmentStatusUpdated]);
        let data: ShipmentChanged = events[0].data().unwrap();
        assert_eq!((data.status, events[0].occurred_at), (after.status, at(minute)));
        assert_eq!(data.tracking_number.is_some(), minute > 7);
    }
}

#[test]
fn a_step_whose_time_no_shipment_tells_is_dated_by_the_stream() {
    let processing = opened().process(at(7)).unwrap().unwrap();
    let cancelled = Shipment { status: ShipmentStatus::Cancelled, version: 3, ..processing.clone() };
    assert_eq!(told_at("shipment", Some(&processing), &cancelled, at(30))[0].occurred_at, at(30));
}

#[test]
fn a_shipment_that_stays_where_it_is_tells_nothing() {
    let made = opened();
    assert_eq!(told("shipment", Some(&made), &Shipment { version: 2, ..made.clone() }), []);
}
