//! What happens by itself: webhooks, the stream, the bus and the sweeper arrive, each as often as the world delivers.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use axum::body::Body;
use http::Request;
use platform::Clock;
use serde_json::{Value, json};
use table::dynamodb::to_wire;

use super::{Answer, World, answer};

impl World {
    /// Lets everything that is under way arrive, until nothing is left.
    pub(crate) async fn settle(&self) {
        loop {
            let moved = self.deliver_webhooks().await + self.relay().await + self.consume().await;
            if moved == 0 {
                return;
            }
        }
    }

    /// Time passes, and the sweeper comes at its end.
    pub(crate) async fn later(&self, by: Duration) -> reservation_expiry::Swept {
        self.clock.advance(by);
        let swept = reservation_expiry::handle(&self.sweeper).await.unwrap();
        self.note(format!("swept {swept:?}"));
        self.settle().await;
        swept
    }

    pub(crate) async fn deliver_webhooks(&self) -> usize {
        let mut delivered = 0;
        while let Some(delivery) = self.stripe.next_delivery() {
            let mut accepted = false;
            for _ in 0..self.deliveries {
                let status = self.webhook("/", &delivery.body, &delivery.signature).await.status;
                self.note(format!("webhook {} {status}", delivery.event_type));
                accepted |= status.is_success();
            }
            self.stripe.settle(delivery, accepted);
            delivered += 1;
        }
        delivered
    }

    pub(crate) async fn webhook(&self, path: &str, body: &str, signature: &str) -> Answer {
        let request =
            Request::post(path).header("stripe-signature", signature).body(Body::from(body.to_owned()));
        answer(&self.apps.webhook, request.unwrap()).await
    }

    async fn relay(&self) -> usize {
        let from = self.read_until.load(SeqCst);
        let records = self.table.records_from(from);
        let Some(last) = records.last() else {
            return 0;
        };
        self.read_until.store(last.sequence + 1, SeqCst);
        let wire = |item: &Option<table::Item>| item.as_ref().map(to_wire);
        for _ in 0..self.deliveries {
            let batch = records.iter().map(|record| {
                json!({"dynamodb": {
                    "SequenceNumber": record.sequence.to_string(),
                    "ApproximateCreationDateTime": self.clock.now().secs(),
                    "OldImage": wire(&record.old),
                    "NewImage": wire(&record.new),
                }})
            });
            let batch = json!({"Records": batch.collect::<Vec<_>>()});
            let batch = serde_json::from_str(&batch.to_string()).unwrap();
            let answer = outbox_relay::handle(&self.relay, batch).await;
            assert_eq!(answer.failures, []);
        }
        records.len()
    }

    async fn consume(&self) -> usize {
        let entries = self.bus.take_published();
        for entry in &entries {
            self.note(format!("event {} {}", entry.detail_type, entry.id));
            let detail: Value = serde_json::from_str(&entry.detail).unwrap();
            let message = json!({"detail-type": entry.detail_type, "source": entry.source, "detail": detail});
            for _ in 0..self.deliveries {
                order_lifecycle::handle(&self.lifecycle, &message.to_string()).await.unwrap();
            }
        }
        entries.len()
    }
}
