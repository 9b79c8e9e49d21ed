//! The queues behind the bus's rules (template.yaml).

use platform::batch::Failure;

use super::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    OrderLifecycle,
    Notifier,
    /// Not of the bus: filled by imports, import-processor and the sweeper.
    ImportProcessor,
    /// Not of the bus: filled by the bucket of pictures.
    Thumbnailer,
}

impl Queue {
    /// Whose rules match a type.
    pub(super) fn of(detail_type: &str) -> &'static [Self] {
        match detail_type {
            "order.confirmed" | "payment.refunded" => &[Self::OrderLifecycle, Self::Notifier],
            "payment.captured"
            | "payment.dispute_reported"
            | "payment.refund_requested"
            | "shipment.status_updated"
            | "vendor.payouts_updated" => &[Self::OrderLifecycle],
            "order.cancelled"
            | "payment.disputed"
            | "payment.dispute_won"
            | "payment.dispute_lost"
            | "admin.invited"
            | "customer.registered"
            | "import.completed"
            | "stock.low"
            | "vendor.created" => &[Self::Notifier],
            _ => &[],
        }
    }

    pub(super) fn function(self) -> &'static str {
        match self {
            Self::OrderLifecycle => "order-lifecycle",
            Self::Notifier => "notifier",
            Self::ImportProcessor => "import-processor",
            Self::Thumbnailer => "thumbnailer",
        }
    }

    /// Hands a message to its function.
    pub(super) async fn handle(self, world: &World, body: &str) -> Result<(), Failure> {
        match self {
            Self::OrderLifecycle => order_lifecycle::handle(&world.lifecycle, body).await,
            Self::Notifier => notifier::handle(&world.notifier, body).await,
            Self::ImportProcessor => world.works.process(body).await,
            Self::Thumbnailer => thumbnailer::handle(&world.works.thumbnailer, body).await,
        }
    }
}
