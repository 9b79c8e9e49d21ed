use std::{collections::BTreeMap, time::Duration};

use domain::{
    Id, OrderId, VendorId,
    cart::{Cart, CartLine},
    hold::Hold,
    order::{CancelReason, Order, OrderStatus, Purchase, RefundAsked, Terms},
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

#[tokio::test]
async fn a_vendors_owner_is_told_of_a_dispute_and_how_it_ends() {
    let world = World::new();
    let (vendor, _) = world.vendor("tea", "owner@example.org").await;
    let order = order(&world, Tenant::Vendor(vendor.id), "EUR", confirmed).await;
    for (kind, subject, told) in [
        (EventType::PaymentDisputed, "A payment is disputed", "has taken 51.05 EUR back"),
        (EventType::PaymentDisputeWon, "A dispute is won", "51.05 EUR are back"),
        (EventType::PaymentDisputeLost, "A dispute is lost", "Your share of 45.95 EUR is taken back"),
    ] {
        let data = json!({
            "payment_id": order.payment.id, "order_id": order.id, "channel": order.channel, "amount": 5_105, "currency": "EUR",
            "dispute_id": "dp_1", "vendor_id": vendor.id,
        });
        let mail = world.mail_of(&world.made_up(kind, Tenant::Vendor(vendor.id), data)).await;
        assert_eq!((mail.to.as_str(), mail.kind), ("owner@example.org", "payment-disputed"));
        assert_eq!(mail.subject, format!("{subject}: {}", order.id));
        let html = mail.html.as_deref().unwrap();
        assert!(mail.text.contains(told) && html.contains(told), "{}", mail.text);
        let link = format!("https://console.example.com/orders/{}", order.id);
        assert!(mail.text.contains(&link), "{}", mail.text);
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
