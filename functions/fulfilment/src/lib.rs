//! A vendor's shipments, from the paid order to the customer's door (003, part 2).

mod body;
mod cancel;
mod deliver;
mod ledger;
mod list;
mod orders;
mod process;
mod read;
mod refund;
mod ship;
mod shipping;
#[cfg(test)]
mod tests;

use std::error::Error;

use axum::{
    Router,
    http::{HeaderName, HeaderValue},
};
use domain::{IllegalTransition, ShipmentId, shipment::Shipment};
use platform::{Env, Ids, aws::Connecting};
use store::{Store, shipment};
use utoipa::openapi::OpenApi;
use web::{Context, Json, Result, Routes, Settings, Staff, etag, routes, shipment_body::ShipmentBody};

/// What the handlers work with.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub settings: Settings,
    pub ids: Ids,
}

impl Deps {
    /// Reads the configuration and begins to open the connections.
    pub async fn from_env() -> Result<(Self, Connecting), Box<dyn Error + Send + Sync>> {
        let (store, settings) =
            Env::process().read(|env| (store::Settings::read(env), Settings::read(env)))?;
        let (store, connecting) = Store::open(store).await?;
        Ok((Self { store, settings, ids: Ids::system() }, connecting))
    }
}

impl Context for Deps {
    fn store(&self) -> &Store {
        &self.store
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// A shipment as it is answered, under its version.
pub(crate) type Answer = ([(HeaderName, HeaderValue); 1], Json<ShipmentBody>);

pub(crate) fn answer(shipment: Shipment) -> Answer {
    ([etag(shipment.version)], Json(shipment.into()))
}

/// How often a move that meets another one is made anew.
const ATTEMPTS: usize = 8;

/// Makes a move of a shipment's, anew where it was changed meanwhile; `None` is a move that was made before.
pub(crate) async fn moved(
    deps: &Deps,
    staff: Staff,
    id: ShipmentId,
    step: impl Fn(&Shipment) -> Result<Option<Shipment>, IllegalTransition>,
) -> Result<Answer> {
    let staff = staff.writing()?;
    for _ in 0..ATTEMPTS {
        let before = shipment::get(&deps.store, staff.vendor, id).await?;
        let Some(after) = step(&before)? else {
            return Ok(answer(before));
        };
        match shipment::save(&deps.store, &before, &after).await {
            Err(store::Error::VersionConflict) => {}
            other => return Ok(other.map(|()| answer(after))?),
        }
    }
    Err(store::Error::VersionConflict.into())
}

pub fn routes() -> Routes<Deps> {
    routes![
        list::list_shipments,
        read::get_shipment,
        process::process_shipment,
        ship::ship_shipment,
        deliver::deliver_shipment,
        cancel::cancel_shipment,
        orders::list_vendor_orders,
        orders::get_vendor_order,
        refund::refund_vendor_order,
        ledger::get_vendor_ledger,
        shipping::get_shipping,
        shipping::set_shipping
    ]
}

pub fn app(deps: Deps) -> Router {
    web::finish(web::idempotent::layer(routes().into_router(), deps.clone()), deps)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
