//! What is planted where it lies is found and named: in the table, and at Stripe.

use std::time::Duration;

use domain::reconciliation::DifferenceKind as D;
use payments::{NewRefund, NewTransfer, Stripe, Transfers};
use platform::Clock;
use serde_json::{Value, json};
use table::{Item, Table, Update, Write};

use souk_tests::simulation::{Shop, World};

use super::purchase::sold;

/// A market after a sale, in which nothing has happened for hours.
struct Market {
    world: World,
    tea: Shop,
    placed: Value,
}

impl Market {
    async fn new() -> Self {
        let world = World::new(80);
        let ([tea, _], _, placed) = sold(&world).await;
        world.later(Duration::from_secs(2 * 3_600)).await;
        world.clock.advance(Duration::from_secs(2 * 3_600));
        Self { world, tea, placed }
    }

    async fn kinds(&self) -> Vec<D> {
        let mut kinds: Vec<D> = self.world.reconcile().await.into_iter().map(|one| one.kind).collect();
        kinds.dedup();
        kinds
    }

    fn item(&self, wanted: impl Fn(&Item) -> bool) -> Item {
        self.world.table.dump().into_iter().find(wanted).unwrap()
    }

    async fn write(&self, write: Write) {
        self.world.table.write(write).await.unwrap();
    }

    async fn posted(&self, kind: &str) -> Item {
        self.item(|item| item.str("entity") == Some("ledger") && item.str("kind") == Some(kind))
    }

    async fn intent(&self) -> payments::Intent {
        let id = self.world.intent_of(self.placed["order"]["id"].as_str().unwrap()).await;
        self.world.stripe.intent(&id.parse().unwrap()).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_differs_in_what_is_right() {
    let market = Market::new().await;
    assert_eq!(market.kinds().await, []);
    let token = market.world.support().await;
    let shown =
        market.world.call("GET", "/api/v1/admin/reconciliation", Some(&token), None).await.expect(200);
    assert_eq!((&shown["run"]["state"], &shown["run"]["orders"]), (&json!("finished"), &json!(1)));
    assert_eq!(shown["data"], json!([]));
    let books = market.world.call("GET", "/api/v1/admin/ledger", Some(&token), None).await.expect(200);
    let of = |account: &str| {
        let found = books["balances"].as_array().unwrap().iter().find(|one| one["account"] == account);
        found.map(|one| one["balance"]["amount"].clone())
    };
    assert_eq!((of("PLATFORM_REVENUE"), of("VENDOR_PAYABLE")), (Some(json!(1_000)), Some(json!(0))));
    assert_eq!(of("STRIPE_FEES"), Some(json!(-175)));
    let path = format!("/api/v1/admin/ledger?order_id={}", market.placed["order"]["id"].as_str().unwrap());
    let of_order = market.world.call("GET", &path, Some(&token), None).await.expect(200);
    let kinds: Vec<_> = of_order["data"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "transfer").count(), 2);
    assert!(kinds.contains(&json!("sale")) && kinds.contains(&json!("fee")), "{kinds:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_in_the_table_is_found() {
    let market = Market::new().await;
    let vendor = market.item(|item| item.key.pk == format!("T#{}#VENDOR", market.tea.vendor.id));
    let fee = market.posted("fee").await;
    market.write(Write::delete(fee.key.clone())).await;
    // Without its posting, Stripe has less than the books say.
    assert_eq!(market.kinds().await, [D::FeeMissing, D::Balance]);
    market.write(Write::put(fee)).await;
    let line = market.item(|item| item.str("entity") == Some("statement"));
    market.write(Write::delete(line.key.clone())).await;
    assert_eq!(market.kinds().await, [D::StatementMissing]);
    market.write(Write::put(line)).await;
    let standing = Update::new().set("payouts_status", "restricted");
    market.write(Write::update(vendor.key.clone(), standing)).await;
    assert_eq!(market.kinds().await, [D::AccountStanding]);
    market.write(Write::put(vendor.clone())).await;
    let debt = table::Key::new(vendor.key.pk.clone(), "DEBT#EUR");
    let owes = Update::new().set("entity", "debt").add("amount", 5).add("version", 1);
    market.write(Write::update(debt.clone(), owes)).await;
    assert_eq!(market.kinds().await, [D::DebtAmount]);
    market.write(Write::delete(debt)).await;
    let variant = market.item(|item| item.str("entity") == Some("variant"));
    for (counter, kinds) in [
        ("reserved", vec![D::StockUnbalanced, D::StockReserved]),
        ("allocated", vec![D::StockUnbalanced, D::StockAllocated]),
        ("sold", vec![D::StockSold]),
        ("on_hand", vec![D::StockUnbalanced]),
    ] {
        market.write(Write::update(variant.key.clone(), Update::new().add(counter, 1))).await;
        assert_eq!(market.kinds().await, kinds);
        market.write(Write::put(variant.clone())).await;
    }
    let sale = market.posted("sale").await;
    market.write(Write::delete(sale.key.clone())).await;
    let found = market.kinds().await;
    assert!(found.contains(&D::SaleMissing), "{found:?}");
    market.write(Write::put(sale)).await;
    assert_eq!(market.kinds().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_did_at_stripe_is_found() {
    let market = Market::new().await;
    let intent = market.intent().await;
    let refund = NewRefund {
        key: "by hand".to_owned(),
        intent: intent.id.clone(),
        amount: Some(100),
        metadata: [].into(),
    };
    market.world.stripe.refund(refund).await.unwrap();
    assert_eq!(market.kinds().await, [D::RefundUnrecorded, D::Balance]);

    let market = Market::new().await;
    let transfer = NewTransfer {
        key: "by hand".to_owned(),
        amount: 100,
        currency: "EUR".to_owned(),
        destination: market.tea.vendor.payouts.account_id.clone().unwrap(),
        source: market.intent().await.charge.unwrap(),
        group: market.placed["order"]["id"].as_str().unwrap().to_owned(),
        metadata: [].into(),
    };
    market.world.stripe.transfer(transfer).await.unwrap();
    assert_eq!(market.kinds().await, [D::TransferUnrecorded, D::Balance]);

    let market = Market::new().await;
    let now = market.world.clock.now().ms();
    let charge = market.intent().await.charge.unwrap();
    market.world.stripe.machine().dispute(&charge, now).unwrap();
    market.world.take_webhooks();
    assert_eq!(market.kinds().await, [D::DisputeUnrecorded, D::Balance]);
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_not_compared_and_a_run_is_asked_for_once() {
    let world = World::new(81);
    let (_, _, placed) = sold(&world).await;
    assert_eq!(world.reconcile().await, []);
    let run = store::reconciliation::latest(&world.store).await.unwrap().unwrap();
    assert_eq!((run.orders, run.under_way, run.variants), (0, 1, 2));
    assert!(placed["order"]["id"].is_string());
}
