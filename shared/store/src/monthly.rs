//! What is looked through newest first, by the month in which it was made: all orders, shipments and products by the platform, its settlements by a vendor.

use domain::{Tenant, Timestamp, order::Order, product::Product, settlement::Settlement, shipment::Shipment};
use futures::future::try_join_all;
use serde::de::DeserializeOwned;
use table::{Item, Query, Range, schema};

use crate::{
    Error, Store,
    codec::read,
    keys,
    page::{Paging, Slice, encode},
    vendor::fetch,
};

/// After so many months without anything a list is at its end.
const EMPTY_MONTHS: u32 = 24;
/// How many items one page looks at, where a filter leaves most of them out.
const LOOKED_AT: usize = 500;
/// How many it looks at with one query and one batch of reads.
const LARGEST_SLICE: u32 = 100;

/// Something that is listed by month.
pub trait Monthly: DeserializeOwned {
    const KIND: &'static str;
}

impl Monthly for Order {
    const KIND: &'static str = "ORDERS";
}

impl Monthly for Shipment {
    const KIND: &'static str = "SHIPMENTS";
}

impl Monthly for Product {
    const KIND: &'static str = "PRODUCTS";
}

impl Monthly for Settlement {
    const KIND: &'static str = "SETTLEMENTS";
}

/// A page of those of a tenant that `wanted` lets through; there are none before `since`. A page may be short, or empty, and yet have a next one.
pub async fn newest<T: Monthly>(
    store: &Store,
    (tenant, since): (Tenant, Option<Timestamp>),
    paging: &Paging,
    wanted: impl Fn(&T) -> bool,
) -> Result<Slice<T>, Error> {
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let (mut month, mut below) = match paging.position()? {
        Some(position) => start_after(&position)?,
        None => (store.now(), None),
    };
    let (mut data, mut looked_at, mut empty) = (Vec::new(), 0, 0);
    // A filter that leaves most of them out asks for more at once each time, or a short page would take hundreds of calls.
    let mut slice = paging.limit + 2;
    loop {
        let (places, more) = places::<T>(store, &tenant, &month.month(), below.as_deref(), slice).await?;
        slice = slice.max((slice * 2).min(LARGEST_SLICE));
        empty = if places.is_empty() { empty + 1 } else { 0 };
        let ids: Vec<String> = places.iter().filter_map(|item| item.str("L2SK").map(str::to_owned)).collect();
        looked_at += ids.len();
        for (id, item) in ids.iter().zip(fetch(store, &places).await?) {
            below = Some(id.clone());
            let one: T = read(item)?;
            if wanted(&one) {
                data.push(one);
            }
            if data.len() == limit {
                break;
            }
        }
        if data.len() == limit || looked_at >= LOOKED_AT {
            let at = format!("{}#{}", month.month(), below.unwrap_or_default());
            return Ok(Slice { data, next_cursor: Some(encode(&at)) });
        }
        if !more {
            let before = month.end_of_month_before();
            let first = since.is_some_and(|since| month.month() <= since.month());
            if first || empty >= EMPTY_MONTHS || before == month {
                return Ok(Slice { data, next_cursor: None });
            }
            (month, below) = (before, None);
        }
    }
}

/// The newest of a month below an id, up to `limit` of them, and whether there are more: one query per shard at the same time.
async fn places<T: Monthly>(
    store: &Store,
    tenant: &Tenant,
    month: &str,
    below: Option<&str>,
    limit: u32,
) -> Result<(Vec<Item>, bool), Error> {
    let queries = (0..keys::monthly_shards(tenant)).map(|shard| {
        let range = below.map_or(Range::All, |below| Range::UpTo(below.to_owned()));
        let pk = keys::monthly(tenant, T::KIND, month, shard);
        let query = Query::index(&schema::MONTHLY, pk).range(range).descending().limit(limit);
        async move { store.table.query(&query).await }
    });
    let pages = try_join_all(queries).await?;
    let mut more = pages.iter().any(|page| page.next.is_some());
    let mut found: Vec<Item> = pages.into_iter().flat_map(|page| page.items).collect();
    found.sort_by(|one, other| other.str("L2SK").cmp(&one.str("L2SK")));
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    more |= found.len() > wanted;
    found.truncate(wanted);
    found.retain(|item| item.str("L2SK") != below);
    Ok((found, more))
}

/// The month and the id at which the page before ended.
fn start_after(position: &str) -> Result<(Timestamp, Option<String>), Error> {
    let (month, id) = position.split_once('#').ok_or(Error::BadCursor)?;
    let start: Timestamp = format!("{month}-01T00:00:00Z").parse().map_err(|_| Error::BadCursor)?;
    let below = (!id.is_empty()).then(|| id.to_owned());
    Ok((start, below))
}
