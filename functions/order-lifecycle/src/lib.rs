//! What follows from events of orders: captured money confirms an order (or goes back), moved parcels move its status, what is asked back is paid back, and
//! each vendor's share goes to its account and comes back from there.
//!
//! An event is only a hint that there is something to do: what is done follows from the order as it is, so that an event may come twice, late,
//! or after a later one.

use domain::{OrderId, Tenant, payouts::PayoutsStatus};
use events::{
    Envelope, EventType,
    data::{DisputeReported, OrderChanged, PaymentChanged, PayoutsUpdated, ShipmentChanged},
};
use ordering::Settling;
use platform::{Env, aws::Connecting, batch::Failure};
use serde::Deserialize;
use store::origin::Origin;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub settling: Settling,
}

impl Deps {
    pub async fn from_env() -> Result<(Self, Connecting), lambda_runtime::Error> {
        let (settling, connecting) = Settling::open(Env::process().read(ordering::Settings::read)?).await?;
        Ok((Self { settling }, connecting))
    }
}

/// What of a bus's entry is read.
#[derive(Deserialize)]
struct Entry {
    detail: Envelope,
}

/// Handles one message of the queue: an entry of the bus.
///
/// What Stripe or the table refuse for good is worth a dead letter too: somebody has to look.
pub async fn handle(deps: &Deps, body: &str) -> Result<(), Failure> {
    let Entry { detail: event } = serde_json::from_str(body).map_err(Failure::retry)?;
    Origin::function("order-lifecycle", event.correlation_id.clone()).scope(follow_up(deps, &event)).await
}

async fn follow_up(deps: &Deps, event: &Envelope) -> Result<(), Failure> {
    let settling = &deps.settling;
    let order = match event.kind {
        EventType::PaymentCaptured | EventType::PaymentRefundRequested => {
            let data: PaymentChanged = event.data().map_err(Failure::retry)?;
            settling.settle(&data.channel, data.order_id).await.map_err(Failure::retry)?;
            Some((data.channel, data.order_id))
        }
        EventType::OrderConfirmed => {
            let data: OrderChanged = event.data().map_err(Failure::retry)?;
            complete(settling, &data.channel, data.order_id).await.map_err(Failure::retry)?;
            Some((data.channel, data.order_id))
        }
        EventType::PaymentRefunded => {
            let data: PaymentChanged = event.data().map_err(Failure::retry)?;
            settling.share(&data.channel, data.order_id).await.map_err(Failure::retry)?;
            Some((data.channel, data.order_id))
        }
        EventType::PaymentDisputeReported => {
            let data: DisputeReported = event.data().map_err(Failure::retry)?;
            dispute(settling, &data.dispute_id).await.map_err(Failure::retry)?
        }
        EventType::ShipmentStatusUpdated => {
            let data: ShipmentChanged = event.data().map_err(Failure::retry)?;
            follow(settling, &data.channel, data.order_id).await.map_err(Failure::retry)?;
            Some((data.channel, data.order_id))
        }
        EventType::VendorPayoutsUpdated => {
            let data: PayoutsUpdated = event.data().map_err(Failure::retry)?;
            wake(settling, &data).await.map_err(Failure::retry)?;
            None
        }
        other => {
            tracing::info!(event.type = other.as_str(), "of no concern");
            return Ok(());
        }
    };
    let (kind, id) = (event.kind.as_str(), &event.id);
    match order {
        Some((channel, order)) => {
            tracing::info!(event.type = kind, event.id = id, order.id = %order, tenant = %channel, "done")
        }
        None => tracing::info!(event.type = kind, event.id = id, tenant = %event.tenant, "done"),
    }
    Ok(())
}

/// Does all that follows from a sale.
async fn complete(settling: &Settling, channel: &Tenant, id: OrderId) -> Result<(), ordering::Error> {
    let posted = settling.state(channel, id).await?;
    let order = store::order::get(&settling.ordering.store, channel, id).await?;
    let fee = settling.note_fee(&order, &posted).await;
    settling.share_out(&order).await?;
    fee.map(|_| ())
}

async fn follow(settling: &Settling, channel: &Tenant, id: OrderId) -> Result<(), ordering::Error> {
    let order = store::order::get(&settling.ordering.store, channel, id).await?;
    settling.follow(order).await?;
    Ok(())
}

async fn dispute(settling: &Settling, id: &str) -> Result<Option<(Tenant, OrderId)>, ordering::Error> {
    let told = store::dispute::get(&settling.ordering.store, id).await?;
    settling.look_into(&told).await
}

/// What waits for a vendor that has become ready is looked at by the sweeper, a part of it each minute.
async fn wake(settling: &Settling, data: &PayoutsUpdated) -> Result<(), ordering::Error> {
    if data.status == PayoutsStatus::Ready {
        let woken = store::settlement::wake(&settling.ordering.store, data.vendor_id).await?;
        tracing::info!(vendor.id = %data.vendor_id, settlements = woken, "what waited for a vendor goes on");
    }
    Ok(())
}
