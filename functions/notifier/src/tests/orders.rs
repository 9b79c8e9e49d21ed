use std::{collections::BTreeMap, time::Duration};

use domain::{
    Id, LedgerTransactionId, OrderId, VendorId,
    cart::{Cart, CartLine},
    hold::Hold,
    ledger::Transaction,
    order::{
        CancelReason, DisputeReport, Order, OrderStatus, Purchase, RefundAsked, RefundRequest, Terms, Verdict,
    },
    payment::PaymentState,
    shipping::Shipping,
    tax::TaxRate,
    variant::VariantRef,
};
use table::{Item, Key, Table, Write};

use super::*;

/// An order of two lines, in the table.
async fn order(world: &World, channel: Tenant, currency: &str, change: impl FnOnce(&mut Order)) -> Order {
    let vendor_id = channel.vendor().unwrap_or(VendorId::from_bits(1));
    let mut cart = Cart::new(Id::from_bits(1), channel, None, world.now());
    cart.currency = Some(currency.parse().unwrap());
    for (number, (title, quantity, unit_price)) in
        [("Green <Tea>", 2, 1050), ("Pot", 1, 3005)].into_iter().enumerate()
    {
        let bits = u128::try_from(number).unwrap();
        let options = [("size".to_owned(), "L".to_owned())].into_iter().filter(|_| number == 0).collect();
        cart.lines.push(CartLine {
            id: Id::from_bits(bits),
            variant: VariantRef {
                vendor_id,
                product_id: Id::from_bits(bits),
                variant_id: Id::from_bits(bits),
            },
            sku: "A-1".try_into().unwrap(),
            title: title.try_into().unwrap(),
            options,
            image_url: None,
            quantity,
            unit_price,
            tax_rate: TaxRate::try_from(1700).unwrap(),
            weight_grams: None,
            hold: Hold::Soft,
            stripes: 0,
            added_at: world.now(),
        });
    }
    let shipping_address = json!({
        "name": "Ada Lovelace", "line1": "1, rue de la Poste", "city": "Luxembourg", "postal_code": "L-1234", "country": "LU",
    });
    let purchase = Purchase {
        id: world.deps.ids.next(),
        payment_id: world.deps.ids.next(),
        token: "guest-token".to_owned(),
        email: "ada@example.org".parse().unwrap(),
        shipping_address: serde_json::from_value(shipping_address).unwrap(),
        customer_id: None,
    };
    let terms = Terms {
        shipment_id: world.deps.ids.next(),
        commission: 1000,
        delivery_days: 4,
        shipping: Shipping::default(),
    };
    let terms = BTreeMap::from([(vendor_id, terms)]);
    let mut order = Order::of_cart(&cart, purchase, &terms, world.now(), Duration::from_secs(1800)).unwrap();
    change(&mut order);
    let Value::Object(doc) = serde_json::to_value(&order).unwrap() else { panic!("an object") };
    let key = Key::new(format!("T#{channel}#ORDER#{}", order.id), "ORDER");
    world.table.write(Write::put(Item::new(key, doc))).await.unwrap();
    order
}

fn changed(world: &World, order: &Order, kind: EventType) -> Envelope {
    let data = json!({
        "order_id": order.id, "channel": order.channel, "from": "PAID", "status": order.status,
        "total": order.money(order.totals.total), "vendors": [],
    });
    world.made_up(kind, order.channel, data)
}

fn confirmed(order: &mut Order) {
    order.status = OrderStatus::Confirmed;
    order.payment.state = PaymentState::Captured;
    order.estimated_delivery = Some("2026-11-25T08:00:00.000Z".parse().unwrap());
}

#[tokio::test]
async fn a_confirmed_order_is_told_to_its_buyer_line_by_line() {
    let world = World::new();
    let order = order(&world, Tenant::Platform, "EUR", confirmed).await;
    let mail = world.mail_of(&changed(&world, &order, EventType::OrderConfirmed)).await;
    assert_eq!((mail.to.as_str(), mail.kind), ("ada@example.org", "order-confirmed"));
    assert_eq!(mail.subject, "Your order at souk is confirmed");
    let expected = format!(
        "Hello Ada Lovelace,\n\nthank you: your order {id} is paid and confirmed.\n\n\
         2 x Green <Tea> (size: L)\n    21.00 EUR\n1 x Pot\n    30.05 EUR\n\n\
         Items       51.05 EUR\nShipping    0.00 EUR\nTotal       51.05 EUR\nincluding tax of 7.42 EUR\n\n\
         Estimated delivery: 2026-11-25\n\n\
         It goes to:\nAda Lovelace\n1, rue de la Poste\nL-1234 Luxembourg\nLU\n\n\
         Follow your order:\nhttps://souk.example.com/market/orders/{id}?token=guest-token",
        id = order.id
    );
    assert_eq!(mail.text, expected);
    let html = mail.html.unwrap();
    assert!(html.contains("2 × Green &lt;Tea&gt;") && html.contains("21.00 EUR"), "{html}");
    assert!(html.contains("2026-11-25"), "{html}");
}

#[tokio::test]
async fn a_shops_order_leads_to_the_shop_and_speaks_its_currency() {
    let world = World::new();
    let (vendor, _) = world.vendor("tea", "owner@example.org").await;
    let order = order(&world, Tenant::Vendor(vendor.id), "JPY", confirmed).await;
    let mail = world.mail_of(&changed(&world, &order, EventType::OrderConfirmed)).await;
    assert_eq!(mail.subject, "Your order at Tea & Co is confirmed");
    assert!(mail.text.contains("5105 JPY") && !mail.text.contains("51.05"), "{}", mail.text);
    let link = format!("https://souk.example.com/vendors/tea/orders/{}?token=guest-token", order.id);
    assert!(mail.text.contains(&link), "{}", mail.text);
}

#[tokio::test]
async fn a_cancelled_order_says_why_and_what_becomes_of_the_money() {
    for (reason, state, told) in [
        (
            CancelReason::Buyer,
            PaymentState::Cancelled,
            ["was cancelled, as you asked.", "Nothing was charged."],
        ),
        (CancelReason::Unpaid, PaymentState::Cancelled, ["it was not paid in time", "Nothing was charged."]),
        (
            CancelReason::PaymentCancelled,
            PaymentState::Captured,
            ["was cancelled.", "goes back to you in full."],
        ),
    ] {
        let world = World::new();
        let order = order(&world, Tenant::Platform, "EUR", |order| {
            order.status = OrderStatus::Cancelled;
            order.cancel_reason = Some(reason);
            order.payment.state = state;
        })
        .await;
        let mail = world.mail_of(&changed(&world, &order, EventType::OrderCancelled)).await;
        assert_eq!(
            (mail.kind, mail.subject.as_str()),
            ("order-cancelled", "Your order at souk was cancelled")
        );
        let html = mail.html.as_deref().unwrap();
        for text in told {
            assert!(mail.text.contains(text) && html.contains(text), "{reason:?}: {}\n{html}", mail.text);
        }
        assert!(mail.text.contains("51.05 EUR") && !mail.text.contains("\n\n\n"), "{}", mail.text);
    }
}

#[tokio::test]
async fn a_refund_is_told_with_its_amount_and_its_reason() {
    let world = World::new();
    let asked_at = world.now();
    let order = order(&world, Tenant::Platform, "EUR", |order| {
        confirmed(order);
        order.refunds.push(RefundAsked {
            id: "ltx_1".to_owned(),
            amount: 1_050,
            reason: Some("One <pot> was broken.".try_into().unwrap()),
            asked_at,
            done_at: Some(asked_at),
            dispute_id: None,
            failed_at: None,
            given_up_at: None,
        });
    })
    .await;
    let data = json!({
        "payment_id": order.payment.id, "order_id": order.id, "channel": order.channel, "amount": 1_050, "currency": "EUR",
        "refund_id": "ltx_1",
    });
    let mail = world.mail_of(&world.made_up(EventType::PaymentRefunded, order.channel, data)).await;
    assert_eq!((mail.to.as_str(), mail.kind), ("ada@example.org", "order-refunded"));
    assert_eq!(mail.subject, "Your refund of 10.50 EUR from souk");
    assert!(mail.text.contains("10.50 EUR of your order") && mail.text.contains("One <pot> was broken."));
    assert!(mail.html.unwrap().contains("One &lt;pot&gt; was broken."));
    assert_eq!(mail.reference, format!("{}:payment.refunded:ltx_1", order.id));
}

fn ltx(n: u128) -> LedgerTransactionId {
    Id::from_bits(n)
}

/// The order as it is confirmed, and one of its two teas given back; answers what is posted for that.
fn sold(order: &mut Order, now: Timestamp) -> Vec<Transaction> {
    (order.status, order.payment.state) = (OrderStatus::Paid, PaymentState::Captured);
    let sale = order.confirmed(ltx(1), now).unwrap();
    let lines = [(sale.order.lines[0].id, 1)].into();
    let request = RefundRequest { lines, ..RefundRequest::default() };
    let asked = sale.order.refunding(&request, None, ltx(2), now).unwrap();
    let (given, repaid) = asked.order.refunded(&asked.order.refunds[0], ltx(3), now).unwrap();
    *order = given;
    vec![sale.ledger, asked.ledger, repaid]
}

/// The order as its buyer's bank takes an amount and decides at once; answers what is posted for it.
fn disputed(order: &mut Order, id: &str, amount: i64, verdict: Verdict, at: Timestamp) -> Transaction {
    let report = DisputeReport { id: id.to_owned(), amount, fee: 2_000, verdict: Some(verdict) };
    let bits = u128::try_from(amount).unwrap();
    let (next, posted) = order.disputed(&report, ltx(bits), at).unwrap().unwrap();
    *order = next;
    posted
}

async fn post(world: &World, order: &Order, posted: &[Transaction]) {
    for transaction in posted {
        store::ledger::post_once(&world.deps.store, &order.channel, transaction).await.unwrap();
    }
}

/// What tells a vendor of a dispute of all that the order cost.
fn of_dispute(world: &World, order: &Order, id: &str, vendor: VendorId, kind: EventType) -> Envelope {
    let data = json!({
        "payment_id": order.payment.id, "order_id": order.id, "channel": order.channel, "amount": 5_105, "currency": "EUR",
        "dispute_id": id, "vendor_id": vendor,
    });
    world.made_up(kind, Tenant::Vendor(vendor), data)
}

#[tokio::test]
async fn a_vendors_owner_is_told_of_a_dispute_and_how_it_ends() {
    let world = World::new();
    let (vendor, _) = world.vendor("tea", "owner@example.org").await;
    let now = world.now();
    let mut posted: Vec<Transaction> = Vec::new();
    let order = order(&world, Tenant::Vendor(vendor.id), "EUR", |order| {
        posted.extend(sold(order, now));
        posted.push(disputed(order, "dp_1", 4_055, Verdict::Lost, now));
    })
    .await;
    post(&world, &order, &posted).await;
    for (kind, subject, told) in [
        (EventType::PaymentDisputed, "A payment is disputed", "Up to 36.50 EUR of it is your share."),
        (EventType::PaymentDisputeWon, "A dispute is won", "the money is back."),
        (EventType::PaymentDisputeLost, "A dispute is lost", "Your share of 36.50 EUR is taken back."),
    ] {
        let mail = world.mail_of(&of_dispute(&world, &order, "dp_1", vendor.id, kind)).await;
        assert_eq!((mail.to.as_str(), mail.kind), ("owner@example.org", "payment-disputed"));
        assert_eq!(mail.subject, format!("{subject}: {}", order.id));
        assert_eq!(mail.reference, format!("{}:{}:dp_1:{}", order.id, kind.as_str(), vendor.id));
        let html = mail.html.as_deref().unwrap();
        assert!(mail.text.contains(told) && html.contains(told), "{}", mail.text);
        // Others may have a part in what the bank took.
        for whole in ["51.05", "40.55"] {
            assert!(!mail.text.contains(whole) && !html.contains(whole), "{}", mail.text);
        }
        let link = format!("https://console.example.com/orders/{}", order.id);
        assert!(mail.text.contains(&link), "{}", mail.text);
    }
}

#[tokio::test]
async fn of_what_was_disputed_in_parts_each_is_told_by_itself() {
    let world = World::new();
    let (vendor, _) = world.vendor("tea", "owner@example.org").await;
    let now = world.now();
    let mut posted: Vec<Transaction> = Vec::new();
    let order = order(&world, Tenant::Vendor(vendor.id), "EUR", |order| {
        posted.extend(sold(order, now));
        posted.push(disputed(order, "dp_1", 1_000, Verdict::Lost, now));
        posted.push(disputed(order, "dp_2", 3_055, Verdict::Lost, now.plus_days(1)));
    })
    .await;
    post(&world, &order, &posted).await;
    for (id, kind, told) in [
        ("dp_1", EventType::PaymentDisputed, "Up to 36.50 EUR of it is your share."),
        ("dp_1", EventType::PaymentDisputeLost, "Your share of 9.00 EUR is taken back."),
        ("dp_2", EventType::PaymentDisputed, "Up to 27.50 EUR of it is your share."),
        ("dp_2", EventType::PaymentDisputeLost, "Your share of 27.50 EUR is taken back."),
    ] {
        let mail = world.mail_of(&of_dispute(&world, &order, id, vendor.id, kind)).await;
        assert!(mail.text.contains(told), "{id}: {}", mail.text);
    }
}

#[tokio::test]
async fn who_has_nothing_left_of_an_order_is_not_told_of_its_disputes() {
    for was_confirmed in [true, false] {
        let world = World::new();
        let (vendor, _) = world.vendor("tea", "owner@example.org").await;
        let now = world.now();
        let mut posted: Vec<Transaction> = Vec::new();
        let order = order(&world, Tenant::Vendor(vendor.id), "EUR", |order| {
            if was_confirmed {
                posted.extend(sold(order, now));
                let rest = order.refunding(&order.all_that_is_left(None), None, ltx(4), now).unwrap();
                posted.push(rest.ledger);
                *order = rest.order;
            } else {
                (order.status, order.payment.state) = (OrderStatus::Paid, PaymentState::Captured);
                let (ended, owed) = order.called_off(CancelReason::Buyer, ltx(4), now).unwrap();
                posted.push(owed);
                *order = ended;
            }
            let all = order.disputable();
            posted.push(disputed(order, "dp_1", all, Verdict::Lost, now));
        })
        .await;
        post(&world, &order, &posted).await;
        for kind in [EventType::PaymentDisputed, EventType::PaymentDisputeLost] {
            let event = of_dispute(&world, &order, "dp_1", vendor.id, kind);
            world.deliver(&event).await.unwrap();
            // It is done with: nobody is reminded of it.
            let key = events::mail_key(&event);
            assert!(store::mail::unsent(&world.deps.store, &[key.as_str()]).await.unwrap().is_empty());
        }
        assert_eq!(world.mailer.sent(), [], "confirmed: {was_confirmed}");
    }
}

#[tokio::test]
async fn an_order_of_another_channel_is_not_found_under_this_one() {
    let world = World::new();
    let order = order(&world, Tenant::Platform, "EUR", confirmed).await;
    let shop = Tenant::Vendor(VendorId::from_bits(7));
    for (channel, id) in [(shop, order.id), (Tenant::Platform, OrderId::from_bits(7))] {
        let data = json!({
            "order_id": id, "channel": channel, "from": "PAID", "status": "CONFIRMED",
            "total": {"amount": 1, "currency": "EUR"}, "vendors": [],
        });
        let event = world.made_up(EventType::OrderConfirmed, channel, data);
        assert!(is_permanent(&world.deliver(&event).await));
    }
    assert_eq!(world.mailer.sent(), []);
}
