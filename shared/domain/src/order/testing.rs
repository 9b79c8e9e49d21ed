//! Orders for tests.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{Confirmed, Order, Purchase, Terms};
use crate::{
    Id, LedgerTransactionId, OrderId, PaymentId, ShipmentId, VendorId,
    cart::testing::{SOFT, at, empty, line, variant},
    order::OrderStatus,
    payment::PaymentState,
    shipping::Shipping,
};

/// A confirmed order of lines: vendor, unit price, quantity; each parcel costs `shipping`, the platform takes 10%.
pub(crate) fn confirmed(lines: &[(u128, i64, u32)], shipping: i64, currency: &str) -> Confirmed {
    let cart = (1..).zip(lines).fold(empty(), |cart, (n, (vendor, price, quantity))| {
        let mut goods = variant(n, *vendor, currency);
        goods.price.amount = *price;
        cart.add(&goods, *quantity, line(n), at(0), SOFT).unwrap()
    });
    let rate = json!({"zones": [{"rate": {"kind": "flat", "amount": shipping}}]});
    let shipping: Shipping = serde_json::from_value(rate).unwrap();
    let terms = |vendor: u128| Terms {
        shipment_id: ShipmentId::from_bits(vendor),
        commission: 1_000,
        delivery_days: 4,
        shipping: shipping.clone(),
    };
    let terms: BTreeMap<_, _> =
        lines.iter().map(|(vendor, ..)| (VendorId::from_bits(*vendor), terms(*vendor))).collect();
    let purchase = Purchase {
        id: OrderId::from_bits(1),
        payment_id: PaymentId::from_bits(1),
        token: "token".to_owned(),
        email: "buyer@example.com".parse().unwrap(),
        shipping_address: serde_json::from_value(
            json!({"name": "B", "line1": "1 rue", "city": "Luxembourg", "postal_code": "L-1111", "country": "LU"}),
        )
        .unwrap(),
        customer_id: None,
    };
    let mut order = Order::of_cart(&cart, purchase, &terms, at(1), Duration::from_secs(1_800)).unwrap();
    order.status = OrderStatus::Paid;
    order.payment.state = PaymentState::Captured;
    order.payment.charge_id = Some("ch_1".to_owned());
    order.confirmed(LedgerTransactionId::from_bits(1), at(2)).unwrap()
}
