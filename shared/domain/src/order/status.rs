//! The order's state machine.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{IllegalTransition, shipment::ShipmentStatus};

/// `PENDING -> PAYMENT_PROCESSING -> PAID -> CONFIRMED -> PROCESSING -> SHIPPED -> DELIVERED`, with
/// `PENDING|PAYMENT_PROCESSING -> PAYMENT_FAILED -> PAYMENT_PROCESSING|CANCELLED`,
/// `PENDING|PAID -> INVENTORY_UNAVAILABLE -> CANCELLED` and `PENDING .. PROCESSING -> CANCELLED`.
/// A capture takes any unpaid state straight to `PAID`, and one whose holds had lapsed where its goods could be held again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    Pending,
    PaymentProcessing,
    PaymentFailed,
    Paid,
    InventoryUnavailable,
    Confirmed,
    Processing,
    Shipped,
    Delivered,
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderEvent {
    /// A payment is on its way, or waits for the customer's bank.
    PaymentStarted,
    PaymentFailed,
    Captured,
    /// It was paid after its holds had lapsed, and its goods are held again.
    Revived,
    /// What was paid for can't be had.
    StockMissing,
    Confirmed,
    Processed,
    Shipped,
    Delivered,
    Cancelled,
}

impl OrderStatus {
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::PaymentProcessing,
        Self::PaymentFailed,
        Self::Paid,
        Self::InventoryUnavailable,
        Self::Confirmed,
        Self::Processing,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
    ];

    /// Those from which a capture leads to `PAID`.
    pub const UNPAID: [Self; 3] = [Self::Pending, Self::PaymentProcessing, Self::PaymentFailed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::PaymentProcessing => "PAYMENT_PROCESSING",
            Self::PaymentFailed => "PAYMENT_FAILED",
            Self::Paid => "PAID",
            Self::InventoryUnavailable => "INVENTORY_UNAVAILABLE",
            Self::Confirmed => "CONFIRMED",
            Self::Processing => "PROCESSING",
            Self::Shipped => "SHIPPED",
            Self::Delivered => "DELIVERED",
            Self::Cancelled => "CANCELLED",
        }
    }

    pub fn on(self, event: OrderEvent) -> Result<Self, IllegalTransition> {
        use OrderEvent as E;
        match (self, event) {
            (Self::Pending | Self::PaymentFailed | Self::PaymentProcessing, E::PaymentStarted) => {
                Ok(Self::PaymentProcessing)
            }
            (Self::Pending | Self::PaymentProcessing | Self::PaymentFailed, E::PaymentFailed) => {
                Ok(Self::PaymentFailed)
            }
            (Self::Pending | Self::PaymentProcessing | Self::PaymentFailed | Self::Paid, E::Captured) => {
                Ok(Self::Paid)
            }
            (Self::Cancelled | Self::Paid, E::Revived) => Ok(Self::Paid),
            (Self::Pending | Self::Paid | Self::InventoryUnavailable, E::StockMissing) => {
                Ok(Self::InventoryUnavailable)
            }
            (Self::Paid | Self::Confirmed, E::Confirmed) => Ok(Self::Confirmed),
            (Self::Confirmed | Self::Processing, E::Processed) => Ok(Self::Processing),
            (Self::Processing | Self::Shipped, E::Shipped) => Ok(Self::Shipped),
            (Self::Shipped | Self::Delivered, E::Delivered) => Ok(Self::Delivered),
            (
                Self::Pending
                | Self::PaymentProcessing
                | Self::PaymentFailed
                | Self::Paid
                | Self::InventoryUnavailable
                | Self::Confirmed
                | Self::Processing
                | Self::Cancelled,
                E::Cancelled,
            ) => Ok(Self::Cancelled),
            _ => Err(IllegalTransition {
                machine: "order",
                state: self.as_str(),
                event: match event {
                    E::PaymentStarted => "payment started",
                    E::PaymentFailed => "payment failed",
                    E::Captured => "captured",
                    E::Revived => "revived",
                    E::StockMissing => "stock missing",
                    E::Confirmed => "confirmed",
                    E::Processed => "processed",
                    E::Shipped => "shipped",
                    E::Delivered => "delivered",
                    E::Cancelled => "cancelled",
                },
            }),
        }
    }

    /// What a confirmed order's shipments make it, cancelled ones left out.
    pub fn of_shipments(shipments: &[ShipmentStatus]) -> Self {
        use ShipmentStatus as S;
        let mut live = shipments.iter().filter(|status| **status != S::Cancelled).peekable();
        if live.peek().is_none() {
            return Self::Cancelled;
        }
        let live: Vec<_> = live.collect();
        if live.iter().all(|status| matches!(status, S::Delivered | S::Returned)) {
            Self::Delivered
        } else if live.iter().all(|status| matches!(status, S::Shipped | S::Delivered | S::Returned)) {
            Self::Shipped
        } else if live.iter().any(|status| **status != S::Pending) {
            Self::Processing
        } else {
            Self::Confirmed
        }
    }

    /// The statuses that a confirmed order passes on its way to another, that one last; none where it is there, past it, or ended.
    /// So an order whose vendors were quicker than our looking still tells its whole story.
    pub fn towards(self, to: Self) -> Vec<Self> {
        const WAY: [OrderStatus; 4] =
            [OrderStatus::Confirmed, OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered];
        if to == Self::Cancelled {
            return if self.on(OrderEvent::Cancelled) == Ok(to) && self != to {
                vec![to]
            } else {
                Vec::new()
            };
        }
        let at = |status| WAY.iter().position(|step| *step == status);
        match (at(self), at(to)) {
            (Some(from), Some(until)) => WAY.iter().copied().take(until + 1).skip(from + 1).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [OrderEvent; 10] = [
        OrderEvent::PaymentStarted,
        OrderEvent::PaymentFailed,
        OrderEvent::Captured,
        OrderEvent::Revived,
        OrderEvent::StockMissing,
        OrderEvent::Confirmed,
        OrderEvent::Processed,
        OrderEvent::Shipped,
        OrderEvent::Delivered,
        OrderEvent::Cancelled,
    ];

    #[test]
    fn a_repeated_event_leads_to_the_state_that_it_already_led_to() {
        for state in OrderStatus::ALL {
            for event in EVENTS {
                if let Ok(next) = state.on(event) {
                    assert_eq!(next.on(event), Ok(next), "{state:?} {event:?}");
                }
            }
        }
    }

    #[test]
    fn a_capture_takes_any_unpaid_state_to_paid_and_no_other() {
        for state in OrderStatus::ALL {
            let paid = state.on(OrderEvent::Captured);
            let unpaid = OrderStatus::UNPAID.contains(&state) || state == OrderStatus::Paid;
            assert_eq!(paid.is_ok(), unpaid, "{state:?}");
        }
    }

    #[test]
    fn nothing_leaves_the_ends_but_money_that_came_late() {
        assert_eq!(OrderStatus::Cancelled.on(OrderEvent::Revived), Ok(OrderStatus::Paid));
        for event in EVENTS.into_iter().filter(|event| *event != OrderEvent::Revived) {
            assert!(matches!(OrderStatus::Cancelled.on(event), Err(_) | Ok(OrderStatus::Cancelled)));
            assert!(matches!(OrderStatus::Delivered.on(event), Err(_) | Ok(OrderStatus::Delivered)));
        }
    }

    #[test]
    fn shipments_make_the_orders_status() {
        use ShipmentStatus as S;
        for (shipments, status) in [
            (vec![S::Pending, S::Pending], OrderStatus::Confirmed),
            (vec![S::Processing, S::Pending], OrderStatus::Processing),
            (vec![S::Shipped, S::Pending], OrderStatus::Processing),
            (vec![S::Shipped, S::Delivered], OrderStatus::Shipped),
            (vec![S::Shipped, S::Cancelled], OrderStatus::Shipped),
            (vec![S::Delivered, S::Delivered], OrderStatus::Delivered),
            (vec![S::Cancelled, S::Cancelled], OrderStatus::Cancelled),
            (vec![], OrderStatus::Cancelled),
        ] {
            assert_eq!(OrderStatus::of_shipments(&shipments), status, "{shipments:?}");
        }
    }

    #[test]
    fn a_story_leaves_nothing_out_and_never_goes_back() {
        use OrderStatus as O;
        assert_eq!(O::Confirmed.towards(O::Delivered), [O::Processing, O::Shipped, O::Delivered]);
        assert_eq!(O::Shipped.towards(O::Processing), []);
        assert_eq!(O::Pending.towards(O::Shipped), []);
        assert_eq!(O::Processing.towards(O::Cancelled), [O::Cancelled]);
        assert_eq!(O::Delivered.towards(O::Cancelled), []);
    }
}
