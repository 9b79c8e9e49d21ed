//! Pages of lists. A cursor is the sort key where the page before ended, encoded: it can't reach another partition.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use table::{Item, Page, Query, Range};

use crate::{Error, Store};

/// A page of a list, and where the next one starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice<T> {
    pub data: Vec<T>,
    pub next_cursor: Option<String>,
}

/// Which page is asked for.
#[derive(Clone, Debug)]
pub struct Paging {
    /// 1 to 100.
    pub limit: u32,
    pub cursor: Option<String>,
}

impl Paging {
    /// The sort key after which the page starts.
    pub fn position(&self) -> Result<Option<String>, Error> {
        self.cursor.as_deref().map(decode).transpose()
    }
}

impl<T> Slice<T> {
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Slice<U> {
        Slice { data: self.data.into_iter().map(each).collect(), next_cursor: self.next_cursor }
    }
}

/// Encodes a position as a cursor.
pub fn encode(position: &str) -> String {
    URL_SAFE_NO_PAD.encode(position)
}

fn decode(cursor: &str) -> Result<String, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Error::BadCursor)?;
    let position = String::from_utf8(bytes).map_err(|_| Error::BadCursor)?;
    if (1..=500).contains(&position.len()) { Ok(position) } else { Err(Error::BadCursor) }
}

/// Reads a page of an index's partition, newest first, of the sort keys that start with `prefix`.
/// `sk` names the index's sort attribute.
pub(crate) async fn newest_first(
    store: &Store,
    query: Query,
    sk: &'static str,
    prefix: &str,
    paging: &Paging,
) -> Result<Slice<Item>, Error> {
    let position = paging.position()?;
    if position.as_ref().is_some_and(|position| !position.starts_with(prefix)) {
        return Err(Error::BadCursor);
    }
    let range = match &position {
        // The empty text is no sort key, so it can't be a bound.
        Some(position) if prefix.is_empty() => Range::UpTo(position.clone()),
        Some(position) => Range::Between(prefix.to_owned(), position.clone()),
        None if prefix.is_empty() => Range::All,
        None => Range::Prefix(prefix.to_owned()),
    };
    // The range includes the position itself, which the page before has shown; one more tells whether there is a next page.
    let query = query.range(range).descending().limit(paging.limit + 2);
    let Page { items, next } = store.table.query(&query).await?;
    let mut items: Vec<Item> = items.into_iter().filter(|item| item.str(sk) != position.as_deref()).collect();
    let wanted = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let more = items.len() > wanted || next.is_some();
    items.truncate(wanted);
    let next_cursor = items.last().filter(|_| more).and_then(|item| item.str(sk)).map(encode);
    Ok(Slice { data: items, next_cursor })
}

/// How many pages of a list one page of a filtered list may read; what is behind them is found by the cursor.
pub(crate) const SIFTED_PAGES: usize = 5;
/// How much it reads at a time.
pub(crate) const SIFTED_AT_ONCE: u32 = 100;

/// Reads a list on until a page is full of what `keep` lets pass, or until enough was read: a page may then be short, even
/// empty, and yet have a next one. `position` is where an entry stands in the list.
pub(crate) async fn sift<T, R>(
    paging: &Paging,
    read: impl Fn(Paging) -> R,
    keep: impl Fn(&T) -> bool,
    position: impl Fn(&T) -> String,
) -> Result<Slice<T>, Error>
where
    R: Future<Output = Result<Slice<T>, Error>>,
{
    let wanted = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let mut kept = Vec::new();
    let mut cursor = paging.cursor.clone();
    for _ in 0..SIFTED_PAGES {
        let page = read(Paging { limit: SIFTED_AT_ONCE, cursor }).await?;
        kept.extend(page.data.into_iter().filter(|entry| keep(entry)));
        cursor = page.next_cursor;
        if kept.len() > wanted {
            kept.truncate(wanted);
            cursor = kept.last().map(|last| encode(&position(last)));
        }
        if kept.len() == wanted || cursor.is_none() {
            break;
        }
    }
    Ok(Slice { data: kept, next_cursor: cursor })
}
