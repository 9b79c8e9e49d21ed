//! Shipments: a vendor's parts of confirmed orders.

use domain::{
    ShipmentId, Tenant, VendorId,
    order::Order,
    shipment::{Shipment, ShipmentStatus},
};
use futures::future::try_join_all;
use table::{Condition, Item, Query, Write, schema};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    keys,
    page::{Paging, Slice, encode, newest_first},
    vendor::fetch,
};

pub async fn get(store: &Store, vendor: VendorId, id: ShipmentId) -> Result<Shipment, Error> {
    read(store.table.get(&keys::shipment(vendor, id)).await?.ok_or(Error::NotFound)?)
}

/// All shipments of a confirmed order, as the vendors have them.
pub async fn of_order(store: &Store, order: &Order) -> Result<Vec<Shipment>, Error> {
    let keys: Vec<_> = order.shipments.iter().map(|part| keys::shipment(part.vendor_id, part.id)).collect();
    store.table.batch_get(&keys).await?.into_iter().flatten().map(read).collect()
}

/// Saves a change.
///
/// # Errors
/// [`Error::VersionConflict`] when the shipment is not `before` any more.
pub async fn save(store: &Store, before: &Shipment, after: &Shipment) -> Result<(), Error> {
    match store.table.write(replace(before, after)?).await {
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        other => Ok(other.map(|_| ())?),
    }
}

/// Replaces a shipment that was seen at the version before.
pub(crate) fn replace(before: &Shipment, after: &Shipment) -> Result<Write, Error> {
    let seen =
        Condition::equals("version", before.version).and(Condition::equals("status", before.status.as_str()));
    Ok(Write::put_if(shipment_item(after)?, seen))
}

/// A page of a vendor's shipments, newest first, of one status or of all: one query per shard and status, at the same time.
pub async fn list(
    store: &Store,
    vendor: VendorId,
    status: Option<ShipmentStatus>,
    paging: &Paging,
) -> Result<Slice<Shipment>, Error> {
    let statuses: Vec<ShipmentStatus> = status.map_or(ShipmentStatus::ALL.to_vec(), |status| vec![status]);
    // The cursor is the id of the last one shown: it stands in each status's list.
    let position = paging.position()?;
    let shards = 0..keys::SHIPMENT_SHARDS;
    let lists = statuses.iter().flat_map(|status| shards.clone().map(move |shard| (status, shard)));
    let lists = lists.map(|(status, shard)| {
        let prefix = format!("{}#", status.as_str());
        let cursor = position.as_ref().map(|id| encode(&format!("{prefix}{id}")));
        let paging = Paging { limit: paging.limit, cursor };
        let query = Query::index(&schema::LISTING, keys::shipments_of(vendor, shard));
        async move { newest_first(store, query, "L1SK", &prefix, &paging).await }
    });
    let pages = try_join_all(lists).await?;
    let mut more = pages.iter().any(|page| page.next_cursor.is_some());
    let mut found: Vec<(String, Item)> = pages
        .into_iter()
        .flat_map(|page| page.data)
        .filter_map(|item| Some((item.str("L1SK")?.split_once('#')?.1.to_owned(), item)))
        .collect();
    found.sort_by(|one, other| other.0.cmp(&one.0));
    // One that changed its status between two of the queries stands in both lists.
    found.dedup_by(|one, other| one.0 == other.0);
    let wanted = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    more |= found.len() > wanted;
    found.truncate(wanted);
    let next_cursor = found.last().filter(|_| more).map(|(id, _)| encode(id));
    let items: Vec<Item> = found.into_iter().map(|(_, item)| item).collect();
    let mut data: Vec<Shipment> =
        fetch(store, &items).await?.into_iter().map(read).collect::<Result<_, _>>()?;
    // The index is a moment behind the items.
    data.retain(|shipment| status.is_none_or(|status| shipment.status == status));
    Ok(Slice { data, next_cursor })
}

/// Opens a shipment of an order that is being confirmed.
pub(crate) fn open(shipment: &Shipment) -> Result<Write, Error> {
    Ok(Write::create(shipment_item(shipment)?))
}

fn shipment_item(shipment: &Shipment) -> Result<Item, Error> {
    let id = shipment.id.to_string();
    let place = format!("{}#{id}", shipment.status.as_str());
    let shard = keys::shard_of(&id, keys::SHIPMENT_SHARDS);
    Ok(item(keys::shipment(shipment.vendor_id, shipment.id), Kind::Shipment, shipment)?
        .with("L1PK", keys::shipments_of(shipment.vendor_id, shard))
        .with("L1SK", place)
        .with_month(&Tenant::Platform, "SHIPMENTS", shipment.created_at, &id))
}

#[cfg(test)]
mod tests;
