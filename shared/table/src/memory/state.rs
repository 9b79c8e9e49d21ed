use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::limits::Refusal;
use crate::schema::INDEXES;
use crate::size::{self, Entry};
use crate::{Cursor, Doc, Item, Key, Query, Range, Record, Write};

/// A query stops once it has read so much, whatever its limit.
const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// The rows, and all that follows from them.
///
/// **Invariant:** `indexes` holds, at each index's position in [`INDEXES`], exactly the entries of `rows`; only `replace` writes any of them.
#[derive(Default)]
pub(super) struct State {
    pub(super) rows: BTreeMap<Key, Row>,
    indexes: [BTreeMap<Place, (Arc<Doc>, usize)>; INDEXES.len()],
    pub(super) records: Vec<Record>,
    /// Transactions that succeeded under a token, with the second until which they are remembered.
    pub(super) tokens: BTreeMap<String, (i64, Vec<Write>)>,
    /// What the partitions have borne, where that is bounded.
    pub(super) borne: BTreeMap<Partition, Borne>,
}

/// Write units of a partition.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Borne {
    /// The second that `lately` is of.
    second: i64,
    lately: u64,
    pub(super) ever: u64,
}

impl Borne {
    pub(super) fn within(self, second: i64) -> u64 {
        if self.second == second { self.lately } else { 0 }
    }

    pub(super) fn bear(&mut self, second: i64, units: u64) {
        self.lately = self.within(second) + units;
        self.second = second;
        self.ever += units;
    }
}

/// A partition of the table, or of an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition {
    /// None of the table itself.
    pub index: Option<&'static str>,
    pub pk: String,
}

impl Partition {
    pub(super) fn of_table(key: &Key) -> Self {
        Self { index: None, pk: key.pk.clone() }
    }
}

/// An item, and what it weighs.
pub(super) struct Row {
    pub(super) item: Arc<Item>,
    pub(super) bytes: usize,
}

/// The items that a query read, expired ones too, and the bytes that it paid for.
pub(super) struct Read {
    pub(super) items: Vec<Item>,
    pub(super) next: Option<Cursor>,
    pub(super) bytes: usize,
}

impl State {
    pub(super) fn item(&self, key: &Key) -> Option<&Arc<Item>> {
        self.rows.get(key).map(|row| &row.item)
    }

    pub(super) fn bytes(&self, key: &Key) -> usize {
        self.rows.get(key).map_or(0, |row| row.bytes)
    }

    /// Puts an item of so many bytes, or removes it; answers the write units of the indexes, by their partitions. Nothing is recorded where nothing changed.
    pub(super) fn replace(
        &mut self,
        key: &Key,
        new: Option<(Arc<Doc>, usize)>,
        at: i64,
    ) -> Vec<(Partition, u64)> {
        let new = new.map(|(doc, bytes)| Row { item: Arc::new(Item::new(key.clone(), doc)), bytes });
        let now = new.as_ref().map(|row| row.item.clone());
        let old = match new {
            Some(row) => self.rows.insert(key.clone(), row),
            None => self.rows.remove(key),
        };
        let (old, new) = (old.map(|row| row.item), now);
        if old == new {
            return Vec::new();
        }
        let mut units = Vec::new();
        let (was, is) = (old.as_ref().map(|item| &*item.doc), new.as_ref().map(|item| &*item.doc));
        for (entries, index) in self.indexes.iter_mut().zip(INDEXES) {
            if Entry::is_same(index, was, is) {
                continue;
            }
            let before = was.and_then(|doc| Entry::of(index, key, doc));
            let after = is.and_then(|doc| Entry::of(index, key, doc));
            if let Some(entry) = after.as_ref().or(before.as_ref()) {
                let partition = Partition { index: Some(index.name), pk: entry.index_key.pk.clone() };
                units.push((partition, size::index_write_units(before.as_ref(), after.as_ref())));
            }
            if let Some(entry) = before {
                entries.remove(&(entry.index_key, entry.item.key));
            }
            if let Some(entry) = after {
                let bytes = entry.bytes();
                entries.insert((entry.index_key, entry.item.key), (entry.item.doc, bytes));
            }
        }
        let sequence = self.records.len() as u64 + 1;
        self.records.push(Record { sequence, at, key: key.clone(), old, new });
        units
    }

    /// The partitions that a write of this document goes to.
    pub(super) fn partitions<'a>(
        &'a self,
        key: &'a Key,
        new: Option<&'a Doc>,
    ) -> impl Iterator<Item = Partition> + 'a {
        let was = self.item(key).map(|item| &*item.doc);
        let of_indexes =
            INDEXES.iter().filter(move |index| !Entry::is_same(index, was, new)).filter_map(move |index| {
                let entry = new.or(was).and_then(|doc| Entry::of(index, key, doc))?;
                Some(Partition { index: Some(index.name), pk: entry.index_key.pk })
            });
        std::iter::once(Partition::of_table(key)).chain(of_indexes)
    }

    pub(super) fn query(&self, query: &Query) -> Result<Read, Refusal> {
        let (low, high) = bounds(query);
        let Some(index) = query.index else {
            let low = low.map(|low| low.0);
            let rows = self
                .rows
                .range((low, Bound::Excluded(high.0)))
                .map(|(key, row)| (None, key, &row.item.doc, row.bytes));
            return Ok(if query.descending { read(query, rows.rev()) } else { read(query, rows) });
        };
        let mut indexes = self.indexes.iter().zip(INDEXES);
        let (entries, _) = indexes.find(|(_, one)| **one == *index).ok_or(Refusal::NoIndex(index.name))?;
        let rows = entries
            .range((low, Bound::Excluded(high)))
            .map(|((index_key, key), (doc, bytes))| (Some(index_key), key, doc, *bytes));
        Ok(if query.descending { read(query, rows.rev()) } else { read(query, rows) })
    }
}

/// As DynamoDB does, a page that ends by its limit names where it ended even if nothing follows.
fn read<'a>(
    query: &Query,
    rows: impl Iterator<Item = (Option<&'a Key>, &'a Key, &'a Arc<Doc>, usize)>,
) -> Read {
    let mut page = Read { items: Vec::new(), next: None, bytes: 0 };
    for (index_key, key, doc, bytes) in rows {
        page.bytes += bytes;
        page.items.push(Item::new(key.clone(), doc.clone()));
        if page.items.len() >= query.limit as usize || page.bytes >= MAX_PAGE_BYTES {
            page.next = Some(Cursor { key: key.clone(), index_key: index_key.cloned() });
            break;
        }
    }
    page
}

/// A place in the table or an index: the key that orders it, then the item's own key (empty in the table).
type Place = (Key, Key);

/// The places that a query reads, the second one excluded.
fn bounds(query: &Query) -> (Bound<Place>, Place) {
    let place = |sk: &str| (Key::new(&query.pk, sk), Key::new("", ""));
    let behind = |sk: &str| place(&format!("{sk}\0"));
    let end = (Key::new(format!("{}\0", query.pk), ""), Key::new("", ""));
    let (low, high) = match &query.range {
        Range::All => (place(""), end),
        Range::Prefix(prefix) => (place(prefix), after_prefix(prefix).map_or(end, |sk| place(&sk))),
        Range::Between(low, high) => (place(low), behind(high)),
        Range::UpTo(high) => (place(""), behind(high)),
        Range::From(low) => (place(low), end),
    };
    let after = query.after.as_ref().map(|after| match &after.index_key {
        Some(index_key) => (index_key.clone(), after.key.clone()),
        None => (after.key.clone(), Key::new("", "")),
    });
    match after {
        None => (Bound::Included(low), high),
        Some(after) if query.descending => (Bound::Included(low), after),
        Some(after) => (Bound::Excluded(after), high),
    }
}

/// The first string behind all that begin with the prefix, in the order of bytes, which is that of characters.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut kept = prefix.to_owned();
    while let Some(last) = kept.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            kept.push(next);
            return Some(kept);
        }
    }
    None
}
