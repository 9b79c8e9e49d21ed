use std::{
    cell::RefCell,
    io::{self, Write},
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use platform::Fault;
use store::mail;
use table::memory::{self, Call, Failure as TableFailure};

use super::*;

/// Gives out its faults, the first one first.
#[derive(Default)]
struct Script(Mutex<Vec<Fault>>);

#[async_trait]
impl Gate for Script {
    async fn enter(&self, _: &str) -> Fault {
        let mut faults = self.0.lock().unwrap();
        if faults.is_empty() { Fault::None } else { faults.remove(0) }
    }
}

/// What tells the welcome of a vendor from other mails.
fn key(event: &Envelope) -> String {
    format!("{}:vendor.created", event.data["vendor_id"].as_str().unwrap())
}

async fn with_faults(faults: &[Fault]) -> (World, Envelope) {
    let world = World::behind(Arc::new(Script(Mutex::new(faults.to_vec()))));
    world.vendor("tea", "owner@example.org").await;
    let event = world.told(EventType::VendorCreated);
    (world, event)
}

#[tokio::test]
async fn an_event_that_is_delivered_again_sends_nothing_more() {
    let (world, event) = with_faults(&[]).await;
    for _ in 0..3 {
        world.deliver(&event).await.unwrap();
        world.clock.advance(Duration::from_secs(3_600));
    }
    assert_eq!(world.mailer.sent().len(), 1);
    assert_eq!(world.mailer.sent()[0].reference, key(&event));
}

#[tokio::test]
async fn a_mail_that_was_not_taken_is_sent_by_the_next_delivery() {
    let (world, event) = with_faults(&[Fault::Before]).await;
    assert!(is_retry(&world.deliver(&event).await));
    assert_eq!(world.mailer.sent(), []);
    world.deliver(&event).await.unwrap();
    world.deliver(&event).await.unwrap();
    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_goes_out_twice_and_both_links_lead_to_one_account() {
    let (world, event) = with_faults(&[Fault::After]).await;
    assert!(is_retry(&world.deliver(&event).await));
    world.deliver(&event).await.unwrap();
    world.deliver(&event).await.unwrap();
    let sent = world.mailer.sent();
    assert_eq!(sent.len(), 2);
    let mut invited = Vec::new();
    for mail in &sent {
        assert_eq!(mail.reference, key(&event));
        invited.push(store::invitation::find(&world.deps.store, &token(mail)).await.unwrap());
    }
    assert_eq!(invited[0], invited[1]);
}

#[tokio::test]
async fn a_function_that_was_stopped_before_it_sent_holds_the_mail_up_for_a_minute() {
    let (world, event) = with_faults(&[]).await;
    // It got as far as the claim.
    assert_eq!(mail::claim(&world.deps.store, &key(&event)).await.unwrap(), mail::Claim::Ours);
    assert!(is_retry(&world.deliver(&event).await));
    world.clock.advance(Duration::from_secs(60) - Duration::from_millis(1));
    assert!(is_retry(&world.deliver(&event).await));
    assert_eq!(world.mailer.sent(), []);
    world.clock.advance(Duration::from_millis(1));
    world.deliver(&event).await.unwrap();
    world.deliver(&event).await.unwrap();
    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test]
async fn events_that_ask_for_no_mail_are_acknowledged() {
    let world = World::new();
    let event = world.made_up(EventType::StockUpdated, Tenant::Platform, json!({}));
    world.deliver(&event).await.unwrap();
    let unknown = json!({"detail": {"id": "evt_1", "type": "moon.risen", "version": 9, "anything": true}});
    handle(&world.deps, &unknown.to_string()).await.unwrap();
    assert_eq!(world.mailer.sent(), []);
    // Nor do they leave a trace.
    assert_eq!(world.table.dump(), []);
}

#[tokio::test]
async fn what_cannot_be_read_comes_again_and_ends_with_the_dead_letters() {
    let world = World::new();
    let no_data = world.made_up(EventType::VendorCreated, Tenant::Platform, json!({"vendor_id": 7}));
    for body in
        ["", "{", "[]", "{}", r#"{"detail": {}}"#, r#"{"detail": {"id": "1", "type": "order.confirmed"}}"#]
    {
        assert!(is_retry(&handle(&world.deps, body).await), "{body}");
    }
    assert!(is_retry(&world.deliver(&no_data).await));
}

#[tokio::test]
async fn an_account_that_is_not_there_is_given_up() {
    let world = World::new();
    let other = World::new();
    other.vendor("tea", "owner@example.org").await;
    assert!(is_permanent(&world.deliver(&other.told(EventType::VendorCreated)).await));
}

/// A table that is down.
struct Down;

#[async_trait]
impl memory::Gate for Down {
    async fn enter(&self, _: &Call) -> memory::Fault {
        memory::Fault::Before(TableFailure::Unavailable)
    }
}

#[tokio::test]
async fn while_the_table_is_down_the_event_comes_again() {
    let (world, event) = with_faults(&[]).await;
    let table = Memory::new(Arc::new(|| 0)).with_gate(Arc::new(Down));
    let store = Store::new(Arc::new(table), world.clock.clone());
    let deps = Deps { store, ..world.deps.clone() };
    assert!(is_retry(&handle(&deps, &entry(&event)).await));
    assert_eq!(world.mailer.sent(), []);
}

/// Lets the store be read and the mail be claimed, and loses what comes after.
struct Marking;

#[async_trait]
impl memory::Gate for Marking {
    async fn enter(&self, call: &Call) -> memory::Fault {
        let is_mail = call.keys.iter().any(|key| key.sk == "MAIL");
        if is_mail
            && call.kind == memory::Kind::Write
            && COUNT.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0
        {
            memory::Fault::Before(TableFailure::Unavailable)
        } else {
            memory::Fault::None
        }
    }
}

static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

#[tokio::test]
async fn a_mail_that_has_gone_is_not_sent_again_because_it_could_not_be_marked() {
    let world = World::new();
    let seconds = world.clock.clone();
    let table = Arc::new(Memory::new(Arc::new(move || seconds.now().secs())).with_gate(Arc::new(Marking)));
    let deps = Deps { store: Store::new(table.clone(), world.clock.clone()), ..world.deps.clone() };
    let world = World { deps, table, ..world };
    world.vendor("tea", "owner@example.org").await;
    world.deliver(&world.told(EventType::VendorCreated)).await.unwrap();
    assert_eq!(world.mailer.sent().len(), 1);
}

thread_local! {
    /// What this test's thread has logged.
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_holds_an_address_or_a_token() {
    // One subscriber for all tests of the process: one for this thread alone misses events whose call sites another thread has
    // met before, when nobody listened.
    let subscriber = tracing_subscriber::fmt().with_env_filter("trace").with_writer(|| Lines).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let (world, event) = with_faults(&[Fault::After]).await;
    let lost = world.deliver(&event).await;
    world.deliver(&event).await.unwrap();
    let logged = String::from_utf8(LINES.take()).unwrap();
    assert!(logged.contains("mailed") && logged.contains(&event.id), "{logged}");
    let error = format!("{lost:?}");
    for mail in world.mailer.sent() {
        for text in [&logged, &error] {
            assert!(!text.contains("owner@") && !text.contains(token(&mail).reveal()), "{text}");
        }
    }
}

#[test]
fn the_rule_lets_through_what_asks_for_a_mail() {
    let template = include_str!("../../../../template.yaml");
    let (_, rule) = template.split_once("\n  NotifierRule:").unwrap();
    let (_, types) = rule.split_once("detail-type: [").unwrap();
    let (types, _) = types.split_once(']').unwrap();
    let mut listed: Vec<_> = types.split(',').map(str::trim).collect();
    listed.sort_unstable();
    let mut asked: Vec<_> = crate::letters::ASKED_FOR.iter().map(|kind| kind.as_str()).collect();
    asked.sort_unstable();
    assert_eq!(listed, asked);
}
