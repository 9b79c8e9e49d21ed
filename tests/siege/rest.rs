//! When everything has come to rest.

use std::time::{Duration, Instant};

use domain::order::{Order, OrderStatus};
use serde_json::json;
use souk_tests::deployed::{
    shop::{Goods, Shop},
    stack::Stack,
};

/// How long coming to rest may take before it counts as never. A captured order whose event was lost is due two minutes after its capture, and the
/// messages of a killed order-lifecycle come again after three. One of whose capture nobody told is due at the end of its hold, after a minute: then
/// the sweeper learns of it from Stripe, and two minutes later confirms it. This is more than twice as long.
const PATIENCE: Duration = Duration::from_secs(480);

/// The orders at rest.
pub(crate) struct Rest {
    pub(crate) orders: Vec<Order>,
    /// How long it took.
    pub(crate) after: Duration,
}

impl Rest {
    /// Sweeps until nothing is left to be done.
    pub(crate) async fn of(shop: &Shop, unit: &Goods) -> Self {
        let begun = Instant::now();
        loop {
            let swept = sweep(&shop.stack).await;
            let orders = orders(&shop.stack).await;
            let mut left = unfinished(&orders);
            left.extend(swept);
            let [_, _, reserved, allocated] = shop.levels(unit).await;
            if (reserved, allocated) != (0, 0) {
                left.push(format!("{reserved} reserved, {allocated} allocated"));
            }
            let webhooks = shop.stack.webhooks_on_their_way().await;
            if webhooks > 0 {
                left.push(format!("{webhooks} webhooks"));
            }
            if left.is_empty() {
                return Self { orders, after: begun.elapsed() };
            }
            assert!(begun.elapsed() < PATIENCE, "it does not come to rest: {left:#?}");
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    pub(crate) fn confirmed(&self) -> Vec<&Order> {
        self.orders.iter().filter(|order| order.status == OrderStatus::Confirmed).collect()
    }
}

/// Sweeps, and tells what went wrong with it.
async fn sweep(stack: &Stack) -> Option<String> {
    let answer = stack.invocation("reservation-expiry", &json!({})).send().await;
    let went_well = !answer.headers.contains_key("x-amz-function-error") && answer.json()["failed"] == 0;
    (!went_well).then(|| format!("{answer:?}"))
}

/// All orders of the stack, as they lie in the table.
async fn orders(stack: &Stack) -> Vec<Order> {
    let found = stack.all("order").await;
    found.into_iter().map(|order| serde_json::from_value(order).unwrap()).collect()
}

/// The orders that are neither filled nor ended, or whose buyers are owed money.
fn unfinished(orders: &[Order]) -> Vec<String> {
    let at_rest = |order: &&Order| {
        matches!(order.status, OrderStatus::Confirmed | OrderStatus::Cancelled) && !order.owes_its_buyer()
    };
    orders.iter().filter(|order| !at_rest(order)).map(|order| format!("{order:?}")).collect()
}
