//! People: staff, admins, customers; each kind has its own addresses.

use domain::{
    AdminId, CustomerId, StaffId, Tenant, VendorId,
    account::{AccountStatus, Admin, Attempts, Customer, PasswordHash, Staff},
    email::Email,
    text::Text,
    vendor::{VendorEvent, VendorStatus},
};
use platform::secret::Secret;
use serde::{Deserialize, Serialize};
use table::{Condition, Item, Key, Update, Write};

use crate::{
    Error, Store,
    codec::{Kind, item, read, value},
    invitation::{self, Invited},
    keys,
    keys::People,
    mail,
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

/// An account of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Account {
    Admin(Admin),
    Staff(Staff),
    Customer(Customer),
}

impl Account {
    pub fn attempts(&self) -> Attempts {
        match self {
            Self::Admin(admin) => admin.attempts,
            Self::Staff(staff) => staff.attempts,
            Self::Customer(customer) => customer.attempts,
        }
    }

    /// The password's hash, once one was set.
    pub fn password(&self) -> Option<&PasswordHash> {
        match self {
            Self::Admin(admin) => admin.password.as_ref(),
            Self::Staff(staff) => staff.password.as_ref(),
            Self::Customer(customer) => Some(&customer.password),
        }
    }

    /// Whom a session of this account stands for.
    pub fn principal(&self) -> Principal {
        match self {
            Self::Admin(admin) => Principal::Admin { admin_id: admin.id, role: admin.role },
            Self::Staff(staff) => {
                Principal::Staff { staff_id: staff.id, vendor_id: staff.vendor_id, role: staff.role }
            }
            Self::Customer(customer) => {
                Principal::Customer { customer_id: customer.id, channel: customer.channel }
            }
        }
    }

    pub(crate) fn key(&self) -> Key {
        match self {
            Self::Admin(admin) => keys::admin(admin.id),
            Self::Staff(staff) => keys::staff(staff.vendor_id, staff.id),
            Self::Customer(customer) => keys::customer(&customer.channel, customer.id),
        }
    }
}

/// Who is to take up an invitation: of several to one person the first that is taken up counts.
///
/// # Errors
/// [`Error::NotFound`] when it was used, is over, or was never made, or when the person has taken up another.
pub async fn invited(store: &Store, invitation: &Secret<String>) -> Result<Account, Error> {
    let (status, account) = match invitation::find(store, invitation).await? {
        Invited::Staff { vendor_id, staff_id } => {
            let found = staff(store, vendor_id, staff_id).await?;
            (found.status, Account::Staff(found))
        }
        Invited::Admin { admin_id } => {
            let found = admin(store, admin_id).await?;
            (found.status, Account::Admin(found))
        }
    };
    if status == AccountStatus::Invited { Ok(account) } else { Err(Error::NotFound) }
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
        attempts: Attempts::default(),
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
        let opened =
            domain::vendor::Vendor { status, activated_at: Some(now), version: shop.version + 1, ..shop };
        writes.push(vendor::replace(&opened)?);
    }
    store.table.transact(writes, None).await.map_err(used_meanwhile)
}

/// Makes an admin: invited, or active where a password is set.
///
/// # Errors
/// [`Error::Taken`] with `email`.
pub async fn create_admin(store: &Store, admin: &Admin) -> Result<(), Error> {
    let place = keys::admin(admin.id);
    let mut writes = vec![
        claim(&People::Admins, &admin.email, &Holder::Admin { admin_id: admin.id })?,
        Write::create(item(place.clone(), Kind::Admin, admin)?),
    ];
    if admin.status == AccountStatus::Invited {
        writes.push(mail::ask(&domain::mail::key(admin.id, "admin.invited"), &place, store.now())?);
    }
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

/// Takes up an admin's invitation: sets the first password, and logs in. One transaction.
///
/// # Errors
/// [`Error::NotFound`] when the invitation was used meanwhile.
pub async fn activate_admin(
    store: &Store,
    invitation: &Secret<String>,
    admin: &Admin,
    password: PasswordHash,
    session: (&Secret<String>, &Session),
) -> Result<(), Error> {
    let writes = vec![
        invitation::take(invitation),
        admin_password(admin, &password)?,
        session::write(session.0, session.1)?,
    ];
    store.table.transact(writes, None).await.map_err(used_meanwhile)
}

/// Sets an admin's password and makes the account active.
///
/// # Errors
/// [`Error::VersionConflict`] when the admin is not the one that was seen any more.
pub async fn set_admin_password(store: &Store, admin: &Admin, password: PasswordHash) -> Result<(), Error> {
    match store.table.write(admin_password(admin, &password)?).await {
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        other => Ok(other.map(|_| ())?),
    }
}

fn admin_password(admin: &Admin, password: &PasswordHash) -> Result<Write, Error> {
    let update = Update::new()
        .set("password", value(password)?)
        .set("status", value(&AccountStatus::Active)?)
        .remove("failures")
        .remove("locked_until")
        .add("version", 1);
    let seen = Condition::equals("version", admin.version);
    Ok(Write::update_if(keys::admin(admin.id), update, seen))
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
    let place = keys::customer(&customer.channel, customer.id);
    let welcome = domain::mail::key(customer.id, "customer.registered");
    let writes = vec![
        claim(&people, &customer.email, &Holder::Customer { customer_id: customer.id })?,
        Write::create(item(place.clone(), Kind::Customer, customer)?),
        session::write(session.0, session.1)?,
        mail::ask(&welcome, &place, store.now())?,
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

/// Of a transaction that begins by taking an invitation.
fn used_meanwhile(error: table::Error) -> Error {
    match error.failed().first() {
        Some(failed) if failed.action == 0 => Error::NotFound,
        Some(_) => Error::VersionConflict,
        None => error.into(),
    }
}

#[cfg(test)]
mod tests;
