//! Entities, and their images as the table's stream has them.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    CartId, Currency, Id, LineId, Money, OrderId, PaymentId, ProductId, ShipmentId, Tenant, Timestamp,
    VariantId, VendorId,
    cart::Cart,
    order::{Order, Purchase, Terms},
    shipping::Shipping,
    text::{Name, Sku},
    variant::{Stock, Variant},
};
use events::{Change, Envelope, EventType};
use serde::Serialize;
use serde_json::{Map, Value, json};

pub(crate) const SOFT_HOLD: Duration = Duration::from_secs(900);
pub(crate) const HARD_HOLD: Duration = Duration::from_secs(1800);

/// The `minute`th minute of a day.
pub(crate) fn at(minute: i64) -> Timestamp {
    "2026-11-21T08:00:00.000Z".parse::<Timestamp>().unwrap() + Duration::from_secs(minute.unsigned_abs() * 60)
}

/// An entity as the store writes it: its fields at the top, beside its kind.
pub(crate) fn image<T: Serialize>(kind: &str, entity: &T) -> Map<String, Value> {
    let Value::Object(mut doc) = serde_json::to_value(entity).unwrap() else {
        panic!("an entity is an object")
    };
    doc.insert("entity".to_owned(), kind.into());
    doc
}

/// What a change tells that the stream sees at `seen_at`.
pub(crate) fn told_at<T: Serialize>(
    kind: &str,
    old: Option<&T>,
    new: &T,
    seen_at: Timestamp,
) -> Vec<Envelope> {
    let (old, new) = (old.map(|old| image(kind, old)), image(kind, new));
    let change = Change { pk: "T#platform#X", sk: "X", old: old.as_ref(), new: Some(&new), seen_at };
    events::of_change(&change).unwrap()
}

pub(crate) fn told<T: Serialize>(kind: &str, old: Option<&T>, new: &T) -> Vec<Envelope> {
    told_at(kind, old, new, at(1_000))
}

pub(crate) fn kinds(told: &[Envelope]) -> Vec<EventType> {
    told.iter().map(|event| event.kind).collect()
}

pub(crate) fn vendor(n: u128) -> VendorId {
    VendorId::from_bits(n)
}

/// A variant of a vendor's with so many on the shelf.
pub(crate) fn variant(n: u128, on_hand: i64) -> Variant {
    Variant {
        id: VariantId::from_bits(n),
        product_id: ProductId::from_bits(n),
        vendor_id: vendor(n),
        sku: Sku::try_from(format!("SKU-{n}")).unwrap(),
        title: Name::try_from("Tea").unwrap(),
        options: BTreeMap::new(),
        price: Money::new(1_250, Currency::EUR),
        own_price: false,
        weight_grams: None,
        stripes: Default::default(),
        low_stock_threshold: None,
        adjustment: None,
        counts: 0,
        tax_rate: domain::tax::TaxRate::try_from(1_700).unwrap(),
        image_url: None,
        sellable: true,
        stock: Stock { on_hand, available: on_hand, ..Stock::default() },
        created_at: at(0),
        version: 1,
        revision: 1,
    }
}

/// An empty cart of the market.
pub(crate) fn cart() -> Cart {
    Cart::new(CartId::from_bits(1), Tenant::Platform, None, at(0))
}

/// A cart with goods of two vendors.
pub(crate) fn filled() -> Cart {
    let one = cart().add(&variant(1, 5), 2, LineId::from_bits(1), at(1), SOFT_HOLD).unwrap();
    one.add(&variant(2, 5), 1, LineId::from_bits(2), at(2), SOFT_HOLD).unwrap()
}

/// An unpaid order of that cart, with the data of a person.
pub(crate) fn order() -> Order {
    let purchase = Purchase {
        id: OrderId::from_bits(1),
        payment_id: PaymentId::from_bits(1),
        token: "the-orders-own-token".to_owned(),
        email: "ada.lovelace@example.org".parse().unwrap(),
        shipping_address: serde_json::from_value(json!({
            "name": "Ada Lovelace", "line1": "12 Rue du Marché", "line2": "Floor Four", "city": "Esch-sur-Alzette",
            "region": "Minett", "postal_code": "L-4123", "country": "LU",
        }))
        .unwrap(),
        customer_id: None,
    };
    let terms = |n| Terms {
        shipment_id: ShipmentId::from_bits(n),
        commission: 1_000,
        delivery_days: 4,
        shipping: Shipping::default(),
    };
    let terms = [1, 2].map(|n| (vendor(n), terms(n))).into();
    let mut order = Order::of_cart(&filled(), purchase, &terms, at(3), HARD_HOLD).unwrap();
    order.payment.intent_id = Some("pi_1".to_owned());
    order.payment.client_secret = Some("pi_1_secret_shh".to_owned());
    order
}
