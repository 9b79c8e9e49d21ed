//! A cart becomes an order.

use std::{collections::BTreeMap, time::Duration};

use super::{Moment, Order, OrderLine, OrderShipment, OrderStatus, Refund, Totals};
use crate::{
    CustomerId, Money, OrderId, PaymentId, ShipmentId, Timestamp, VendorId,
    address::Address,
    cart::{Cart, CartError},
    email::Email,
    hold::Hold,
    payment::Payment,
    shipment::ShipmentStatus,
};

/// What checkout asks a customer for, and what it draws.
pub struct Purchase {
    pub id: OrderId,
    pub payment_id: PaymentId,
    pub token: String,
    pub email: Email,
    pub shipping_address: Address,
    pub customer_id: Option<CustomerId>,
}

/// What a vendor's part of an order goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub shipment_id: ShipmentId,
    pub commission: u32,
    pub delivery_days: u32,
}

impl Order {
    /// Makes the order of a cart, with hard holds and a provisional shipment per vendor, in the order of the cart's lines.
    ///
    /// # Errors
    /// [`CartError::Empty`] without lines or without a vendor's terms, [`CartError::TooMuch`] over the largest order.
    pub fn of_cart(
        cart: &Cart,
        purchase: Purchase,
        terms: &BTreeMap<VendorId, Terms>,
        now: Timestamp,
        hard_hold: Duration,
    ) -> Result<Self, CartError> {
        let currency = cart.currency.ok_or(CartError::Empty)?;
        let mut shipments: Vec<OrderShipment> = Vec::new();
        for line in &cart.lines {
            let price = Money::new(line.unit_price, currency).times(line.quantity)?.amount;
            let vendor_id = line.variant.vendor_id;
            match shipments.iter_mut().find(|shipment| shipment.vendor_id == vendor_id) {
                Some(shipment) => shipment.items_total += price,
                None => {
                    let terms = terms.get(&vendor_id).ok_or(CartError::Empty)?;
                    shipments.push(OrderShipment {
                        id: terms.shipment_id,
                        vendor_id,
                        status: ShipmentStatus::Pending,
                        items_total: price,
                        commission: terms.commission,
                        delivery_days: terms.delivery_days,
                        carrier: None,
                        tracking_number: None,
                        shipped_at: None,
                        delivered_at: None,
                    });
                }
            }
        }
        let items = cart.subtotal()?.amount;
        if items > crate::money::MAX_AMOUNT {
            return Err(CartError::TooMuch);
        }
        Ok(Self {
            id: purchase.id,
            channel: cart.channel,
            cart_id: cart.id,
            customer_id: purchase.customer_id,
            email: purchase.email,
            shipping_address: purchase.shipping_address,
            token: purchase.token,
            status: OrderStatus::Pending,
            hold: Hold::Hard,
            currency,
            lines: cart
                .lines
                .iter()
                .map(|line| OrderLine {
                    id: line.id,
                    variant: line.variant,
                    sku: line.sku.clone(),
                    title: line.title.clone(),
                    options: line.options.clone(),
                    image_url: line.image_url.clone(),
                    quantity: line.quantity,
                    unit_price: line.unit_price,
                    tax_rate: line.tax_rate,
                })
                .collect(),
            totals: Totals { items, shipping: 0, tax: cart.tax(), total: items },
            shipments,
            payment: Payment::new(purchase.payment_id),
            refund: Refund::None,
            timeline: vec![Moment { status: OrderStatus::Pending, timestamp: now, tracking_number: None }],
            held_until: now + hard_hold,
            confirmed_at: None,
            cancelled_at: None,
            cancel_reason: None,
            estimated_delivery: None,
            due: None,
            created_at: now,
            updated_at: now,
            version: 1,
        })
    }
}
