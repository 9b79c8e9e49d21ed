//! The ledger: transactions, one immutable item each beside their order, and each vendor's statement, which is copied from them.

use domain::{
    LedgerTransactionId, Money, OrderId, Tenant, Timestamp, VendorId,
    ledger::{Account, Direction, Transaction},
};
use serde::{Deserialize, Serialize};
use table::{Item, Key, MAX_BATCH, Query, Range, Write};

use crate::{
    Error, Store,
    codec::{Kind, item, read},
    keys,
    page::{Paging, Slice, encode},
};

/// A line of a vendor's statement: one entry on the vendor's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub transaction_id: LedgerTransactionId,
    /// The entry's place in its transaction.
    pub entry: u32,
    pub account: Account,
    pub direction: Direction,
    pub amount: Money,
    pub order_id: OrderId,
    pub created_at: Timestamp,
}

impl Line {
    /// What the entry adds to what the platform owes the vendor.
    pub fn change(&self) -> i64 {
        match self.direction {
            Direction::Credit => self.amount.amount,
            Direction::Debit => -self.amount.amount,
        }
    }

    fn place(&self) -> String {
        format!("{}#{:02}", self.transaction_id, self.entry)
    }
}

/// What was posted for an order, in the order of posting.
pub async fn of_order(store: &Store, channel: &Tenant, order: OrderId) -> Result<Vec<Transaction>, Error> {
    let pk = keys::order(channel, order).pk;
    let page = store.table.query(&Query::partition(pk).range(Range::Prefix("LEDGER#".to_owned()))).await?;
    page.items.into_iter().map(read).collect()
}

/// Copies a transaction's entries into its vendors' statements. A repeat finds its lines and changes nothing.
pub async fn state(store: &Store, transaction: &Transaction) -> Result<(), Error> {
    for line in lines(transaction) {
        store.write_where_it_holds(Write::create(line?)).await?;
    }
    Ok(())
}

/// Copies those entries of transactions that their vendors' statements lack. One round trip where they lack none.
pub async fn state_missing(store: &Store, transactions: &[Transaction]) -> Result<(), Error> {
    let lines = transactions.iter().flat_map(lines).collect::<Result<Vec<_>, _>>()?;
    for lines in lines.chunks(MAX_BATCH) {
        let places: Vec<_> = lines.iter().map(|line| line.key.clone()).collect();
        let found = store.table.batch_get(&places).await?;
        for (line, _) in lines.iter().zip(found).filter(|(_, found)| found.is_none()) {
            store.write_where_it_holds(Write::create(line.clone())).await?;
        }
    }
    Ok(())
}

/// A transaction's lines in its vendors' statements.
fn lines(transaction: &Transaction) -> impl Iterator<Item = Result<Item, Error>> {
    (0_u32..).zip(&transaction.entries).filter_map(|(at, entry)| {
        let Account::VendorPayable(vendor) = entry.account else {
            return None;
        };
        let line = Line {
            transaction_id: transaction.id,
            entry: at,
            account: entry.account,
            direction: entry.direction,
            amount: Money::new(entry.amount, transaction.currency),
            order_id: transaction.order_id,
            created_at: transaction.posted_at,
        };
        let partition = keys::statement_partition(vendor, &line.created_at.month());
        Some(item(Key::new(partition, line.place()), Kind::Statement, &line))
    })
}

/// A page of a vendor's statement, newest first. `since` is when the vendor was made: before, there is nothing.
pub async fn statement(
    store: &Store,
    vendor: VendorId,
    since: Timestamp,
    paging: &Paging,
) -> Result<Slice<Line>, Error> {
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let position = paging.position()?;
    let mut below =
        position.as_deref().map(|position| position.split_once('#').ok_or(Error::BadCursor)).transpose()?;
    let mut lines: Vec<Line> = Vec::new();
    for month in months(store.now(), since) {
        let range = match below {
            Some((start, _)) if start < month.as_str() => continue,
            Some((start, place)) if start == month => Range::UpTo(place.to_owned()),
            _ => Range::All,
        };
        let query = Query::partition(keys::statement_partition(vendor, &month)).range(range).descending();
        let page = store.table.query(&query.limit(paging.limit + 2)).await?;
        for found in page.items {
            let line: Line = read(found)?;
            if below.is_some_and(|(_, place)| place == line.place()) {
                continue;
            }
            if lines.len() == limit {
                let next =
                    lines.last().map(|last| encode(&format!("{}#{}", last.created_at.month(), last.place())));
                return Ok(Slice { data: lines, next_cursor: next });
            }
            lines.push(line);
        }
        below = None;
    }
    Ok(Slice { data: lines, next_cursor: None })
}

/// What the platform owes a vendor: all of its statement's lines added up.
pub async fn balance(store: &Store, vendor: VendorId, since: Timestamp) -> Result<i64, Error> {
    let mut sum = 0;
    for month in months(store.now(), since) {
        let mut query = Query::partition(keys::statement_partition(vendor, &month)).limit(1000);
        loop {
            let page = store.table.query(&query).await?;
            for found in page.items {
                sum += read::<Line>(found)?.change();
            }
            match page.next {
                Some(next) => query = query.after(Some(next)),
                None => break,
            }
        }
    }
    Ok(sum)
}

/// The months from now back to a time, both included.
fn months(now: Timestamp, since: Timestamp) -> Vec<String> {
    let (mut at, first) = (now, since.month());
    let mut months = vec![at.month()];
    while at.month() > first {
        at = at.end_of_month_before();
        months.push(at.month());
    }
    months
}

/// Posts a transaction.
pub(crate) fn post(channel: &Tenant, transaction: &Transaction) -> Result<Write, Error> {
    let key = keys::ledger(channel, transaction.order_id, transaction.id);
    Ok(Write::create(item(key, Kind::Ledger, transaction)?))
}
