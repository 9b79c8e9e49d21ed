//! Those who want a unit, all at once: each fills a cart, checks out and pays, and calls again where nobody answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use souk_tests::deployed::{
    sale::{Cart, Channel, Placed},
    shop::{Goods, Shop},
    stack::{Answer, Call, Stack, unique},
};
use tokio::{sync::Semaphore, task::JoinSet};

pub(crate) const BUYERS: usize = 200;
/// How many calls are under way at once. For each of them the emulator keeps a process of the function and two threads.
const AT_ONCE: usize = 40;
/// How often a call is made, and how long it waits in between: ten minutes together. A key whose call was stopped is taken for one, and the next
/// call under it may be stopped too.
const TURNS: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(500);

const GOOD: &str = "pm_card_visa";
const DECLINED: &str = "pm_card_chargeDeclined";

/// The buyers, and what they have in common.
struct Crowd {
    stack: Stack,
    unit: Goods,
    slots: Semaphore,
    again: AtomicU32,
}

/// Lets all of them come; answers their orders, paid or not, and how many calls had to be made again.
pub(crate) async fn come(shop: &Shop, unit: &Goods) -> (Vec<Placed>, u32) {
    let crowd = Arc::new(Crowd {
        stack: shop.stack.clone(),
        unit: unit.clone(),
        slots: Semaphore::new(AT_ONCE),
        again: AtomicU32::new(0),
    });
    let channels = [shop.stack.market(), shop.channel()];
    let mut buyers = JoinSet::new();
    for number in 0..BUYERS {
        // By twenties, so that those of each kind are in both channels.
        let (crowd, channel) = (crowd.clone(), channels[number / 20 % 2].clone());
        buyers.spawn(async move { crowd.buy(&channel, number).await });
    }
    let placed = buyers.join_all().await.into_iter().flatten().collect();
    (placed, crowd.again.load(Ordering::Relaxed))
}

/// What a buyer pays with, one after the other: one in ten has a card that is declined, and half of these have another; one in twenty never pays.
fn cards(number: usize) -> &'static [&'static str] {
    match number % 20 {
        3 => &[DECLINED, GOOD],
        13 => &[DECLINED],
        7 => &[],
        _ => &[GOOD],
    }
}

impl Crowd {
    /// One buyer's visit; answers no order where no unit was left.
    async fn buy(&self, channel: &Channel, number: usize) -> Option<Placed> {
        // A call that made a cart and was not answered leaves an empty one behind, which holds nothing.
        let made = self.answered(|| channel.call("POST", "/cart")).await.expect(201);
        let cart = Cart::of(channel, &made);
        // Under a key, since adding once more would add a second unit.
        let key = unique("add");
        let added = self.answered(|| cart.adding(&self.unit, 1).header("Idempotency-Key", &key)).await;
        if is_sold_out(&added) {
            return None;
        }
        added.expect(200);
        // Without a key: the cart knows its order.
        let ordered = self.answered(|| cart.checking_out_as("ada@example.org")).await;
        // Its hold may have lapsed while it called again and again.
        if is_sold_out(&ordered) {
            return None;
        }
        let placed = Placed::of(channel, ordered.expect(201));
        for card in cards(number) {
            let answer = self.answered(|| self.stack.confirming(&placed.intent, card)).await;
            // 402 is a declined card. 400 comes too late: the order's hold is over, and its intent is cancelled.
            assert!([200, 402, 400].contains(&answer.status), "{answer:?}");
        }
        Some(placed)
    }

    /// Makes a call until it is answered. Where its function is killed the gateway answers 502, and the same call continues what was left half done.
    async fn answered(&self, call: impl Fn() -> Call) -> Answer {
        let mut last = String::new();
        for _ in 0..TURNS {
            let slot = self.slots.acquire().await.unwrap();
            let answer = call().try_send().await;
            drop(slot);
            last = match answer {
                Ok(answer) if !is_to_be_repeated(&answer) => return answer,
                other => format!("{other:?}"),
            };
            self.again.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(PAUSE).await;
        }
        panic!("called {TURNS} times, at last: {last}")
    }
}

/// Whether the same call may fare better.
fn is_to_be_repeated(answer: &Answer) -> bool {
    // The first call under the key was stopped: until its time is over, nobody knows that it was.
    let in_progress = || answer.error().1 == "idempotency_in_progress";
    answer.status >= 500 || answer.status == 429 || (answer.status == 409 && in_progress())
}

fn is_sold_out(answer: &Answer) -> bool {
    answer.status == 409 && answer.error().1 == "insufficient_stock"
}
