//! No event holds what tells of a person, or what lets somebody in.

use domain::{
    AdminId, CustomerId, Id, LedgerTransactionId, StaffId, Tenant,
    account::{AccountStatus, Admin, Customer, PasswordHash, Staff, StaffRole},
    order::{CancelReason, OrderStatus},
    payment::PaymentState,
    text::Text,
};
use events::Envelope;

use crate::images::{at, order, told, vendor};

/// What must not be there, in lower case.
const SECRETS: [&str; 12] = [
    "lovelace",
    "example.org",
    "marché",
    "floor four",
    "esch",
    "minett",
    "4123",
    "token",
    "secret",
    "argon2",
    "@",
    "ada",
];

fn nothing_private(events: &[Envelope]) {
    assert!(!events.is_empty());
    for event in events {
        let text = serde_json::to_string(event).unwrap().to_lowercase();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn an_orders_events_tell_neither_who_bought_nor_where_it_goes() {
    let unpaid = order();
    nothing_private(&told("order", None, &unpaid));
    let mut paid = unpaid.clone();
    (paid.status, paid.payment.state, paid.version) = (OrderStatus::Paid, PaymentState::Captured, 2);
    nothing_private(&told("order", Some(&unpaid), &paid));
    let confirmed = paid.confirmed(LedgerTransactionId::from_bits(1), at(6)).unwrap();
    nothing_private(&told("order", Some(&paid), &confirmed.order));
    for shipment in &confirmed.shipments {
        nothing_private(&told("shipment", None, shipment));
        nothing_private(&told("shipment", Some(shipment), &shipment.process(at(7)).unwrap().unwrap()));
    }
    let cancelled = unpaid.cancelled(CancelReason::Buyer, at(4)).unwrap();
    nothing_private(&told("order", Some(&unpaid), &cancelled));
}

#[test]
fn an_accounts_events_tell_ids_alone() {
    let email = || "ada.lovelace@example.org".parse().unwrap();
    let hash = || PasswordHash("$argon2id$".to_owned());
    let name = || Some(Text::try_from("Ada Lovelace").unwrap());
    let invited = Staff::invited(StaffId::from_bits(2), vendor(1), email(), StaffRole::Owner, at(0));
    let staff = Staff { name: name(), password: Some(hash()), status: AccountStatus::Active, ..invited };
    nothing_private(&told("staff", None, &staff));
    nothing_private(&told("admin", None, &Admin::new(AdminId::from_bits(4), email(), Some(hash()), at(0))));
    let customer =
        Customer::new(CustomerId::from_bits(3), Tenant::Platform, (email(), name()), hash(), at(0));
    nothing_private(&told("customer", None, &customer));
}
