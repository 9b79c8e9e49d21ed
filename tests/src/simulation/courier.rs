//! The ways between the functions, as Lambda, SQS, EventBridge and Stripe have them: at least once, late, in another order, and sometimes never.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use domain::order::OrderStatus;
use events::data::PaymentChanged;
use platform::batch::Failure;
use serde_json::Value;
use stripe_fake::Outgoing;
use table::Record;
use tokio::time::sleep;

use super::{
    dice::Dice,
    life::{Delivered, Life},
    mutation::Mutation,
    queue::Queue,
    world::{endpoint, message},
};

/// How many shards the table's stream has here: one item's changes come in their order, others' beside each other.
const SHARDS: usize = 2;
/// How old a record of the stream becomes before it is given up, in seconds (template.yaml).
const STREAM_AGE_S: i64 = 82_800;
/// How many records one batch has, at the most.
const BATCH: usize = 25;
/// How often a queue hands out a message, and after which time again (template.yaml).
const RECEIVES: u32 = 5;
const HIDDEN: Duration = Duration::from_secs(180);

/// How long most customers are at something.
const BUSY_MINUTES: u32 = 150;

/// Brings the table's changes to the relay, for as long as the life lasts.
pub(super) async fn stream(life: Arc<Life>) {
    let mut shards: [VecDeque<Record>; SHARDS] = Default::default();
    let mut read_until = life.began;
    let mut dice = life.dice(2);
    loop {
        life.written.notified().await;
        sleep(dice.up_to(Duration::from_millis(400))).await;
        for record in life.world.table.records_from(read_until) {
            read_until = record.sequence + 1;
            shards[shard(&record)].push_back(record);
        }
        for shard in &mut shards {
            relay(&life, shard, &mut dice).await;
        }
    }
}

fn shard(record: &Record) -> usize {
    let key = record.key.pk.bytes();
    key.fold(0_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % SHARDS
}

/// Empties a shard: what the relay did not do comes again, and after too long goes to S3, which nobody reads here.
async fn relay(life: &Arc<Life>, shard: &mut VecDeque<Record>, dice: &mut Dice) {
    let mut tries = 0_u32;
    let mut size = BATCH;
    while !shard.is_empty() {
        let batch: Vec<Record> = shard.iter().take(size).cloned().collect();
        let answer = publish(life, &batch, dice).await;
        let done = answer.map_or(0, |answer| match answer.failures.first() {
            Some(failed) => {
                batch.iter().take_while(|record| record.sequence.to_string() != failed.sequence).count()
            }
            None => batch.len(),
        });
        // The stream may hand out again what was done: the next batch begins where this one did.
        if done > 0 && life.chaos.twice("outbox-relay", "stream") {
            publish(life, &batch, dice).await;
        }
        shard.drain(..done);
        if done > 0 {
            (tries, size) = (0, BATCH);
            continue;
        }
        tries += 1;
        // Bisected, as the mapping is told to.
        size = (size / 2).max(1);
        while let Some(lost) = shard.pop_front_if(|record| too_old(life, record)) {
            life.chaos.note("lost", || format!("the stream lost {:?}", lost.key));
            life.lost(lost.sequence);
        }
        sleep(Duration::from_secs(1 << tries.min(8))).await;
    }
}

fn too_old(life: &Life, record: &Record) -> bool {
    life.until((record.at + STREAM_AGE_S) * 1000).is_zero()
}

/// Has the relay publish a batch, and sends what the bus took on its way to the queues.
async fn publish(life: &Arc<Life>, batch: &[Record], dice: &mut Dice) -> Option<outbox_relay::Answer> {
    let answer = life.chaos.invoke("outbox-relay", life.world.relayed(batch)).await;
    for event in life.world.bus.take_published() {
        life.chaos
            .note((&event.id, &event.detail_type), || format!("event {} {}", event.detail_type, event.id));
        life.published(&event.id);
        for queue in Queue::of(&event.detail_type) {
            let dice = Dice::of(dice.next(), 0);
            life.spawn(deliver(life.clone(), *queue, message(&event), dice));
        }
    }
    answer
}

/// Sends on its way what functions put into queues themselves, and what the bucket of pictures tells of.
pub(super) fn carry(life: &Arc<Life>) {
    let works = &life.world.works;
    for (queue, messages) in [
        (Queue::Notifier, life.world.mails.take_sent()),
        (Queue::ImportProcessor, works.queue.take_sent()),
        (Queue::Thumbnailer, works.take_uploaded()),
    ] {
        for (n, message) in (0..).zip(messages) {
            let dice = Dice::of(life.chaos.hash(), n);
            life.spawn(deliver(life.clone(), queue, message, dice));
        }
    }
}

/// Brings a message to its function until it is acknowledged, or has come too often.
async fn deliver(life: Arc<Life>, queue: Queue, body: String, mut dice: Dice) {
    let longest = if dice.chance(50) { Duration::from_secs(900) } else { Duration::from_millis(800) };
    sleep(dice.up_to(longest)).await;
    for _ in 0..RECEIVES {
        if received(&life, queue, &body).await {
            if life.chaos.twice(queue.function(), "queue") {
                sleep(dice.up_to(HIDDEN)).await;
                received(&life, queue, &body).await;
            }
            return;
        }
        sleep(HIDDEN).await;
    }
    life.chaos.note(("dead", &body), || format!("dead letter of {}: {body}", queue.function()));
    life.dead_letter();
}

/// Whether the message was acknowledged.
async fn received(life: &Arc<Life>, queue: Queue, body: &str) -> bool {
    let handled = life.chaos.invoke(queue.function(), queue.handle(&life.world, body)).await;
    life.moved();
    match handled {
        Some(Err(Failure::Retry(_))) if life.mutation != Some(Mutation::AcknowledgeAFailedMessage) => false,
        Some(_) => {
            life.acknowledged(|| Delivered::Message(queue, body.to_owned()));
            captures_are_settled(life, queue, body).await;
            true
        }
        None => false,
    }
}

/// What is acknowledged is done: the order of a captured payment does not wait any more. (The sweeper would find it, and nothing else would tell.)
async fn captures_are_settled(life: &Arc<Life>, queue: Queue, body: &str) {
    if queue != Queue::OrderLifecycle || !body.contains("payment.captured") {
        return;
    }
    let message: Value = serde_json::from_str(body).unwrap();
    let data: PaymentChanged = serde_json::from_value(message["detail"]["data"].clone()).unwrap();
    let order = store::order::get(&life.world.store, &data.channel, data.order_id).await.unwrap();
    life.expect(order.status != OrderStatus::Paid, || {
        format!("{} waits, though the message of its capture was acknowledged", order.id)
    });
}

/// Brings Stripe's webhooks, for as long as the life lasts.
pub(super) async fn webhooks(life: Arc<Life>) {
    let mut dice = life.dice(3);
    loop {
        let due = life.world.stripe.machine().next_due_ms();
        match due.map(|due| life.until(due)) {
            None => life.stripe_moved.notified().await,
            Some(Duration::ZERO) => {
                life.chaos.tick();
                while let Some(delivery) = life.world.stripe.next_delivery() {
                    life.spawn(bring(life.clone(), delivery, Dice::of(dice.next(), 0)));
                }
            }
            Some(wait) => {
                // Something earlier may come up meanwhile.
                let _earlier = tokio::time::timeout(wait, life.stripe_moved.notified()).await;
            }
        }
    }
}

/// Brings a webhook until it is accepted, for three days, less and less often, as Stripe does (<https://docs.stripe.com/webhooks#retries>).
async fn bring(life: Arc<Life>, delivery: Outgoing, mut dice: Dice) {
    let longest = if dice.chance(60) { Duration::from_secs(2400) } else { Duration::from_millis(1500) };
    sleep(dice.up_to(longest)).await;
    let (mut waited, mut pause) = (Duration::ZERO, Duration::from_secs(60));
    while !brought(&life, &delivery).await && waited < Duration::from_secs(3 * 86_400) {
        sleep(pause).await;
        waited += pause;
        pause = (pause * 2).min(Duration::from_secs(12 * 3600));
    }
    life.chaos.tick();
    life.world.stripe.settle(delivery, true);
    life.stripe_moved.notify_one();
}

/// Whether the webhook was accepted; perhaps it came twice.
async fn brought(life: &Arc<Life>, delivery: &Outgoing) -> bool {
    if life.chaos.weather().webhooks_lost {
        return false;
    }
    life.chaos.tick();
    // Signed when it is sent: what was signed hours ago is not taken any more.
    let signature = life.world.signed(&delivery.body);
    let times = if life.chaos.twice("stripe-webhook", "delivery") { 2 } else { 1 };
    let mut accepted = false;
    for _ in 0..times {
        let webhook = life.world.webhook(endpoint(delivery), &delivery.body, &signature);
        let answer = life.chaos.invoke("stripe-webhook", webhook).await;
        life.moved();
        let status = answer.map_or(502, |answer| answer.status.as_u16());
        life.answered("stripe-webhook", status);
        life.chaos
            .note((&delivery.event_type, status), || format!("webhook {} {status}", delivery.event_type));
        accepted |= status == 200;
    }
    if accepted {
        life.acknowledged(|| Delivered::Webhook(endpoint(delivery), delivery.body.to_string()));
    }
    accepted
}

/// Runs the sweeper, mostly each minute and sometimes late, for as long as the life lasts; when all but a debit is over, seldom.
pub(super) async fn sweeper(life: Arc<Life>) {
    let mut dice = life.dice(4);
    let mut done = true;
    for run in 0.. {
        // What a run that was stopped left undone is due for the next.
        if run > BUSY_MINUTES && done {
            sleep(dice.up_to(Duration::from_secs(6 * 3600))).await;
        }
        let late = if dice.chance(100) { dice.up_to(Duration::from_secs(600)) } else { Duration::ZERO };
        sleep(Duration::from_secs(60) + late).await;
        done = life.sweep().await;
    }
}
