//! What happens by itself: webhooks, the stream, the bus and the sweeper arrive, each as often as the world delivers.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use axum::body::Body;
use domain::{
    Timestamp,
    reconciliation::{Difference, Run},
};
use http::Request;
use outbox_relay::Seen;
use platform::{BusEvent, Clock};
use reconciler::Looked;
use serde_json::json;
use store::page::Paging;
use stripe_fake::machine::Target;
use table::Record;

use super::{Answer, WEBHOOK_SECRET, World, answer};
use crate::simulation::queue::Queue;

impl World {
    /// Lets everything that is under way arrive, until nothing is left.
    pub async fn settle(&self) {
        loop {
            let moved = self.deliver_webhooks().await + self.relay().await + self.consume().await;
            if moved == 0 {
                return;
            }
        }
    }

    /// Time passes, and the sweeper comes at its end.
    pub async fn later(&self, by: Duration) -> reservation_expiry::Swept {
        self.clock.advance(by);
        let swept = self.sweep().await;
        self.settle().await;
        swept
    }

    /// The sweeper comes.
    pub async fn sweep(&self) -> reservation_expiry::Swept {
        let swept = reservation_expiry::handle(&self.sweeper).await.unwrap();
        self.note(format!("swept {swept:?}"));
        swept
    }

    /// Books, orders, stock and Stripe are compared, once nothing has happened for hours; answers what differs.
    pub async fn reconcile(&self) -> Vec<Difference> {
        // The latest run is the one with the latest id.
        self.clock.advance(Duration::from_secs(1));
        let run = Run::asked(self.ids.next(), self.clock.now());
        store::reconciliation::save(&self.store, 0, &run).await.unwrap();
        let ran = reconciler::handle(&self.reconciler).await.unwrap();
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let paging = Paging { limit: 100, cursor };
            let page = store::reconciliation::differences(&self.store, run.id, &paging).await.unwrap();
            found.extend(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert!(
            matches!(ran, Looked::Ran { differences, .. } if differences == found.len() as u64),
            "{ran:?}"
        );
        found
    }

    /// The webhooks that are due, for the test to bring.
    pub fn take_webhooks(&self) -> Vec<stripe_fake::Outgoing> {
        std::iter::from_fn(|| self.stripe.next_delivery()).collect()
    }

    pub async fn deliver_webhooks(&self) -> usize {
        let mut delivered = 0;
        while let Some(delivery) = self.stripe.next_delivery() {
            let mut accepted = false;
            for _ in 0..self.deliveries {
                let status =
                    self.webhook(endpoint(&delivery), &delivery.body, &delivery.signature).await.status;
                self.note(format!("webhook {} {status}", delivery.event_type));
                accepted |= status.is_success();
            }
            self.stripe.settle(delivery, accepted);
            delivered += 1;
        }
        delivered
    }

    /// What Stripe signs a body with now.
    pub fn signed(&self, body: &str) -> String {
        payments::webhook::sign(body, WEBHOOK_SECRET, self.clock.now().secs())
    }

    pub async fn webhook(&self, path: &str, body: &str, signature: &str) -> Answer {
        let request =
            Request::post(path).header("stripe-signature", signature).body(Body::from(body.to_owned()));
        answer(&self.apps.webhook, request.unwrap()).await
    }

    /// What was written and has not reached the bus yet never will.
    pub fn lose_the_stream(&self) {
        let last = self.table.records_from(1).last().map_or(0, |record| record.sequence);
        self.read_until.store(last + 1, SeqCst);
    }

    async fn relay(&self) -> usize {
        let from = self.read_until.load(SeqCst);
        let records = self.table.records_from(from);
        let Some(last) = records.last() else {
            return 0;
        };
        self.read_until.store(last.sequence + 1, SeqCst);
        for _ in 0..self.deliveries {
            let answer = self.relayed(&records).await;
            assert_eq!(answer.failures, []);
        }
        records.len()
    }

    /// The relay is handed records of the stream.
    pub(in crate::simulation) async fn relayed(&self, records: &[Record]) -> outbox_relay::Answer {
        let seen = records.iter().map(|record| {
            let (old, new) = (record.old.clone(), record.new.clone());
            let at = Timestamp::from_secs(record.at);
            Ok(Seen { sequence: record.sequence.to_string(), at, old, new })
        });
        outbox_relay::relay(&self.relay, seen).await
    }

    async fn consume(&self) -> usize {
        let entries = self.bus.take_published();
        for entry in &entries {
            self.note(format!("event {} {}", entry.detail_type, entry.id));
            for queue in Queue::of(&entry.detail_type) {
                for _ in 0..self.deliveries {
                    queue.handle(self, &message(entry)).await.unwrap();
                }
            }
        }
        let reminders = self.mails.take_sent();
        for reminder in &reminders {
            for _ in 0..self.deliveries {
                Queue::Notifier.handle(self, reminder).await.unwrap();
            }
        }
        entries.len() + reminders.len()
    }
}

/// An event as its queue's message.
pub(in crate::simulation) fn message(entry: &BusEvent) -> String {
    let (kind, source) = (json!(entry.detail_type), json!(entry.source));
    format!(r#"{{"detail-type":{kind},"source":{source},"detail":{}}}"#, entry.detail)
}

/// Where a webhook goes to.
pub(in crate::simulation) fn endpoint(delivery: &stripe_fake::Outgoing) -> &'static str {
    match delivery.target {
        Target::Platform => "/",
        Target::Connect => "/connect",
    }
}
