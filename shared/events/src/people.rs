//! What vendors and accounts tell: ids, never addresses.

use domain::{
    Tenant,
    account::{AccountStatus, Admin, Customer, Staff},
    vendor::Vendor,
};

use crate::{
    EventType,
    data::{AccountCreated, AdminInvited, CustomerRegistered, VendorCreated},
    derive::{Images, Made, Told},
};

pub(crate) fn vendor_events(vendor: &Images<Made, Vendor>) -> Vec<Told> {
    let new = &vendor.new;
    let data = VendorCreated {
        vendor_id: new.id,
        slug: new.slug.clone(),
        name: new.name.clone(),
        owner_id: new.owner_id,
    };
    vec![Told::new(EventType::VendorCreated, Tenant::Vendor(new.id), new.created_at, &data)]
}

pub(crate) fn staff_events(staff: &Images<Made, Staff>) -> Vec<Told> {
    let new = &staff.new;
    let data = AccountCreated::Staff { staff_id: new.id, vendor_id: new.vendor_id, role: new.role };
    vec![Told::new(EventType::AccountCreated, Tenant::Vendor(new.vendor_id), new.created_at, &data)]
}

pub(crate) fn admin_events(admin: &Images<Made, Admin>) -> Vec<Told> {
    let new = &admin.new;
    let created = AccountCreated::Admin { admin_id: new.id };
    let mut told = vec![Told::new(EventType::AccountCreated, Tenant::Platform, new.created_at, &created)];
    if new.status == AccountStatus::Invited {
        let invited = AdminInvited { admin_id: new.id };
        told.push(Told::new(EventType::AdminInvited, Tenant::Platform, new.created_at, &invited));
    }
    told
}

pub(crate) fn customer_events(customer: &Images<Made, Customer>) -> Vec<Told> {
    let new = &customer.new;
    let created = AccountCreated::Customer { customer_id: new.id, channel: new.channel };
    let registered = CustomerRegistered { customer_id: new.id, channel: new.channel };
    vec![
        Told::new(EventType::AccountCreated, new.channel, new.created_at, &created),
        Told::new(EventType::CustomerRegistered, new.channel, new.created_at, &registered),
    ]
}
