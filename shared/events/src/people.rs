//! What vendors and accounts tell: ids, never addresses.

use domain::{
    Tenant, Timestamp,
    account::{AccountStatus, Admin, Customer, Staff},
    payouts::PayoutsStatus,
    vendor::Vendor,
};
use serde::Deserialize;

use crate::{
    EventType,
    data::{AccountCreated, AdminInvited, CustomerRegistered, PayoutsUpdated, VendorCreated},
    derive::{Images, Made, Told},
};

/// What counts of a vendor.
#[derive(PartialEq, Deserialize)]
pub(crate) struct VendorWas {
    #[serde(default)]
    payouts_status: PayoutsStatus,
}

pub(crate) fn vendor_events(vendor: &Images<VendorWas, Vendor>) -> Vec<Told> {
    let new = &vendor.new;
    if vendor.old.is_some() {
        let data = PayoutsUpdated { vendor_id: new.id, status: new.payouts.status };
        let at = Timestamp::from_ms(new.payouts.reported_ms.unwrap_or_default());
        return vec![Told::new(EventType::VendorPayoutsUpdated, Tenant::Vendor(new.id), at, &data)];
    }
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
