//! How a life ends: everything comes to rest, is brought once more where that is asked for, and is judged.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use domain::{Timestamp, reconciliation::DifferenceKind, settlement::Waiting};
use events::{Change, of_change};
use platform::{Clock, batch::Failure};
use store::due::{Due, What};
use tokio::time::sleep;

use super::{Delivered, Life, Tallies};
use crate::simulation::{bank, chaos::entity, rules, run::Outcome, vendor};

/// Nothing takes longer to come to rest: a debit is under way for days, a cart lives for seven.
const REST_ROUNDS: u32 = 400;
/// How many things that are due are looked at for the next of a shard: more than are tried for ever.
const SOME: u32 = 200;

impl Life {
    /// Whoever is still waited for does what is waited for: Stripe pays every account.
    pub(in crate::simulation) async fn make_up(&self) {
        for shop in &self.shops {
            let vendor = store::vendor::get(&self.world.store, shop.vendor.id).await.unwrap();
            if let Some(account) = vendor.payouts.account_id {
                bank::judge(self, &account, true);
            }
        }
    }

    /// Lets time pass until nothing is under way and nothing is due any more; vendors ship what is left to ship.
    pub(in crate::simulation) async fn come_to_rest(self: &Arc<Self>) {
        // Where nothing was to be shipped, nobody looks again before there is a shipment that is new.
        let (mut looked_until, mut idle) = (1, false);
        for _ in 0..REST_ROUNDS {
            self.settle().await;
            let news = self.world.table.records_from(looked_until);
            looked_until += news.len() as u64;
            if !idle || news.iter().any(|record| entity(&record.key) == "shipment") {
                let mut all = vendor::Moved::default();
                for shop in &self.shops {
                    let of_shop = vendor::move_shipments(self, shop).await;
                    all.seen += of_shop.seen;
                    all.moved += of_shop.moved;
                }
                idle = all.seen == 0;
                if all.moved > 0 {
                    continue;
                }
            }
            let Some(due) = self.next_due().await else {
                return;
            };
            sleep(self.until(due.at.ms()) + Duration::from_secs(1)).await;
            self.sweep().await;
        }
        let due = self.next_due().await;
        self.expect(false, || format!("there is no rest: still due is {due:?}"));
    }

    /// Lets arrive what is under way.
    async fn settle(&self) {
        loop {
            sleep(Duration::from_secs(3)).await;
            let on_its_way =
                self.under_way.load(SeqCst) > 0 || self.world.stripe.machine().pending_deliveries() > 0;
            if !on_its_way {
                // What was just written reaches the bus.
                self.written.notify_one();
                sleep(Duration::from_secs(400)).await;
                if self.under_way.load(SeqCst) == 0 {
                    return;
                }
            }
            sleep(Duration::from_secs(60)).await;
        }
    }

    async fn next_due(&self) -> Option<Due> {
        let mut next: Option<Due> = None;
        for shard in 0..store::due::SHARDS {
            let far = self.world.clock.now().plus_days(10_000);
            for due in store::due::scan(&self.world.store, shard, far, SOME).await.unwrap() {
                if next.as_ref().is_some_and(|next| next.at <= due.at) {
                    break;
                }
                if !self.is_tried_for_ever(&due).await {
                    next = Some(due);
                    break;
                }
            }
        }
        next
    }

    /// Whether it is a share that Stripe lets not go to its vendor, which is asked for week by week.
    async fn is_tried_for_ever(&self, due: &Due) -> bool {
        let What::Settlement(vendor, id) = due.what else { return false };
        let share = store::settlement::get(&self.world.store, vendor, id).await.unwrap();
        share.waiting == Some(Waiting::NotPayable)
    }

    /// Brings every delivery again, as often as the plan has it and in any order: nothing may come of it (rule 7).
    pub(in crate::simulation) async fn replay(&self) {
        if self.replays == 0 {
            return;
        }
        let messages = std::mem::take(&mut *self.tallies.acknowledged.lock().unwrap());
        let (before, mails) = (self.world.table.dump(), self.world.mailer.sent().len());
        let mut all: Vec<usize> = (0..self.replays).flat_map(|_| 0..messages.len()).collect();
        self.dice(6).shuffle(&mut all);
        for at in all {
            let done = match &messages[at] {
                Delivered::Message(queue, body) => {
                    !matches!(queue.handle(&self.world, body).await, Err(Failure::Retry(_)))
                }
                Delivered::Webhook(to, body) => {
                    self.world.webhook(to, body, &self.world.signed(body)).await.status == 200
                }
            };
            self.expect(done, || format!("came again and was not done: {:?}", messages[at]));
        }
        let sent = self.world.mailer.sent().len() - mails;
        self.expect(sent == 0, || format!("{sent} mails were sent for messages that came again"));
        let after = self.world.table.dump();
        self.expect(after.len() == before.len(), || "what came again made or took away items".to_owned());
        for item in after.iter().filter(|item| !before.contains(item)) {
            self.expect(false, || format!("what came again changed {:?}: {:?}", item.key, item.doc));
        }
    }

    /// What the rules say of the money, the reconciliation says too: nothing differs, but for shares that Stripe lets not go to where their vendor is.
    pub(in crate::simulation) async fn reconcile(&self) {
        sleep(Duration::from_secs(2 * 3_600)).await;
        self.chaos.tick();
        let mut found = self.world.reconcile().await;
        found.retain(|one| one.kind != DifferenceKind::NotPayable);
        self.expect(found.is_empty(), || format!("the reconciliation finds {found:?}"));
    }

    /// Rule 9 the other way round: what was committed is published, but for records that the stream gave up.
    fn all_was_published(&self) {
        if !self.compares_events() {
            return;
        }
        let (lost, published) =
            (self.tallies.lost_records.lock().unwrap(), self.tallies.published.lock().unwrap());
        let history = self.world.table.records_from(self.began);
        for record in history.iter().filter(|record| !lost.contains(&record.sequence)) {
            let change = Change {
                pk: &record.key.pk,
                sk: &record.key.sk,
                old: record.old.as_ref().map(|item| &*item.doc),
                new: record.new.as_ref().map(|item| &*item.doc),
                seen_at: Timestamp::from_secs(record.at),
            };
            for event in of_change(&change).unwrap() {
                let kind = event.kind.as_str();
                self.expect(published.contains(&event.id), || {
                    format!("{kind} of {} was never published", record.key)
                });
            }
        }
    }

    /// What came of it, when it has come to rest.
    pub(in crate::simulation) fn outcome(&self) -> Outcome {
        let Tallies { orders, lost_records, dead_letters, late, seen, .. } = &self.tallies;
        self.all_was_published();
        let lost_records = lost_records.lock().unwrap().len() as u64;
        let dead_letters = dead_letters.load(SeqCst);
        let mut violations = seen.lock().unwrap().clone();
        let faults = self.chaos.matrix().faults_of("notifier");
        let (broken, kinds) = rules::judged(&self.world, faults, dead_letters);
        violations.extend(broken);
        Outcome {
            seed: self.seed,
            orders: orders.lock().unwrap().len() as u64,
            kinds,
            captured_late: late.lock().unwrap().len() as u64,
            lost_records,
            dead_letters,
            matrix: self.chaos.matrix(),
            violations,
            hash: self.chaos.hash(),
            lines: self.chaos.lines(),
            customers: 0,
            drawn: self.chaos.drawn(),
        }
    }
}
