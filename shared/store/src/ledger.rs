//! The ledger's transactions: one immutable item each, beside their order.

use domain::{OrderId, Tenant, ledger::Transaction};
use table::{Query, Range, Write};

use crate::{
    Error, Store,
    codec::{Kind, item, read},
    keys,
};

/// What was posted for an order, in the order of posting.
pub async fn of_order(store: &Store, channel: &Tenant, order: OrderId) -> Result<Vec<Transaction>, Error> {
    let pk = keys::order(channel, order).pk;
    let page = store.table.query(&Query::partition(pk).range(Range::Prefix("LEDGER#".to_owned()))).await?;
    page.items.into_iter().map(read).collect()
}

/// Posts a transaction.
pub(crate) fn post(channel: &Tenant, transaction: &Transaction) -> Result<Write, Error> {
    let key = keys::ledger(channel, transaction.order_id, transaction.id);
    Ok(Write::create(item(key, Kind::Ledger, transaction)?))
}
