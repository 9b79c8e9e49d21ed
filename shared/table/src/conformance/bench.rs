use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::{Error, Item, Key, Query, Table, Write};

/// A table with what a case needs beside it.
#[derive(Clone)]
pub struct Bench {
    pub(super) table: Arc<dyn Table>,
    now: Arc<dyn Fn() -> i64 + Send + Sync>,
    prefix: String,
}

impl Bench {
    /// Takes the clock that the table has (epoch seconds), and a prefix that no earlier run had.
    pub fn new(
        table: Arc<dyn Table>,
        now: Arc<dyn Fn() -> i64 + Send + Sync>,
        prefix: impl Into<String>,
    ) -> Self {
        Self { table, now, prefix: prefix.into() }
    }

    pub(super) fn of_case(&self, case: &str) -> Self {
        Self { prefix: format!("{}#{case}", self.prefix), ..self.clone() }
    }

    pub(super) fn now(&self) -> i64 {
        (self.now)()
    }

    /// A partition of this case, of the table or of an index.
    pub(super) fn partition(&self, name: &str) -> String {
        format!("{}#{name}", self.prefix)
    }

    pub(super) fn key(&self, sk: &str) -> Key {
        Key::new(self.partition("p"), sk)
    }

    pub(super) fn item(&self, sk: &str, doc: Value) -> Item {
        Item::new(self.key(sk), document(doc))
    }

    /// Puts an item without a condition.
    pub(super) async fn put(&self, sk: &str, doc: Value) -> Result<Item, Error> {
        let item = self.item(sk, doc);
        self.table.write(Write::put(item.clone())).await?;
        Ok(item)
    }

    pub(super) async fn get(&self, sk: &str) -> Result<Option<Item>, Error> {
        self.table.get(&self.key(sk)).await
    }

    /// Reads all pages of a query; answers its items and how many pages there were.
    pub(super) async fn read_all(&self, query: &Query) -> Result<(Vec<Item>, usize), Error> {
        let (mut items, mut pages, mut query) = (Vec::new(), 0, query.clone());
        loop {
            let page = self.table.query(&query).await?;
            items.extend(page.items);
            pages += 1;
            query.after = page.next;
            if query.after.is_none() {
                return Ok((items, pages));
            }
        }
    }

    /// Reads an index until it has caught up with the table, for a few seconds at most.
    pub(super) async fn read_until(&self, query: &Query, expected: &[Item]) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        for _ in 0..50 {
            items = self.read_all(query).await?.0;
            if items == expected {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(items)
    }
}

pub(super) fn document(doc: Value) -> Map<String, Value> {
    match doc {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Makes the list of a module's cases; what a case needs stands in brackets behind it.
macro_rules! list {
    ($($name:ident $([$($need:ident),+])?),+ $(,)?) => {
        vec![$(crate::conformance::Case {
            name: stringify!($name),
            needs: &[$($(crate::conformance::Ability::$need),+)?],
            run: |bench| Box::pin($name(bench)),
        }),+]
    };
}

/// Ends a case where two values differ.
macro_rules! same {
    ($left:expr, $right:expr $(,)?) => {
        match (&$left, &$right) {
            (left, right) => {
                if left != right {
                    return Err(format!(
                        "line {}: {} is {left:?} and not {right:?}",
                        line!(),
                        stringify!($left)
                    )
                    .into());
                }
            }
        }
    };
}

/// Ends a case where a value does not match a pattern.
macro_rules! like {
    ($value:expr, $pattern:pat $(if $guard:expr)? $(,)?) => {
        match &$value {
            $pattern $(if $guard)? => {}
            other => {
                let (line, pattern) = (line!(), stringify!($pattern));
                return Err(format!("line {line}: {} is {other:?} and not {pattern}", stringify!($value)).into());
            }
        }
    };
}

pub(super) use {like, list, same};
