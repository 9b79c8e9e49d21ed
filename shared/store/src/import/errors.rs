//! What was wrong with an import's rows, one item for each fault.

use domain::{ImportId, VendorId, feed::RowError, import::ImportJob};
use futures::future::try_join_all;
use table::{Cursor, Key, Query, Range, Write};

use super::WRITES_AT_ONCE;
use crate::{
    Error, Store,
    codec::{Kind, item, read},
    keys,
    page::{Paging, Slice, encode},
};

/// Keeps errors of rows. The same ones again change nothing.
pub async fn keep_errors(store: &Store, job: &ImportJob, errors: &[RowError]) -> Result<(), Error> {
    let mut writes = Vec::with_capacity(errors.len());
    let (mut row, mut n) = (0, 0);
    for error in errors {
        n = if error.row == row { n + 1 } else { 0 };
        row = error.row;
        let place =
            Key::new(keys::import_partition(job.vendor_id, job.id), format!("{ERROR}{row:07}#{n:02}"));
        writes.push(Write::put(item(place, Kind::ImportError, error)?));
    }
    for some in writes.chunks(WRITES_AT_ONCE) {
        try_join_all(some.iter().cloned().map(|write| store.table.write(write))).await?;
    }
    Ok(())
}

/// A page of the errors that were kept, in the order of the rows.
pub async fn errors(
    store: &Store,
    vendor: VendorId,
    id: ImportId,
    paging: &Paging,
) -> Result<Slice<RowError>, Error> {
    let position = paging.position()?;
    if position.as_ref().is_some_and(|position| !position.starts_with(ERROR)) {
        return Err(Error::BadCursor);
    }
    let pk = keys::import_partition(vendor, id);
    let behind = position.map(|sk| Cursor { key: Key::new(pk.clone(), sk), index_key: None });
    let query = Query::partition(pk).range(Range::Prefix(ERROR.to_owned())).after(behind);
    let page = store.table.query(&query.limit(paging.limit + 1)).await?;
    let mut items = page.items;
    let wanted = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let more = items.len() > wanted;
    items.truncate(wanted);
    let next_cursor = items.last().filter(|_| more).map(|last| encode(&last.key.sk));
    Ok(Slice { data: items.into_iter().map(read).collect::<Result<_, _>>()?, next_cursor })
}

const ERROR: &str = "ERROR#";
