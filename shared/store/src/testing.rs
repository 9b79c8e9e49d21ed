//! A store in memory, and people for it.

use std::sync::Arc;

use domain::{
    Currency, Id, Tenant, Timestamp, VendorId,
    account::{Admin, Customer, PasswordHash, Staff, StaffRole},
    email::Email,
    text::Text,
    vendor::Vendor,
};
use platform::{Clock, ManualClock, Secret};
use table::memory::{Gate, Memory};

use crate::{
    Error, Store,
    session::{Principal, Session},
};

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) table: Arc<Memory>,
    pub(crate) clock: Arc<ManualClock>,
}

pub(crate) const START: &str = "2026-11-21T08:00:00.000Z";

impl World {
    pub(crate) fn new() -> Self {
        Self::made(|table| table)
    }

    pub(crate) fn behind(gate: Arc<dyn Gate>) -> Self {
        Self::made(|table| table.with_gate(gate))
    }

    fn made(gated: impl FnOnce(Memory) -> Memory) -> Self {
        let clock = Arc::new(ManualClock::at(START.parse().unwrap()));
        let seconds = clock.clone();
        let table = Arc::new(gated(Memory::new(Arc::new(move || seconds.now().secs()))));
        let store = Store::new(table.clone(), clock.clone());
        Self { store, table, clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A vendor and its invited owner, made.
    pub(crate) async fn vendor(&self, slug: &str, owner: &str) -> Result<(Vendor, Staff), Error> {
        let (vendor, staff) = self.proposed(slug, owner);
        crate::vendor::create(&self.store, &vendor, &staff).await?;
        Ok((vendor, staff))
    }

    /// The same, not made yet; its id follows from its slug.
    pub(crate) fn proposed(&self, slug: &str, owner: &str) -> (Vendor, Staff) {
        let bits = slug.bytes().fold(1, |bits, byte| (bits << 8) | u128::from(byte));
        let (id, owner_id) = (VendorId::from_bits(bits), Id::from_bits(bits));
        let name = Text::try_from(slug).unwrap();
        let place = ("LU".parse().unwrap(), Currency::EUR);
        let vendor = Vendor::new(id, owner_id, slug.parse().unwrap(), name, place, self.now());
        (vendor, Staff::invited(owner_id, id, email(owner), StaffRole::Owner, self.now()))
    }

    pub(crate) async fn customer(&self, channel: Tenant, address: &str) -> Result<Customer, Error> {
        let bits = self.table.dump().len();
        let id = Id::from_bits(u128::try_from(bits).unwrap());
        let customer = Customer::new(id, channel, (email(address), None), hash("right"), self.now());
        let session = Session::starting(Principal::Customer { customer_id: id, channel }, self.now());
        crate::account::register(&self.store, &customer, (&token(&format!("of-{id}")), &session)).await?;
        Ok(customer)
    }

    pub(crate) async fn admin(&self, address: &str, password: Option<&str>) -> Admin {
        let id = Id::from_bits(u128::try_from(self.table.dump().len()).unwrap());
        let admin = Admin::new(id, email(address), password.map(hash), self.now());
        crate::account::create_admin(&self.store, &admin).await.unwrap();
        admin
    }
}

pub(crate) fn email(address: &str) -> Email {
    address.parse().unwrap()
}

pub(crate) fn token(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// No hash at all: the store does not look into it.
pub(crate) fn hash(password: &str) -> PasswordHash {
    PasswordHash(password.to_owned())
}
