//! Everybody at once for the last units, with transactions that collide.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use async_trait::async_trait;
use table::memory::{Call, Failure, Fault, Gate};

use souk_tests::simulation::{World, rules};

/// Lets every fifth write collide, and others go first meanwhile.
#[derive(Default)]
struct Collisions {
    writes: AtomicU64,
    collided: AtomicU64,
}

#[async_trait]
impl Gate for Collisions {
    async fn enter(&self, call: &Call) -> Fault {
        tokio::task::yield_now().await;
        if !call.kind.is_write() {
            return Fault::None;
        }
        // A multiplicative hash spreads the collisions over the calls without a pattern that retries could fall into.
        let n = self.writes.fetch_add(1, SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        if n.is_multiple_of(5) {
            self.collided.fetch_add(1, SeqCst);
            return Fault::Before(Failure::Conflict);
        }
        Fault::None
    }
}

#[tokio::test(start_paused = true)]
async fn of_64_buyers_for_the_last_10_units_exactly_10_get_one() {
    let gate = Arc::new(Collisions::default());
    let world = Arc::new(World::with(20, 1, Some(gate.clone())));
    let shop = world.shop("tea-house").await;
    let units = world.product(&shop, "UNIT", 1000, 10).await;
    let mut carts = Vec::new();
    for _ in 0..64 {
        carts.push(world.cart().await);
    }
    let mut buyers = tokio::task::JoinSet::new();
    for cart in carts {
        let world = world.clone();
        buyers.spawn(async move { world.add(&cart, &units, 1).await });
    }
    let answers = buyers.join_all().await;
    let held = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
    let refused = answers.iter().filter(|answer| answer.code() == "insufficient_stock").count();
    assert_eq!((held, refused), (10, 54), "{answers:?}");
    let stock = world.stock(&units).await;
    assert_eq!((stock.on_hand, stock.available, stock.reserved), (10, 0, 10));
    assert!(gate.collided.load(SeqCst) > 20);
    rules::check(&world);
}
