mod orders;
mod people;
mod sending;

use std::sync::Arc;

use domain::{
    Currency, Tenant, Timestamp,
    account::{Admin, Customer, PasswordHash, Staff, StaffRole},
    vendor::Vendor,
};
use events::{Change, Envelope, EventType, of_change};
use platform::{
    Clock, Gate, Ids, Mail, ManualClock, Secret, SeededRandom, batch::Failure, fault::Open,
    mail::MemoryMailer,
};
use serde_json::{Value, json};
use store::{
    Store,
    account::{self, Account},
    session::Session,
};
use table::memory::Memory;

use crate::{Deps, handle};

struct World {
    deps: Deps,
    table: Arc<Memory>,
    clock: Arc<ManualClock>,
    mailer: Arc<MemoryMailer>,
}

impl World {
    fn new() -> Self {
        Self::behind(Arc::new(Open))
    }

    /// A world whose mailer is behind a gate.
    fn behind(gate: Arc<dyn Gate>) -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-21T08:00:00.000Z".parse().unwrap()));
        let seconds = clock.clone();
        let table = Arc::new(Memory::new(Arc::new(move || seconds.now().secs())));
        let mailer = Arc::new(MemoryMailer::behind(gate));
        let deps = Deps {
            store: Store::new(table.clone(), clock.clone()),
            mailer: mailer.clone(),
            ids: Ids::new(clock.clone(), Arc::new(SeededRandom::new(1))),
            storefront_url: "https://souk.example.com".to_owned(),
            console_url: "https://console.example.com".to_owned(),
        };
        Self { deps, table, clock, mailer }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the table's stream tells, from its beginning.
    fn told(&self, kind: EventType) -> Envelope {
        let told = self.table.records_from(1).into_iter().flat_map(|record| {
            let change = Change {
                pk: &record.key.pk,
                sk: &record.key.sk,
                old: record.old.as_ref().map(|item| &*item.doc),
                new: record.new.as_ref().map(|item| &*item.doc),
                seen_at: self.now(),
            };
            of_change(&change).unwrap()
        });
        told.into_iter().find(|event| event.kind == kind).unwrap()
    }

    /// An event that no change of the table stands behind.
    fn made_up(&self, kind: EventType, tenant: Tenant, data: Value) -> Envelope {
        let id = format!("evt_{}", kind.as_str());
        let at = self.now();
        Envelope { id, kind, version: 1, tenant, occurred_at: at, correlation_id: None, actor: None, data }
    }

    async fn deliver(&self, event: &Envelope) -> Result<(), Failure> {
        handle(&self.deps, &entry(event)).await
    }

    /// Delivers, and answers the one mail that this sends.
    async fn mail_of(&self, event: &Envelope) -> Mail {
        let before = self.mailer.sent().len();
        self.deliver(event).await.unwrap();
        let sent = self.mailer.sent();
        assert_eq!(sent.len(), before + 1);
        sent.last().unwrap().clone()
    }

    async fn vendor(&self, slug: &str, owner: &str) -> (Vendor, Staff) {
        let ids = &self.deps.ids;
        let (id, owner_id) = (ids.next(), ids.next());
        let place = ("LU".parse().unwrap(), Currency::EUR);
        let vendor = Vendor::new(
            id,
            owner_id,
            slug.parse().unwrap(),
            "Tea & Co".try_into().unwrap(),
            place,
            self.now(),
        );
        let staff = Staff::invited(owner_id, id, owner.parse().unwrap(), StaffRole::Owner, self.now());
        store::vendor::create(&self.deps.store, &vendor, &staff).await.unwrap();
        (vendor, staff)
    }

    async fn admin(&self, email: &str, password: Option<&str>) -> Admin {
        let password = password.map(|password| PasswordHash(password.to_owned()));
        let admin = Admin::new(self.deps.ids.next(), email.parse().unwrap(), password, self.now());
        account::create_admin(&self.deps.store, &admin).await.unwrap();
        admin
    }

    async fn customer(&self, channel: Tenant, email: &str, name: Option<&str>) -> Customer {
        let name = name.map(|name| name.try_into().unwrap());
        let who = (email.parse().unwrap(), name);
        let customer =
            Customer::new(self.deps.ids.next(), channel, who, PasswordHash("x".to_owned()), self.now());
        let session = Session::starting(Account::Customer(customer.clone()).principal(), self.now());
        account::register(&self.deps.store, &customer, (&self.deps.ids.token(), &session)).await.unwrap();
        customer
    }
}

/// The bus's entry of an event, as the queue brings it.
fn entry(event: &Envelope) -> String {
    json!({
        "version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "detail-type": event.kind.as_str(),
        "source": event.kind.source(), "account": "123456789012", "time": "2026-11-21T08:00:01Z", "region": "eu-west-1",
        "resources": [], "detail": event,
    })
    .to_string()
}

/// The token of the link in a mail.
fn token(mail: &Mail) -> Secret<String> {
    let (_, rest) = mail.text.split_once("token=").unwrap();
    Secret::new(rest.split_whitespace().next().unwrap().to_owned())
}

fn is_retry(outcome: &Result<(), Failure>) -> bool {
    matches!(outcome, Err(Failure::Retry(_)))
}

fn is_permanent(outcome: &Result<(), Failure>) -> bool {
    matches!(outcome, Err(Failure::Permanent(_)))
}
