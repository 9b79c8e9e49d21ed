//! A cart becomes an order.

use std::{collections::BTreeMap, time::Duration};

use super::{Moment, Order, OrderLine, OrderShipment, OrderStatus, Priced, Refund};
use crate::{
    CustomerId, OrderId, PaymentId, ShipmentId, Timestamp, VendorId,
    address::Address,
    cart::{Cart, CartError},
    email::Email,
    hold::Hold,
    payment::Payment,
    shipment::ShipmentStatus,
    shipping::Shipping,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub shipment_id: ShipmentId,
    pub commission: u32,
    pub delivery_days: u32,
    pub shipping: Shipping,
}

impl Order {
    /// Makes the order of a cart, with hard holds and a provisional shipment per vendor, in the order of the cart's lines.
    ///
    /// # Errors
    /// Those of [`Priced::of_cart`].
    pub fn of_cart(
        cart: &Cart,
        purchase: Purchase,
        terms: &BTreeMap<VendorId, Terms>,
        now: Timestamp,
        hard_hold: Duration,
    ) -> Result<Self, CartError> {
        let currency = cart.currency.ok_or(CartError::Empty)?;
        let settings = terms.iter().map(|(vendor, terms)| (*vendor, &terms.shipping)).collect();
        let priced = Priced::of_cart(cart, purchase.shipping_address.country, &settings)?;
        let shipments = priced
            .parts
            .into_iter()
            .map(|part| {
                let terms = terms.get(&part.vendor_id).ok_or(CartError::Empty)?;
                Ok(OrderShipment {
                    id: terms.shipment_id,
                    vendor_id: part.vendor_id,
                    status: ShipmentStatus::Pending,
                    items_total: part.items,
                    shipping_total: part.shipping,
                    items_refunded: 0,
                    shipping_refunded: 0,
                    commission: terms.commission,
                    delivery_days: terms.delivery_days,
                    carrier: None,
                    tracking_number: None,
                    shipped_at: None,
                    delivered_at: None,
                })
            })
            .collect::<Result<_, CartError>>()?;
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
                    refunded: 0,
                    stripes: line.stripes,
                })
                .collect(),
            totals: priced.totals,
            shipments,
            payment: Payment::new(purchase.payment_id),
            refund: Refund::None,
            refunds: Vec::new(),
            refund_doubted_at: None,
            disputes: Vec::new(),
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
