//! What a use case costs the table: round trips and write units, pinned.

use std::{collections::BTreeMap, time::Duration};

use domain::variant::VariantRef;
use table::Usage;

use souk_tests::simulation::{Shop, World};

/// What each use case of a sale cost.
#[derive(Debug)]
struct Costs {
    add: Vec<Usage>,
    check_out: Usage,
    webhook: Usage,
    confirm: Usage,
    /// How often each type of event was published.
    events: BTreeMap<String, usize>,
}

async fn sale(lines: usize, vendors: usize) -> Costs {
    let world = World::new(30);
    let mut shops: Vec<Shop> = Vec::new();
    for n in 0..vendors {
        shops.push(world.shop(&format!("shop-{n}")).await);
    }
    let mut goods: Vec<VariantRef> = Vec::new();
    for n in 0..lines {
        goods.push(world.product(&shops[n % vendors], &format!("SKU-{n}"), 1000, 5).await);
    }
    // The pointers are read once per process; here they are warm.
    for place in &goods {
        store::pointer::variant(&world.store, place.variant_id).await.unwrap();
    }
    world.settle().await;
    let furnished = world.trace().len();
    let cart = world.cart().await;
    world.table.meter().take();
    let mut add = Vec::new();
    for place in &goods {
        world.add(&cart, place, 1).await.expect(200);
        add.push(world.table.meter().take());
    }
    let placed = world.check_out(&cart).await.expect(201);
    let check_out = world.table.meter().take();
    world.pay(&world.intent_of(placed["order"]["id"].as_str().unwrap()).await, "pm_card_visa");
    world.table.meter().take();
    world.deliver_webhooks().await;
    let webhook = world.table.meter().take();
    world.settle().await;
    let confirm = world.table.meter().take();
    world.later(Duration::ZERO).await;
    let mut events = BTreeMap::new();
    for line in &world.trace()[furnished..] {
        if let Some((kind, _)) = line.strip_prefix("event ").and_then(|event| event.split_once(' ')) {
            *events.entry(kind.to_owned()).or_default() += 1;
        }
    }
    Costs { add, check_out, webhook, confirm, events }
}

/// Round trips and write units.
fn spent(usage: &Usage) -> (u64, u64) {
    (usage.round_trips, usage.write_units)
}

#[tokio::test(start_paused = true)]
async fn a_sale_of_two_lines_of_two_vendors_costs_50_write_units_and_15_to_share_it_out() {
    let costs = sale(2, 2).await;
    let steps = costs.add.iter().chain([&costs.check_out, &costs.webhook, &costs.confirm]);
    let all: u64 = steps.map(|usage| usage.write_units).sum();
    // Of each vendor the settlement, its transfer with the posting, and a statement line; and Stripe's fee.
    assert_eq!(all, 50 + 2 * 7 + 1, "{costs:?}");
}

#[tokio::test(start_paused = true)]
async fn a_sale_of_two_lines_of_two_vendors_publishes_20_events() {
    let mut events: BTreeMap<String, usize> = BTreeMap::new();
    for (kind, times) in sale(2, 2).await.events {
        let about = kind.split_once('.').map_or(kind.as_str(), |(about, _)| about).to_owned();
        *events.entry(about).or_default() += times;
    }
    let expected =
        [("cart", 4), ("order", 5), ("payment", 1), ("shipment", 2), ("stock", 6), ("transfer", 2)];
    assert_eq!(events, expected.map(|(about, times)| (about.to_owned(), times)).into());
}

#[tokio::test(start_paused = true)]
async fn each_step_of_a_sale_costs_what_it_is_pinned_at() {
    for (lines, vendors, first, last, check_out, webhook, confirm) in [
        (1, 1, (2, 5), (2, 5), (4, 13), (1, 2), (15, 25)),
        (2, 2, (2, 5), (2, 4), (4, 15), (1, 2), (19, 39)),
        (50, 20, (2, 5), (2, 28), (4, 173), (1, 15), (91, 429)),
    ] {
        let costs = sale(lines, vendors).await;
        // One batch_get and one transaction, whatever is in the cart already.
        assert!(costs.add.iter().all(|usage| usage.round_trips == 2), "{:?}", costs.add);
        assert_eq!((spent(&costs.add[0]), spent(&costs.add[lines - 1])), (first, last), "{lines} lines");
        // One get, one batch_get, one transaction, one write.
        assert_eq!(spent(&costs.check_out), check_out, "{lines} lines");
        assert_eq!(spent(&costs.webhook), webhook, "{lines} lines");
        // One get, one transaction; then one query of the ledger and a statement line per vendor, the fee, and of each vendor's share three writes; for the mail
        // a claim, a get and a note that it has gone.
        assert_eq!(spent(&costs.confirm), confirm, "{lines} lines");
    }
}
