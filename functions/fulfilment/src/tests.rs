mod money;
mod parcels;

use axum::Router;
use domain::{
    Id, OrderId, ShipmentId, Tenant,
    account::StaffRole,
    shipment::Shipment,
    text::{Name, Sku},
    vendor::Vendor,
};
use serde_json::{Value, json};
use store::shipment;
use table::{Item, Key, Table, Write};
use web::testing::{Answer, Call, World, never_made};

use crate::{Deps, app};

const SHIPMENTS: &str = "/api/v1/vendor/shipments";

struct Shop {
    world: World,
    app: Router,
    vendor: Vendor,
    owner: String,
}

impl Shop {
    async fn new() -> Self {
        let world = World::default();
        let app =
            app(Deps { store: world.store.clone(), settings: world.settings(), ids: world.ids.clone() });
        let vendor = world.shop("tea").await;
        let owner = world.log_in(&vendor, StaffRole::Owner).await;
        Self { world, app, vendor, owner }
    }

    async fn put(&self, id: ShipmentId, verb: &str) -> Answer {
        Call::put(&format!("{SHIPMENTS}/{id}/{verb}")).by(&self.owner).on(&self.app).await
    }

    async fn ship(&self, id: ShipmentId, body: &Value) -> Answer {
        Call::put(&format!("{SHIPMENTS}/{id}/ship")).json(body).by(&self.owner).on(&self.app).await
    }

    async fn get(&self, rest: &str) -> Answer {
        Call::get(&format!("{SHIPMENTS}{rest}")).by(&self.owner).on(&self.app).await
    }
}

/// Where it all goes.
fn address() -> Value {
    json!({"name": "Ada", "line1": "1, rue du Nord", "city": "Luxembourg", "postal_code": "L-1111", "country": "LU"})
}

async fn put(world: &World, shipment: &Shipment) {
    // Enough of an item that the store then replaces it by the whole one.
    let seed = json!({"version": shipment.version, "status": shipment.status});
    let key = Key::new(format!("T#{}#SHIPMENT#{}", shipment.vendor_id, shipment.id), "SHIPMENT");
    world.table.write(Write::put(Item::new(key, seed.as_object().unwrap().clone()))).await.unwrap();
    shipment::save(&world.store, shipment, shipment).await.unwrap();
}
