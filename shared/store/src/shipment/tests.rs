use domain::{Currency, Id, Money, OrderId, Tenant, text::Text};

use super::*;
use crate::testing::World;

fn vendor() -> VendorId {
    VendorId::from_bits(1)
}

fn shipment(world: &World, vendor_id: VendorId, n: u128, status: ShipmentStatus) -> Shipment {
    let address = serde_json::json!({
        "name": "Ada", "line1": "1, rue du Nord", "city": "Luxembourg", "postal_code": "L-1111", "country": "LU",
    });
    Shipment {
        id: ShipmentId::from_bits(n),
        vendor_id,
        order_id: OrderId::from_bits(n),
        channel: Tenant::Platform,
        status,
        lines: Vec::new(),
        items_total: Money::new(100, Currency::EUR),
        address: serde_json::from_value(address).unwrap(),
        carrier: None,
        tracking_number: None,
        estimated_delivery: world.now().plus_days(4),
        created_at: world.now(),
        processed_at: None,
        shipped_at: None,
        delivered_at: None,
        version: 1,
    }
}

/// Shipments 1 to `count` of the vendor's, whose statuses take turns; one of another vendor's.
async fn opened(count: u128) -> World {
    let world = World::new();
    let mut writes =
        vec![open(&shipment(&world, VendorId::from_bits(2), 500, ShipmentStatus::Pending)).unwrap()];
    for n in 1..=count {
        let status = ShipmentStatus::ALL[usize::try_from(n % 4).unwrap()];
        writes.push(open(&shipment(&world, vendor(), n, status)).unwrap());
    }
    world.store.table.transact(writes, None).await.unwrap();
    world
}

async fn walked(world: &World, status: Option<ShipmentStatus>, limit: u32) -> Vec<ShipmentId> {
    let (mut cursor, mut ids) = (None, Vec::new());
    loop {
        let page = list(&world.store, vendor(), status, &Paging { limit, cursor }).await.unwrap();
        assert!(page.data.len() <= usize::try_from(limit).unwrap());
        ids.extend(page.data.iter().map(|shipment| shipment.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return ids;
        }
    }
}

#[tokio::test]
async fn all_statuses_are_one_list_newest_first() {
    let world = opened(30).await;
    let all: Vec<_> = (1..=30).rev().map(ShipmentId::from_bits).collect();
    for limit in [1, 4, 15, 30, 100] {
        assert_eq!(walked(&world, None, limit).await, all, "{limit}");
    }
}

#[tokio::test]
async fn one_status_is_listed_alone() {
    let world = opened(30).await;
    let shipped: Vec<_> = (1..=30).rev().filter(|n| n % 4 == 2).map(ShipmentId::from_bits).collect();
    for limit in [1, 3, 100] {
        assert_eq!(walked(&world, Some(ShipmentStatus::Shipped), limit).await, shipped, "{limit}");
    }
    assert_eq!(walked(&world, Some(ShipmentStatus::Returned), 3).await, []);
}

#[tokio::test]
async fn a_move_takes_a_shipment_to_another_list() {
    let world = opened(4).await;
    let before = get(&world.store, vendor(), ShipmentId::from_bits(4)).await.unwrap();
    let after = before.process(world.now()).unwrap().unwrap();
    save(&world.store, &before, &after).await.unwrap();
    assert_eq!(walked(&world, Some(ShipmentStatus::Pending), 5).await, []);
    assert_eq!(walked(&world, Some(ShipmentStatus::Processing), 5).await, [4, 1].map(ShipmentId::from_bits));
    assert_eq!(get(&world.store, vendor(), after.id).await.unwrap(), after);
}

#[tokio::test]
async fn a_stale_move_loses() {
    let world = opened(4).await;
    let before = get(&world.store, vendor(), ShipmentId::from_bits(4)).await.unwrap();
    let processed = before.process(world.now()).unwrap().unwrap();
    save(&world.store, &before, &processed).await.unwrap();
    assert!(matches!(save(&world.store, &before, &processed).await, Err(Error::VersionConflict)));
    let tracking = domain::shipment::Tracking {
        carrier: Text::try_from("Post").unwrap(),
        tracking_number: Text::try_from("RR1").unwrap(),
    };
    let shipped = processed.ship(tracking, world.now()).unwrap().unwrap();
    save(&world.store, &processed, &shipped).await.unwrap();
    assert_eq!(get(&world.store, vendor(), before.id).await.unwrap(), shipped);
}

#[tokio::test]
async fn another_vendors_shipment_is_not_found() {
    let world = opened(1).await;
    assert!(matches!(get(&world.store, vendor(), ShipmentId::from_bits(500)).await, Err(Error::NotFound)));
    assert!(matches!(
        get(&world.store, VendorId::from_bits(2), ShipmentId::from_bits(1)).await,
        Err(Error::NotFound)
    ));
}

#[tokio::test]
async fn a_cursor_that_nobody_gave_is_refused_or_harmless() {
    let world = opened(5).await;
    let at = async |cursor: &str| {
        let paging = Paging { limit: 2, cursor: Some(cursor.to_owned()) };
        list(&world.store, vendor(), None, &paging).await
    };
    assert!(matches!(at("!!").await, Err(Error::BadCursor)));
    assert_eq!(at(&encode("a")).await.unwrap().data, []);
    assert!(at(&encode(&"x".repeat(500))).await.is_err());
}
