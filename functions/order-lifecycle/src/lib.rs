//! What follows from events of orders: captured money confirms an order (or goes back), moved parcels move its status, what was cancelled is paid back.
//!
//! An event is only a hint that there is something to do: what is done follows from the order as it is, so that an event may come twice, late,
//! or after a later one.

use domain::{OrderId, Tenant, shipment::ShipmentStatus};
use events::{
    Envelope, EventType,
    data::{OrderChanged, PaymentChanged, ShipmentChanged},
};
use ordering::Ordering;
use platform::{Env, aws::Connecting, batch::Failure};
use serde::Deserialize;
use store::origin::Origin;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub ordering: Ordering,
}

impl Deps {
    pub async fn from_env() -> Result<(Self, Connecting), lambda_runtime::Error> {
        let (ordering, connecting) = Ordering::open(Env::process().read(ordering::Settings::read)?).await?;
        Ok((Self { ordering }, connecting))
    }
}

/// What of a bus's entry is read.
#[derive(Deserialize)]
struct Entry {
    detail: Envelope,
}

/// Handles one message of the queue: an entry of the bus.
pub async fn handle(deps: &Deps, body: &str) -> Result<(), Failure> {
    let Entry { detail: event } = serde_json::from_str(body).map_err(Failure::retry)?;
    Origin::function("order-lifecycle", event.correlation_id.clone()).scope(follow_up(deps, &event)).await
}

async fn follow_up(deps: &Deps, event: &Envelope) -> Result<(), Failure> {
    let (channel, order_id) = match event.kind {
        EventType::PaymentCaptured => {
            let data: PaymentChanged = event.data().map_err(Failure::retry)?;
            settle(deps, data.channel, data.order_id).await?;
            (data.channel, data.order_id)
        }
        EventType::OrderCancelled => {
            let data: OrderChanged = event.data().map_err(Failure::retry)?;
            settle(deps, data.channel, data.order_id).await?;
            (data.channel, data.order_id)
        }
        EventType::OrderConfirmed => {
            let data: OrderChanged = event.data().map_err(Failure::retry)?;
            deps.ordering.state(&data.channel, data.order_id).await.map_err(failure)?;
            (data.channel, data.order_id)
        }
        EventType::ShipmentStatusUpdated => {
            let data: ShipmentChanged = event.data().map_err(Failure::retry)?;
            follow(deps, &data.channel, data.order_id).await.map_err(failure)?;
            if data.status == ShipmentStatus::Cancelled {
                settle(deps, data.channel, data.order_id).await?;
            }
            (data.channel, data.order_id)
        }
        other => {
            tracing::info!(event.type = other.as_str(), "of no concern");
            return Ok(());
        }
    };
    tracing::info!(event.type = event.kind.as_str(), event.id = event.id, order.id = %order_id, tenant = %channel, "done");
    Ok(())
}

async fn follow(deps: &Deps, channel: &Tenant, id: OrderId) -> Result<(), ordering::Error> {
    let order = store::order::get(&deps.ordering.store, channel, id).await?;
    deps.ordering.follow(order).await?;
    Ok(())
}

async fn settle(deps: &Deps, channel: Tenant, id: OrderId) -> Result<(), Failure> {
    deps.ordering.settle(&channel, id).await.map_err(failure)
}

/// What Stripe or the table refuse for good is worth a dead letter too: somebody has to look.
fn failure(error: ordering::Error) -> Failure {
    Failure::retry(error)
}
