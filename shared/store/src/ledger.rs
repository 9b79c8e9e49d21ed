//! The ledger: transactions, one immutable item each beside their order, and each vendor's statement, which is copied from them.

mod statement;
#[cfg(test)]
mod tests;

use domain::{OrderId, Tenant, ledger::Transaction};
use table::{Query, Range, Write};

use crate::{
    Error, Store,
    codec::{Kind, item, read},
    keys,
};

pub use statement::{Line, Span, balances, of_order_and_vendor, state, state_missing, statement, unstated};

/// What was posted for an order, in the order of posting.
pub async fn of_order(store: &Store, channel: &Tenant, order: OrderId) -> Result<Vec<Transaction>, Error> {
    let pk = keys::order(channel, order).pk;
    let page = store.table.query(&Query::partition(pk).range(Range::Prefix("LEDGER#".to_owned()))).await?;
    page.items.into_iter().map(read).collect()
}

/// Posts what is posted for an order once, under an id that follows from the order's; a repeat posts nothing.
pub async fn post_once(store: &Store, channel: &Tenant, transaction: &Transaction) -> Result<(), Error> {
    store.write_where_it_holds(post(channel, transaction)?).await
}

/// Posts a transaction.
pub(crate) fn post(channel: &Tenant, transaction: &Transaction) -> Result<Write, Error> {
    let key = keys::ledger(channel, transaction.order_id, transaction.id);
    Ok(Write::create(item(key, Kind::Ledger, transaction)?))
}
