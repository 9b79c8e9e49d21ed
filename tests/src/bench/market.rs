//! What the measured calls are about: a market as the functions themselves make it, in memory.

use domain::{OrderId, variant::VariantRef};
use events::{Change, Envelope, EventType};
use platform::{Clock, SystemClock};
use serde_json::{Value, json};
use table::{Item, Key, Record, dynamodb::to_wire};

use souk_lab::Fallible;

use souk_tests::simulation::World;

/// A market with goods, a cart that holds one line, and an order that was just paid.
pub(crate) struct Market {
    /// The table.
    pub(crate) items: Vec<Item>,
    pub(crate) shelf: VariantRef,
    pub(crate) cart: String,
    /// What Stripe sends when the order is paid.
    pub(crate) webhook: String,
    /// The change of the order that its payment is, as the table's stream tells it.
    pub(crate) payment: Value,
    /// The same as the bus tells it.
    pub(crate) captured: Value,
}

impl Market {
    pub(crate) async fn furnished() -> Fallible<Self> {
        let world = World::new(1);
        world.clock.set(SystemClock.now());
        let shop = world.shop("kringel").await;
        let shelf = world.product(&shop, "TEA-100", 12_50, 1_000_000).await;
        let other = world.product(&shop, "TEA-250", 28_00, 1_000_000).await;
        let cart = world.cart().await;
        world.add(&cart, &other, 1).await.expect(200);
        let webhook = paid(&world, &[&shelf, &other]).await?;
        let records = world.table.records_from(1);
        let (payment, captured) = records.iter().rev().find_map(captured).ok_or("no payment was captured")?;
        Ok(Self { items: world.table.dump(), shelf, cart, webhook, payment, captured })
    }

    /// The keys of the items of a kind whose partition ends like this.
    pub(crate) fn keys(&self, entity: &str, ending: &str) -> Vec<Key> {
        let meant = |item: &&Item| item.str("entity") == Some(entity) && item.key.pk.ends_with(ending);
        self.items.iter().filter(meant).map(|item| item.key.clone()).collect()
    }
}

/// Buys, pays, and hears of it.
async fn paid(world: &World, goods: &[&VariantRef]) -> Fallible<String> {
    let cart = world.cart().await;
    for place in goods {
        world.add(&cart, place, 1).await.expect(200);
    }
    let placed = world.check_out(&cart).await.expect(201);
    let order: OrderId = serde_json::from_value(placed["order"]["id"].clone())?;
    let order = order.to_string();
    world.pay(&world.intent_of(&order).await, "pm_card_visa");
    let mut body = None;
    while let Some(delivery) = world.stripe.next_delivery() {
        let heard = world.webhook("/", &delivery.body, &delivery.signature).await.status;
        if delivery.event_type == "payment_intent.succeeded" {
            body = Some(delivery.body.to_string());
        }
        world.stripe.settle(delivery, heard.is_success());
    }
    Ok(body.ok_or("Stripe told of no payment")?)
}

/// A record that tells of a captured payment, and what it tells.
fn captured(record: &Record) -> Option<(Value, Value)> {
    let new = record.new.as_ref()?;
    let change = Change {
        pk: &record.key.pk,
        sk: &record.key.sk,
        old: record.old.as_ref().map(|item| &*item.doc),
        new: Some(&new.doc),
        seen_at: SystemClock.now(),
    };
    let told: Vec<Envelope> = events::of_change(&change).ok()?;
    let event = told.into_iter().find(|event| event.kind == EventType::PaymentCaptured)?;
    let stream = json!({
        "eventID": "7d7c6a0ef0d9d1d2a8b0a4f3c5e6b7a8",
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": SystemClock.now().secs(),
            "Keys": {"PK": {"S": record.key.pk}, "SK": {"S": record.key.sk}},
            "OldImage": record.old.as_deref().map(to_wire),
            "NewImage": to_wire(new),
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 2048,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/souk/stream/2026-11-21T08:00:00.000",
    });
    let entry = json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": event.kind.as_str(),
        "source": event.kind.source(),
        "account": "123456789012",
        "time": event.occurred_at,
        "region": "eu-central-1",
        "resources": [],
        "detail": event,
    });
    Some((stream, entry))
}
