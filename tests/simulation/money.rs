//! Where the money of a sale goes, and comes back from: shares, refunds, debts, disputes, and vendors that Stripe does not pay.

use std::time::Duration;

use domain::Currency;
use platform::Clock;
use serde_json::{Value, json};
use table::{Key, Table, Update, Write};

use souk_tests::simulation::{Answer, Shop, World, rules};

use super::purchase::{balance, cancel, filled, funds, funds_in, is, pay, refunds, seen, sold};

async fn refund(world: &World, shop: &Shop, placed: &Value, body: Value) -> Answer {
    let id = placed["order"]["id"].as_str().unwrap();
    world.console(shop, "POST", &format!("/orders/{id}/refunds"), body).await
}

async fn refund_as_support(world: &World, placed: &Value, body: Value) -> Answer {
    let (id, token) = (placed["order"]["id"].as_str().unwrap(), world.support().await);
    world.call("POST", &format!("/api/v1/admin/orders/{id}/refunds"), Some(&token), Some(body)).await
}

fn line(order: &Value, at: usize) -> &str {
    order["lines"][at]["id"].as_str().unwrap()
}

/// Stripe pays a vendor from now on, or does not.
fn judge(world: &World, shop: &Shop, ready: bool) {
    let account = shop.vendor.payouts.account_id.as_deref().unwrap();
    world.stripe.machine().judge_account(account, ready, world.clock.now().ms()).unwrap();
}

fn pay_out(world: &World, shop: &Shop) {
    let account = shop.vendor.payouts.account_id.as_deref().unwrap();
    world.stripe.machine().pay_out(account, world.clock.now().ms()).unwrap();
}

async fn shares(world: &World, shop: &Shop) -> Value {
    world.call("GET", "/api/v1/vendor/transfers", Some(&shop.token), None).await.expect(200)["data"].clone()
}

/// The platform's balance at Stripe.
fn platform(world: &World) -> i64 {
    world.stripe.machine().balance()["eur"]
}

#[tokio::test(start_paused = true)]
async fn two_sellers_and_the_platform_get_their_shares() {
    let world = World::with(70, 2, None);
    let ([tea, pots], _, _) = sold(&world).await;
    assert_eq!((funds(&world, &tea).await, funds(&world, &pots).await), (7_200, 1_800));
    // Stripe keeps 1.5% and a quarter.
    assert_eq!(platform(&world), 10_000 - 7_200 - 1_800 - 175);
    let share = &shares(&world, &tea).await[0];
    assert_eq!((&share["earned"]["amount"], &share["paid"]["amount"]), (&json!(7_200), &json!(7_200)));
    assert_eq!(
        (&share["waiting"]["amount"], &share["transfers"][0]["amount"]["amount"]),
        (&json!(0), &json!(7_200))
    );
    assert_eq!(balance(&world, &tea).await, json!(0));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn the_commission_is_that_of_the_day_of_the_sale() {
    let world = World::new(80);
    let ([tea, _], [leaves, _], cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    let vendor = Key::new(format!("T#{}#VENDOR", tea.vendor.id), "VENDOR");
    world.table.write(Write::update(vendor, Update::new().set("commission", 2_000))).await.unwrap();
    pay(&world, &placed).await;
    world.settle().await;
    assert_eq!(funds(&world, &tea).await, 8_000 - 800);
    let unit = json!({"lines": [{"id": line(&world.order(&placed).await, 0), "quantity": 1}]});
    refund(&world, &tea, &placed, unit).await.expect(201);
    world.settle().await;
    assert_eq!(funds(&world, &tea).await, 4_000 - 400);
    // What is sold from now on is sold at the other.
    let cart = world.cart().await;
    world.add(&cart, &leaves, 1).await.expect(200);
    let placed = world.check_out(&cart).await.expect(201);
    pay(&world, &placed).await;
    world.settle().await;
    assert_eq!(funds(&world, &tea).await, 4_000 - 400 + 4_000 - 800);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn yen_are_counted_whole() {
    let world = World::new(81);
    let yen: Currency = "JPY".parse().unwrap();
    let (tea, pots) = (world.shop_in("tea-house", yen).await, world.shop_in("pot-house", yen).await);
    let (leaves, pot) =
        (world.product(&tea, "LEAVES", 1_003, 5).await, world.product(&pots, "POT", 337, 5).await);
    let cart = world.cart().await;
    world.add(&cart, &leaves, 1).await.expect(200);
    world.add(&cart, &pot, 1).await.expect(200);
    let placed = world.check_out(&cart).await.expect(201);
    assert_eq!(placed["order"]["totals"]["total"], json!({"amount": 1_340, "currency": "JPY"}));
    assert_eq!(world.stripe.machine().intents()[0]["amount"], 1_340);
    assert_eq!(world.stripe.machine().intents()[0]["currency"], "jpy");
    pay(&world, &placed).await;
    world.settle().await;
    // A tenth of 1003 is 100.3, of 337 it is 33.7.
    let has = async |shop: &Shop| funds_in(&world, shop, "JPY").await;
    assert_eq!((has(&tea).await, has(&pots).await), (903, 303));
    refund(&world, &pots, &placed, json!({"full": true})).await.expect(201);
    world.settle().await;
    assert_eq!((has(&tea).await, has(&pots).await, refunds(&world)), (903, 0, vec![337]));
    refund_as_support(&world, &placed, json!({"full": true})).await.expect(201);
    world.settle().await;
    assert_eq!((has(&tea).await, refunds(&world)), (0, vec![337, 1_003]));
    assert_eq!((seen(&world, &placed).await.1, balance(&world, &tea).await), ("full".to_owned(), json!(0)));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn what_the_stream_lost_is_shared_out_by_the_sweeper() {
    let world = World::new(71);
    let ([tea, pots], _, cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    pay(&world, &placed).await;
    world.deliver_webhooks().await;
    world.lose_the_stream();
    world.later(Duration::from_secs(180)).await;
    // It is confirmed by then, and nobody is told.
    world.lose_the_stream();
    world.later(Duration::from_secs(86_400)).await;
    assert_eq!((funds(&world, &tea).await, funds(&world, &pots).await), (7_200, 1_800));
    assert_eq!(platform(&world), 10_000 - 7_200 - 1_800 - 175);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_refunds_its_own_units_and_their_share_comes_back() {
    let world = World::with(72, 2, None);
    let ([tea, pots], _, placed) = sold(&world).await;
    let order = world.order(&placed).await;
    let leaves = json!({"lines": [{"id": line(&order, 0), "quantity": 1}], "reason": "One bag was torn."});
    let made = refund(&world, &tea, &placed, leaves.clone()).await.expect(201);
    assert_eq!((&made["amount"]["amount"], &made["status"]), (&json!(4_000), &json!("pending")));
    world.settle().await;
    assert_eq!((refunds(&world), seen(&world, &placed).await), (vec![4_000], is("CONFIRMED", "partial")));
    assert_eq!((funds(&world, &tea).await, funds(&world, &pots).await), (3_600, 1_800));
    let shown = world.order(&placed).await;
    assert_eq!(
        (&shown["refunds"][0]["status"], &shown["lines"][0]["refunded"]),
        (&json!("succeeded"), &json!(1))
    );
    assert_eq!(shown["refunds"][0]["reason"], "One bag was torn.");
    // No more than was sold, and nothing of the other's.
    let more = json!({"lines": [{"id": line(&order, 0), "quantity": 2}]});
    let refused = refund(&world, &tea, &placed, more).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "refund_too_large"));
    assert_eq!(refused.body["error"]["available"], 1);
    let foreign = refund(&world, &pots, &placed, leaves).await;
    assert_eq!((foreign.status.as_u16(), foreign.code()), (422, "invalid_value"));
    let nothing = refund(&world, &tea, &placed, json!({})).await;
    assert_eq!((nothing.status.as_u16(), nothing.code()), (422, "invalid_value"));
    refund(&world, &tea, &placed, json!({"full": true})).await.expect(201);
    world.settle().await;
    assert_eq!((funds(&world, &tea).await, platform(&world)), (0, 10_000 - 8_000 - 1_800 - 175));
    refund_as_support(&world, &placed, json!({"full": true})).await.expect(201);
    world.settle().await;
    assert_eq!(
        (refunds(&world), seen(&world, &placed).await.1),
        (vec![4_000, 4_000, 2_000], "full".to_owned())
    );
    assert_eq!(platform(&world), -175);
    let refused = refund_as_support(&world, &placed, json!({"full": true})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid_value"));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_its_vendor_cannot_cover_is_a_debt_that_the_next_sale_pays() {
    let world = World::with(73, 2, None);
    let ([tea, _], [leaves, _], placed) = sold(&world).await;
    pay_out(&world, &tea);
    refund_as_support(&world, &placed, json!({"full": true})).await.expect(201);
    world.settle().await;
    // The buyer has it all; the platform has laid out what the vendor owes.
    assert_eq!((refunds(&world), platform(&world)), (vec![10_000], -7_200 - 175));
    assert_eq!(balance(&world, &tea).await, json!(-7_200));
    rules::check(&world);
    let cart = world.cart().await;
    world.add(&cart, &leaves, 2).await.expect(200);
    let next = world.check_out(&cart).await.expect(201);
    pay(&world, &next).await;
    world.settle().await;
    assert_eq!((funds(&world, &tea).await, balance(&world, &tea).await), (0, json!(0)));
    let all = shares(&world, &tea).await;
    let of_next = |share: &&Value| share["order_id"] == next["order"]["id"];
    let share = all.as_array().unwrap().iter().find(of_next).unwrap();
    assert_eq!((&share["withheld"]["amount"], &share["paid"]["amount"]), (&json!(7_200), &json!(0)));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_paid_does_not_sell() {
    let world = World::new(74);
    let shop = world.new_shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let cart = world.cart().await;
    world.add(&cart, &leaves, 2).await.expect(200);
    let refused = world.check_out(&cart).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "vendor_not_ready"));
    let account = world.account(&shop, "LU").await;
    world.told(&shop, &account).await;
    world.check_out(&cart).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn a_share_waits_for_a_vendor_that_stripe_holds_back_and_goes_when_it_is_ready() {
    let world = World::with(75, 2, None);
    let ([tea, pots], _, cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    judge(&world, &tea, false);
    pay(&world, &placed).await;
    world.settle().await;
    assert_eq!((funds(&world, &tea).await, funds(&world, &pots).await), (0, 1_800));
    assert_eq!(balance(&world, &tea).await, json!(7_200));
    assert_eq!(shares(&world, &tea).await[0]["waits_for"], "not_ready");
    rules::check(&world);
    world.clock.advance(Duration::from_secs(3_600));
    judge(&world, &tea, true);
    world.settle().await;
    // The webhook has made it due.
    world.later(Duration::from_secs(60)).await;
    assert_eq!((funds(&world, &tea).await, balance(&world, &tea).await), (7_200, json!(0)));
    rules::check(&world);
}

/// Takes the money of an order back, and lets the news of it arrive; answers the dispute.
async fn dispute(world: &World, placed: &Value) -> String {
    let intent = world.intent_of(placed["order"]["id"].as_str().unwrap()).await;
    let charge = payments::Stripe::intent(&world.stripe, &intent.parse().unwrap()).await.unwrap().charge;
    let opened = world.stripe.machine().dispute(&charge.unwrap(), world.clock.now().ms()).unwrap();
    opened["id"].as_str().unwrap().to_owned()
}

fn decide(world: &World, dispute: &str, won: bool) {
    world.stripe.machine().decide_dispute(dispute, won, world.clock.now().ms()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dispute_that_is_lost_takes_the_shares_back() {
    let world = World::with(76, 2, None);
    let ([tea, pots], _, placed) = sold(&world).await;
    let id = dispute(&world, &placed).await;
    world.settle().await;
    assert_eq!(world.order(&placed).await["payment_status"], "DISPUTED");
    assert_eq!(platform(&world), 1_000 - 175 - 10_000 - 2_000);
    let refused = refund(&world, &tea, &placed, json!({"full": true})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "payment_disputed"));
    rules::check(&world);
    decide(&world, &id, false);
    world.settle().await;
    assert_eq!(world.order(&placed).await["payment_status"], "LOST");
    assert_eq!((funds(&world, &tea).await, funds(&world, &pots).await), (0, 0));
    assert_eq!((platform(&world), refunds(&world).len()), (-175 - 2_000, 0));
    assert_eq!(world.mailer.sent().iter().filter(|mail| mail.kind == "payment-disputed").count(), 4);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_dispute_that_is_won_costs_its_fee_and_refunds_go_on() {
    let world = World::with(77, 2, None);
    let ([tea, pots], _, placed) = sold(&world).await;
    let id = dispute(&world, &placed).await;
    world.settle().await;
    decide(&world, &id, true);
    world.settle().await;
    assert_eq!(world.order(&placed).await["payment_status"], "CAPTURED");
    assert_eq!((funds(&world, &tea).await, funds(&world, &pots).await), (7_200, 1_800));
    assert_eq!(platform(&world), 1_000 - 175 - 2_000);
    refund(&world, &tea, &placed, json!({"full": true})).await.expect(201);
    world.settle().await;
    assert_eq!(refunds(&world), [8_000]);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_dispute_whose_news_are_lost_is_found_by_the_daily_look() {
    let world = World::new(78);
    let ([tea, _], _, placed) = sold(&world).await;
    let id = dispute(&world, &placed).await;
    world.settle().await;
    decide(&world, &id, false);
    world.take_webhooks();
    world.later(Duration::from_secs(86_400)).await;
    assert_eq!(world.order(&placed).await["payment_status"], "LOST");
    assert_eq!(funds(&world, &tea).await, 0);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_dispute_that_comes_before_the_payment_is_known_finds_it_paid() {
    let world = World::new(79);
    let (_, _, cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    pay(&world, &placed).await;
    world.take_webhooks();
    dispute(&world, &placed).await;
    world.settle().await;
    let order = world.order(&placed).await;
    assert_eq!((&order["status"], &order["payment_status"]), (&json!("CONFIRMED"), &json!("DISPUTED")));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_dispute_of_what_its_buyer_had_called_off_stands_for_the_refund() {
    let world = World::with(79, 2, None);
    let (_, _, cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    pay(&world, &placed).await;
    world.deliver_webhooks().await;
    cancel(&world, &placed).await.expect(200);
    // The bank is faster than the refund, which Stripe does not give of a disputed charge.
    let id = dispute(&world, &placed).await;
    world.settle().await;
    assert_eq!((seen(&world, &placed).await.0, refunds(&world)), ("CANCELLED".to_owned(), vec![]));
    rules::check(&world);
    decide(&world, &id, false);
    world.settle().await;
    world.later(Duration::from_secs(2 * 86_400)).await;
    assert_eq!(refunds(&world), Vec::<i64>::new());
    let order = placed["order"]["id"].as_str().unwrap().parse().unwrap();
    let order = store::order::get(&world.store, &domain::Tenant::Platform, order).await.unwrap();
    assert_eq!((order.payment.state, order.owes_its_buyer()), (domain::payment::PaymentState::Lost, false));
    rules::check(&world);
}
