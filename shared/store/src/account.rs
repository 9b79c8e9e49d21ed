//! People: staff, admins, customers; each kind has its own addresses.

use domain::{
    AdminId, CustomerId, StaffId, Tenant, VendorId,
    account::{AccountStatus, Admin, Customer, PasswordHash, Staff},
    email::Email,
    text::Text,
    vendor::{VendorEvent, VendorStatus},
};
use platform::secret::Secret;
use serde::{Deserialize, Serialize};
use table::{Condition, Item, Update, Write};

use crate::{
    Error, Store,
    codec::{Kind, item, read, value},
    invitation, keys,
    keys::People,
    session::{self, Principal, Session},
    vendor,
};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Holder {
    Staff { vendor_id: VendorId, staff_id: StaffId },
    Admin { admin_id: AdminId },
    Customer { customer_id: CustomerId },
}

async fn holder(store: &Store, people: &People<'_>, email: &Email) -> Result<Holder, Error> {
    read(store.table.get(&keys::unique_email(people, email)).await?.ok_or(Error::NotFound)?)
}

fn claim(people: &People<'_>, email: &Email, holder: &Holder) -> Result<Write, Error> {
    Ok(Write::create(item(keys::unique_email(people, email), Kind::Unique, holder)?))
}

pub(crate) fn claim_staff_email(staff: &Staff) -> Result<Write, Error> {
    let holder = Holder::Staff { vendor_id: staff.vendor_id, staff_id: staff.id };
    claim(&People::Staff, &staff.email, &holder)
}

pub(crate) fn staff_item(staff: &Staff) -> Result<Item, Error> {
    item(keys::staff(staff.vendor_id, staff.id), Kind::Staff, staff)
}

/// One of a vendor's staff.
pub async fn staff(store: &Store, vendor_id: VendorId, id: StaffId) -> Result<Staff, Error> {
    read(store.table.get(&keys::staff(vendor_id, id)).await?.ok_or(Error::NotFound)?)
}

pub async fn staff_by_email(store: &Store, email: &Email) -> Result<Staff, Error> {
    match holder(store, &People::Staff, email).await? {
        Holder::Staff { vendor_id, staff_id } => staff(store, vendor_id, staff_id).await,
        Holder::Admin { .. } | Holder::Customer { .. } => Err(Error::NotFound),
    }
}

/// Takes up an invitation: sets the first password, opens the vendor where it was waiting, and logs in. One transaction.
///
/// # Errors
/// [`Error::NotFound`] when the invitation was used meanwhile.
pub async fn activate(
    store: &Store,
    invitation: &Secret<String>,
    staff: &Staff,
    name: Text<120>,
    password: PasswordHash,
    session: (&Secret<String>, &Session),
) -> Result<(), Error> {
    let now = store.now();
    let active = Staff {
        name: Some(name),
        password: Some(password),
        status: AccountStatus::Active,
        version: staff.version + 1,
        ..staff.clone()
    };
    let mut writes = vec![
        invitation::take(invitation),
        Write::put_if(staff_item(&active)?, Condition::equals("version", staff.version)),
        session::write(session.0, session.1)?,
    ];
    let shop = vendor::get(store, staff.vendor_id).await?;
    if shop.status == VendorStatus::Pending
        && let Ok(status) = shop.status.on(VendorEvent::Activated)
    {
        let opened = domain::vendor::Vendor {
            status,
            activated_at: Some(now),
            version: shop.version + 1,
            ..shop
        };
        writes.push(vendor::replace(&opened)?);
    }
    store.table.transact(writes, None).await.map_err(|error| match error.failed().first() {
        Some(failed) if failed.action == 0 => Error::NotFound,
        Some(_) => Error::VersionConflict,
        None => error.into(),
    })
}

/// Makes an admin: invited, or active where a password is set.
///
/// # Errors
/// [`Error::Taken`] with `email`.
pub async fn create_admin(store: &Store, admin: &Admin) -> Result<(), Error> {
    let writes = vec![
        claim(&People::Admins, &admin.email, &Holder::Admin { admin_id: admin.id })?,
        Write::create(item(keys::admin(admin.id), Kind::Admin, admin)?),
    ];
    store.table.transact(writes, None).await.map_err(taken_email)
}

pub async fn admin(store: &Store, id: AdminId) -> Result<Admin, Error> {
    read(store.table.get(&keys::admin(id)).await?.ok_or(Error::NotFound)?)
}

pub async fn admin_by_email(store: &Store, email: &Email) -> Result<Admin, Error> {
    match holder(store, &People::Admins, email).await? {
        Holder::Admin { admin_id } => admin(store, admin_id).await,
        Holder::Staff { .. } | Holder::Customer { .. } => Err(Error::NotFound),
    }
}

/// Sets an admin's password and makes the account active; an invitation that led here is used up.
pub async fn set_admin_password(
    store: &Store,
    admin: &Admin,
    password: PasswordHash,
    invitation: Option<&Secret<String>>,
) -> Result<(), Error> {
    let update = Update::new()
        .set("password", value(&password)?)
        .set("status", value(&AccountStatus::Active)?)
        .add("version", 1);
    let seen = Condition::equals("version", admin.version);
    let mut writes = vec![Write::update_if(keys::admin(admin.id), update, seen)];
    writes.extend(invitation.map(invitation::take));
    store.table.transact(writes, None).await.map_err(|error| match error.failed().first() {
        Some(failed) if failed.action == 0 => Error::VersionConflict,
        Some(_) => Error::NotFound,
        None => error.into(),
    })
}

/// Registers a customer of a channel, and logs in. One transaction.
///
/// # Errors
/// [`Error::Taken`] with `email`.
pub async fn register(
    store: &Store,
    customer: &Customer,
    session: (&Secret<String>, &Session),
) -> Result<(), Error> {
    let people = People::Customers(&customer.channel);
    let writes = vec![
        claim(&people, &customer.email, &Holder::Customer { customer_id: customer.id })?,
        Write::create(item(keys::customer(&customer.channel, customer.id), Kind::Customer, customer)?),
        session::write(session.0, session.1)?,
    ];
    store.table.transact(writes, None).await.map_err(taken_email)
}

pub async fn customer(store: &Store, channel: &Tenant, id: CustomerId) -> Result<Customer, Error> {
    read(store.table.get(&keys::customer(channel, id)).await?.ok_or(Error::NotFound)?)
}

pub async fn customer_by_email(store: &Store, channel: &Tenant, email: &Email) -> Result<Customer, Error> {
    match holder(store, &People::Customers(channel), email).await? {
        Holder::Customer { customer_id } => customer(store, channel, customer_id).await,
        Holder::Staff { .. } | Holder::Admin { .. } => Err(Error::NotFound),
    }
}

fn taken_email(error: table::Error) -> Error {
    match error.failed().first() {
        Some(failed) if failed.action == 0 => Error::Taken("email"),
        _ => error.into(),
    }
}

/// A session's principal, as the account has it.
pub fn principal_of(staff: &Staff) -> Principal {
    Principal::Staff { staff_id: staff.id, vendor_id: staff.vendor_id, role: staff.role }
}
