//! Confirming a paid order: its holds are sold, its shipments opened, its money shared out.

use super::{Order, OrderEvent, OrderShipment, StepError};
use crate::{
    LedgerTransactionId, Timestamp,
    hold::HoldEvent,
    ledger::{Kind, Transaction, entries},
    shipment::{Shipment, ShipmentLine},
};

/// All that becomes true in the one transaction that confirms an order.
#[derive(Clone, Debug)]
pub struct Confirmed {
    pub order: Order,
    pub shipments: Vec<Shipment>,
    pub ledger: Transaction,
}

impl Order {
    /// Confirms a paid order.
    ///
    /// # Errors
    /// [`StepError::Illegal`] unless it is paid and its stock held.
    pub fn confirmed(&self, ledger_id: LedgerTransactionId, now: Timestamp) -> Result<Confirmed, StepError> {
        let mut order = self.stepped(OrderEvent::Confirmed, now)?;
        order.hold = self.hold.on(HoldEvent::Sell)?;
        order.confirmed_at = Some(now);
        order.estimated_delivery = self.shipments.iter().map(|part| now.plus_days(part.delivery_days)).max();
        let shipments = order.shipments.iter().map(|part| order.open(part, now)).collect();
        let parts: Vec<_> = order.shipments.iter().map(OrderShipment::sold).collect();
        let ledger = Transaction::balanced(
            ledger_id,
            Kind::Sale,
            order.id,
            order.currency,
            entries::sale(&parts),
            now,
        )?;
        Ok(Confirmed { order, shipments, ledger })
    }

    fn open(&self, part: &OrderShipment, now: Timestamp) -> Shipment {
        let lines = self.lines.iter().filter(|line| line.variant.vendor_id == part.vendor_id);
        Shipment {
            id: part.id,
            vendor_id: part.vendor_id,
            order_id: self.id,
            channel: self.channel,
            status: part.status,
            lines: lines
                .map(|line| ShipmentLine {
                    id: line.id,
                    product_id: line.variant.product_id,
                    variant_id: line.variant.variant_id,
                    sku: line.sku.clone(),
                    title: line.title.clone(),
                    options: line.options.clone(),
                    quantity: line.quantity,
                })
                .collect(),
            items_total: self.money(part.items_total),
            address: self.shipping_address.clone(),
            carrier: None,
            tracking_number: None,
            estimated_delivery: now.plus_days(part.delivery_days),
            created_at: now,
            processed_at: None,
            shipped_at: None,
            delivered_at: None,
            version: 1,
        }
    }
}
