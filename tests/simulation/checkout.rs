//! Checking out in full: what it costs, and why it is refused.

use serde_json::{Value, json};
use stripe_fake::Faults;
use table::{Key, Table, Update, Write};

use souk_tests::simulation::{Shop, World, purchase, rules};

fn eur(cents: i64) -> Value {
    json!({"amount": cents, "currency": "EUR"})
}

fn bound_for(country: &str, postal_code: &str) -> Value {
    let mut purchase = purchase();
    purchase["shipping_address"]["country"] = country.into();
    purchase["shipping_address"]["postal_code"] = postal_code.into();
    purchase
}

/// A tea house that ships to Luxembourg for 4.90 and by weight to Germany, and a pot house that ships for nothing, with a cart of both.
async fn two_shops(world: &World) -> (Shop, Shop, domain::variant::VariantRef, String) {
    let (tea, pots) = (world.shop("tea-house").await, world.shop("pot-house").await);
    let zones = json!({"zones": [
        {"countries": ["LU"], "rate": {"kind": "flat", "amount": 490}, "free_from": 10_000},
        {"countries": ["DE"], "rate": {"kind": "weight", "steps": [
            {"up_to_grams": 1000, "amount": 690}, {"up_to_grams": 2000, "amount": 990}]}},
    ]});
    assert_eq!(world.console(&tea, "PUT", "/settings/shipping", zones.clone()).await.expect(200), zones);
    let (leaves, pot) =
        (world.product(&tea, "LEAVES", 4000, 50).await, world.product(&pots, "POT", 2000, 50).await);
    let product = format!("/products/{}", leaves.product_id);
    world.console(&tea, "PATCH", &product, json!({"weight_grams": 600, "tax_rate": 3})).await.expect(200);
    let cart = world.cart().await;
    world.add(&cart, &leaves, 1).await.expect(200);
    world.add(&cart, &pot, 1).await.expect(200);
    (tea, pots, leaves, cart)
}

async fn quote(world: &World, cart: &str, purchase: &Value) -> souk_tests::simulation::Answer {
    let ask = json!({"shipping_address": purchase["shipping_address"]});
    world.post(&format!("/api/v1/public/market/cart/{cart}/quote"), ask).await
}

async fn check_out(world: &World, cart: &str, purchase: &Value) -> souk_tests::simulation::Answer {
    world.post(&format!("/api/v1/public/market/cart/{cart}/checkout"), purchase.clone()).await
}

#[tokio::test(start_paused = true)]
async fn an_order_costs_its_goods_its_parcels_and_the_tax_within() {
    let world = World::new(50);
    let (tea, _, leaves, cart) = two_shops(&world).await;
    let quoted = quote(&world, &cart, &purchase()).await.expect(200);
    // 40.00 and 4.90 at 3%, 20.00 at 17%.
    let taxes = json!([
        {"rate": 3, "gross": eur(4490), "net": eur(4359), "tax": eur(131)},
        {"rate": 17, "gross": eur(2000), "net": eur(1709), "tax": eur(291)},
    ]);
    let totals = json!({
        "items": eur(6000), "shipping": eur(490), "tax": eur(422), "total": eur(6490), "taxes": taxes,
    });
    assert_eq!(quoted["totals"], totals);
    assert_eq!(
        quoted["shipments"][0],
        json!({"vendor": leaves.vendor_id, "items_total": eur(4000), "shipping_total": eur(490), "taxes": [taxes[0]]})
    );
    let placed = check_out(&world, &cart, &purchase()).await.expect(201);
    assert_eq!(placed["order"]["totals"], totals);
    let order = placed["order"]["id"].as_str().unwrap();
    world.pay(&world.intent_of(order).await, "pm_card_visa");
    world.settle().await;
    assert_eq!(world.order(&placed).await["status"], "CONFIRMED");
    rules::check(&world);
    // Commission is on the goods, and not on their sending.
    let ledger = format!("T#{}#LEDGER#", tea.vendor.id);
    let lines = world.table.dump();
    let line = lines.iter().find(|item| item.key.pk.starts_with(&ledger)).unwrap();
    assert_eq!(line.doc["amount"], eur(3600 + 490));
}

#[tokio::test(start_paused = true)]
async fn a_parcel_costs_what_its_country_and_weight_ask_and_goes_where_its_vendor_sends_it() {
    let world = World::new(51);
    let (_, _, leaves, cart) = two_shops(&world).await;
    let berlin = bound_for("DE", "10115");
    let shipping = async |purchase: &Value| {
        quote(&world, &cart, purchase).await.expect(200)["totals"]["shipping"]["amount"].clone()
    };
    assert_eq!(shipping(&berlin).await, 690);
    world.add(&cart, &leaves, 1).await.expect(200);
    assert_eq!((shipping(&berlin).await, shipping(&purchase()).await), (json!(990), json!(490)));
    world.add(&cart, &leaves, 2).await.expect(200);
    assert_eq!(shipping(&purchase()).await, 0);
    for (country, code) in [("DE", "10115"), ("FR", "75001")] {
        let far = bound_for(country, code);
        for refused in [quote(&world, &cart, &far).await, check_out(&world, &cart, &far).await] {
            assert_eq!((refused.status.as_u16(), refused.code()), (409, "not_shipped"), "{country}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_its_country_does_not_have_is_refused() {
    let world = World::new(52);
    let (_, _, _, cart) = two_shops(&world).await;
    for (country, code) in [("LU", "17280"), ("DE", "1728"), ("LU", "")] {
        let wrong = bound_for(country, code);
        for refused in [quote(&world, &cart, &wrong).await, check_out(&world, &cart, &wrong).await] {
            assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid_value"), "{country} {code}");
            let param = refused.body["error"]["param"].as_str().unwrap();
            assert_eq!(param, "shipping_address.postal_code");
        }
    }
    let placed = check_out(&world, &cart, &bound_for("LU", "L-1728")).await.expect(201);
    assert_eq!(world.order(&placed).await["shipping_address"]["postal_code"], "1728");
}

#[tokio::test(start_paused = true)]
async fn a_price_that_has_changed_is_told_with_both_and_nothing_is_ordered() {
    let world = World::new(53);
    let (tea, _, leaves, cart) = two_shops(&world).await;
    let product = format!("/products/{}", leaves.product_id);
    world.console(&tea, "PATCH", &product, json!({"price": eur(4500)})).await.expect(200);
    for refused in [quote(&world, &cart, &purchase()).await, check_out(&world, &cart, &purchase()).await] {
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "price_changed"));
        assert_eq!(refused.body["error"]["price"], json!({"was": eur(4000), "now": eur(4500)}));
        assert_eq!(refused.body["error"]["param"], "variant_id");
    }
    assert_eq!(rules::orders(&world).len(), 0);
    // Its price of before, and the customer may have it after all.
    world.console(&tea, "PATCH", &product, json!({"price": eur(4000)})).await.expect(200);
    check_out(&world, &cart, &purchase()).await.expect(201);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn what_stripe_did_not_answer_goes_on_when_the_call_is_made_again() {
    let world = World::new(56);
    let (_, _, leaves, cart) = two_shops(&world).await;
    world.stripe.machine().set_faults(Faults { fail_next: 1, status: Some(503), ..Faults::default() });
    assert_eq!(check_out(&world, &cart, &purchase()).await.status.as_u16(), 503);
    let [made] = &rules::orders(&world)[..] else { panic!("no order, or several") };
    assert_eq!((world.levels(&leaves).await, world.stripe.machine().intents().len()), ([50, 49, 0, 1], 0));
    for _ in 0..2 {
        let placed = check_out(&world, &cart, &purchase()).await.expect(201);
        assert_eq!(placed["order"]["id"], made.id.to_string());
        assert!(placed["payment"]["client_secret"].is_string(), "{placed}");
    }
    assert_eq!((rules::orders(&world).len(), world.stripe.machine().intents().len()), (1, 1));
    assert_eq!(world.levels(&leaves).await, [50, 49, 0, 1]);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_sold_any_more_is_not_ordered_though_it_is_held() {
    let world = World::new(54);
    let (tea, _, leaves, cart) = two_shops(&world).await;
    let product = format!("/products/{}", leaves.product_id);
    world.console(&tea, "POST", &format!("{product}/archive"), json!({})).await.expect(200);
    for refused in [quote(&world, &cart, &purchase()).await, check_out(&world, &cart, &purchase()).await] {
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "product_unavailable"));
    }
    let vendor = Key::new(format!("T#{}#VENDOR", tea.vendor.id), "VENDOR");
    let suspended = Update::new().set("status", "suspended");
    world.table.write(Write::update(vendor, suspended)).await.unwrap();
    for refused in [quote(&world, &cart, &purchase()).await, check_out(&world, &cart, &purchase()).await] {
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "vendor_not_selling"));
    }
    assert_eq!(rules::orders(&world).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn settings_that_say_two_things_of_a_parcel_are_refused() {
    let world = World::new(55);
    let tea = world.shop("tea-house").await;
    let flat = json!({"kind": "flat", "amount": 1});
    for (zones, status) in [
        (json!([{"countries": ["LU"], "rate": flat}, {"countries": ["LU"], "rate": flat}]), 422),
        (json!([{"countries": ["XX"], "rate": flat}]), 422),
        (json!([{"rate": {"kind": "flat", "amount": -1}}]), 422),
        (json!([{"rate": {"kind": "free"}}]), 422),
        (json!([{"rate": {"kind": "flat"}}]), 400),
        (json!("everywhere"), 400),
    ] {
        let refused = world.console(&tea, "PUT", "/settings/shipping", json!({"zones": zones})).await;
        assert_eq!(refused.status.as_u16(), status, "{zones}: {}", refused.body);
    }
    let path = "/api/v1/vendor/settings/shipping";
    let shown = world.call("GET", path, Some(&tea.token), None).await.expect(200);
    assert_eq!(shown, json!({"zones": []}));
}
