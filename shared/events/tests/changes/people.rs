use domain::{
    AdminId, Currency, CustomerId, Id, StaffId, Tenant,
    account::{Admin, Customer, PasswordHash, Staff, StaffRole},
    vendor::{Vendor, VendorStatus},
};
use events::{
    EventType,
    data::{AccountCreated, VendorCreated},
};

use crate::images::{at, kinds, told, vendor};

fn hash() -> PasswordHash {
    PasswordHash("$argon2id$".to_owned())
}

#[test]
fn a_vendor_is_created_once_and_names_whom_to_invite() {
    let place = ("LU".parse().unwrap(), Currency::EUR);
    let (slug, name) = ("tea".parse().unwrap(), "Tea".try_into().unwrap());
    let made = Vendor::new(vendor(1), StaffId::from_bits(2), slug, name, place, at(0));
    let events = told("vendor", None, &made);
    assert_eq!(kinds(&events), [EventType::VendorCreated]);
    let data: VendorCreated = events[0].data().unwrap();
    assert_eq!((data.owner_id, data.slug.to_string()), (StaffId::from_bits(2), "tea".to_owned()));
    let active = Vendor { status: VendorStatus::Active, version: 2, ..made.clone() };
    assert_eq!(told("vendor", Some(&made), &active), []);
}

#[test]
fn an_account_of_each_kind_is_created_once() {
    let email = || "ada@example.org".parse().unwrap();
    let staff = Staff::invited(StaffId::from_bits(2), vendor(1), email(), StaffRole::Editor, at(0));
    let events = told("staff", None, &staff);
    assert_eq!(kinds(&events), [EventType::AccountCreated]);
    let created = AccountCreated::Staff { staff_id: staff.id, vendor_id: vendor(1), role: StaffRole::Editor };
    assert_eq!(events[0].data::<AccountCreated>().unwrap(), created);
    assert_eq!(told("staff", Some(&staff), &Staff { version: 2, ..staff.clone() }), []);

    let customer = Customer::new(CustomerId::from_bits(3), Tenant::Platform, (email(), None), hash(), at(0));
    let events = told("customer", None, &customer);
    assert_eq!(kinds(&events), [EventType::AccountCreated, EventType::CustomerRegistered]);
    assert_eq!(told("customer", Some(&customer), &Customer { version: 2, ..customer.clone() }), []);
}

#[test]
fn an_admin_is_invited_unless_it_has_a_password() {
    let admin =
        |password| Admin::new(AdminId::from_bits(4), "root@example.org".parse().unwrap(), password, at(0));
    let events = told("admin", None, &admin(None));
    assert_eq!(kinds(&events), [EventType::AccountCreated, EventType::AdminInvited]);
    assert_eq!(kinds(&told("admin", None, &admin(Some(hash())))), [EventType::AccountCreated]);
    assert_eq!(told("admin", Some(&admin(None)), &Admin { version: 2, ..admin(Some(hash())) }), []);
}
