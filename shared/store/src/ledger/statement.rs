//! Vendors' statements: what was posted on each vendor's account, by month, copied from the transactions; and what it adds up to.

use std::collections::BTreeMap;

use domain::{
    Currency, LedgerTransactionId, Money, OrderId, Tenant, Timestamp, VendorId,
    ledger::{Account, Direction, Transaction},
};
use serde::{Deserialize, Serialize};
use table::{Item, Key, MAX_BATCH, Query, Range, Write};

use super::of_order;
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
    /// What the transaction is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<domain::ledger::Kind>,
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
        self.direction.signed(self.amount.amount)
    }

    fn place(&self) -> String {
        format!("{}#{:02}", self.transaction_id, self.entry)
    }
}

/// Copies a transaction's entries into its vendors' statements. A repeat finds its lines and changes nothing.
pub async fn state(store: &Store, transaction: &Transaction) -> Result<(), Error> {
    for line in lines(transaction) {
        state_line(store, line?).await?;
    }
    Ok(())
}

async fn state_line(store: &Store, line: Item) -> Result<(), Error> {
    store.write_where_it_holds(Write::create(line.clone())).await?;
    reopen(store, &line).await
}

/// Copies those entries of transactions that their vendors' statements lack. One round trip where they lack none.
pub async fn state_missing(store: &Store, transactions: &[Transaction]) -> Result<(), Error> {
    for line in missing(store, transactions).await? {
        state_line(store, line).await?;
    }
    Ok(())
}

/// Which lines of transactions their vendors' statements lack: the transaction and the entry's place in it.
pub async fn unstated(store: &Store, transactions: &[Transaction]) -> Result<Vec<String>, Error> {
    Ok(missing(store, transactions).await?.into_iter().map(|line| line.key.sk).collect())
}

async fn missing(store: &Store, transactions: &[Transaction]) -> Result<Vec<Item>, Error> {
    let lines = transactions.iter().flat_map(lines).collect::<Result<Vec<_>, _>>()?;
    let mut missing = Vec::new();
    for lines in lines.chunks(MAX_BATCH) {
        let places: Vec<_> = lines.iter().map(|line| line.key.clone()).collect();
        let found = store.table.batch_get(&places).await?;
        missing.extend(
            lines.iter().zip(found).filter(|(_, found)| found.is_none()).map(|(line, _)| line.clone()),
        );
    }
    Ok(missing)
}

/// A transaction's entries on vendors' accounts.
fn entries_of(transaction: &Transaction) -> impl Iterator<Item = Line> {
    let entries = (0_u32..).zip(&transaction.entries);
    let theirs = entries.filter(|(_, entry)| matches!(entry.account, Account::VendorPayable(_)));
    theirs.map(|(at, entry)| Line {
        transaction_id: transaction.id,
        kind: Some(transaction.kind),
        entry: at,
        account: entry.account,
        direction: entry.direction,
        amount: Money::new(entry.amount, transaction.currency),
        order_id: transaction.order_id,
        created_at: transaction.posted_at,
    })
}

/// A transaction's lines in its vendors' statements.
fn lines(transaction: &Transaction) -> impl Iterator<Item = Result<Item, Error>> {
    entries_of(transaction).filter_map(|line| {
        let Account::VendorPayable(vendor) = line.account else {
            return None;
        };
        let partition = keys::statement_partition(vendor, &line.created_at.month());
        Some(item(Key::new(partition, line.place()), Kind::Statement, &line))
    })
}

/// The time of which a vendor's lines are asked for; before a vendor was made there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// This one included.
    pub from: Timestamp,
    /// This one not; now where absent.
    pub until: Option<Timestamp>,
}

impl Span {
    fn holds(&self, line: &Line) -> bool {
        line.created_at >= self.from && self.until.is_none_or(|until| line.created_at < until)
    }
}

/// How many lines are read at a time, where not all of them are wanted.
const AT_ONCE: u32 = 500;
/// How many lines one page looks at: what is behind them is found by the cursor.
const LOOKED_AT: usize = 5_000;

/// A page of a vendor's statement, newest first. Where a span leaves most lines of a month out, a page may be short and yet have a next one.
pub async fn statement(
    store: &Store,
    vendor: VendorId,
    span: Span,
    paging: &Paging,
) -> Result<Slice<Line>, Error> {
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let position = paging.position()?;
    let mut below =
        position.as_deref().map(|position| position.split_once('#').ok_or(Error::BadCursor)).transpose()?;
    let mut lines: Vec<Line> = Vec::new();
    let mut looked_at = 0;
    for month in months(span.until.unwrap_or(store.now()).min(store.now()), span.from) {
        let range = match below {
            Some((start, _)) if start < month.as_str() => continue,
            Some((start, place)) if start == month => Range::UpTo(place.to_owned()),
            _ => Range::All,
        };
        let query = Query::partition(keys::statement_partition(vendor, &month)).range(range).descending();
        let mut query = query.limit(AT_ONCE.min(paging.limit + 2));
        loop {
            let page = store.table.query(&query).await?;
            for found in page.items {
                let line: Line = read(found)?;
                looked_at += 1;
                if below.is_some_and(|(_, place)| place == line.place()) || !span.holds(&line) {
                    continue;
                }
                lines.push(line);
                if lines.len() > limit || looked_at >= LOOKED_AT {
                    let more = lines.len() > limit;
                    lines.truncate(limit);
                    let next =
                        lines.last().map(|last| format!("{}#{}", last.created_at.month(), last.place()));
                    let next = next.filter(|_| more || looked_at >= LOOKED_AT);
                    return Ok(Slice { data: lines, next_cursor: next.as_deref().map(encode) });
                }
            }
            match page.next {
                Some(next) => query = query.after(Some(next)).limit(AT_ONCE),
                None => break,
            }
        }
        below = None;
    }
    Ok(Slice { data: lines, next_cursor: None })
}

/// What stands on a vendor's account for an order, in the order of posting.
pub async fn of_order_and_vendor(
    store: &Store,
    channel: &Tenant,
    order: OrderId,
    vendor: VendorId,
) -> Result<Vec<Line>, Error> {
    let mut lines = Vec::new();
    for transaction in of_order(store, channel, order).await? {
        lines.extend(entries_of(&transaction).filter(|line| line.account == Account::VendorPayable(vendor)));
    }
    lines.sort_by_key(|line| (line.created_at, line.transaction_id, line.entry));
    Ok(lines)
}

/// What the platform owes a vendor at the end of a span, by currency: all of its statement's lines until then added up.
pub async fn balances(store: &Store, vendor: VendorId, span: Span) -> Result<BTreeMap<Currency, i64>, Error> {
    let mut sums = BTreeMap::new();
    for month in months(span.until.unwrap_or(store.now()).min(store.now()), span.from) {
        let month_ends = span.until.is_none_or(|until| until.month() > month);
        let sum = match closed(store, vendor, &month).await? {
            Some(sum) if month_ends => sum,
            _ => fold(store, vendor, &month, span).await?,
        };
        for (currency, amount) in sum {
            *sums.entry(currency).or_default() += amount;
        }
    }
    Ok(sums)
}

/// How long a month's sum may still change after its end: what was lost on its way is found long before.
const CLOSED_AFTER_DAYS: u32 = 45;

/// A month's sum, kept once nothing is posted into it any more.
#[derive(Serialize, Deserialize)]
struct Sum {
    by_currency: BTreeMap<Currency, i64>,
}

fn is_closed(month: &str, now: Timestamp) -> bool {
    now.minus_days(CLOSED_AFTER_DAYS).month().as_str() > month
}

async fn closed(
    store: &Store,
    vendor: VendorId,
    month: &str,
) -> Result<Option<BTreeMap<Currency, i64>>, Error> {
    if !is_closed(month, store.now()) {
        return Ok(None);
    }
    let found = store.table.get(&keys::statement_sum(vendor, month)).await?;
    Ok(found.map(read::<Sum>).transpose()?.map(|sum| sum.by_currency))
}

/// Adds up a month's lines of a span; keeps the sum where it is all of a closed month.
async fn fold(
    store: &Store,
    vendor: VendorId,
    month: &str,
    span: Span,
) -> Result<BTreeMap<Currency, i64>, Error> {
    let (mut sums, mut all) = (BTreeMap::new(), true);
    let mut query = Query::partition(keys::statement_partition(vendor, month)).limit(AT_ONCE);
    loop {
        let page = store.table.query(&query).await?;
        for found in page.items {
            let line: Line = read(found)?;
            if span.holds(&line) {
                *sums.entry(line.amount.currency).or_default() += line.change();
            } else {
                all = false;
            }
        }
        match page.next {
            Some(next) => query = query.after(Some(next)),
            None => break,
        }
    }
    if all && is_closed(month, store.now()) {
        let sum = Sum { by_currency: sums.clone() };
        let kept = item(keys::statement_sum(vendor, month), Kind::StatementSum, &sum)?;
        store.write_where_it_holds(Write::create(kept)).await?;
    }
    Ok(sums)
}

/// A line that comes after its month was closed takes the kept sum away.
async fn reopen(store: &Store, line: &Item) -> Result<(), Error> {
    let month = line.key.pk.rsplit('#').next().unwrap_or_default();
    let Some(Tenant::Vendor(vendor)) = keys::tenant_of(&line.key.pk) else { return Ok(()) };
    if is_closed(month, store.now()) {
        store.table.write(Write::delete(keys::statement_sum(vendor, month))).await?;
    }
    Ok(())
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
