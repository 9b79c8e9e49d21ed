use serde_json::json;

use super::bench::{like, list, same};
use super::{Bench, Case, Verdict};
use crate::{Cursor, Error, Key, Query, Range};

pub(super) fn cases() -> Vec<Case> {
    list![
        ranges_read_what_lies_between_their_ends,
        an_empty_partition_has_no_items,
        a_query_stays_in_its_partition,
        pages_reach_every_item_once,
        a_page_of_large_items_ends_before_its_limit,
        a_cursor_of_another_query_is_refused,
    ]
}

async fn fill(bench: &Bench) -> Result<Query, Error> {
    for sk in ["a", "a#1", "a#2", "a#20", "a$", "b", "b#1", "c"] {
        bench.put(sk, json!({ "sk": sk })).await?;
    }
    Ok(Query::partition(bench.partition("p")))
}

async fn sort_keys(bench: &Bench, query: &Query) -> Result<Vec<String>, Error> {
    Ok(bench.read_all(query).await?.0.into_iter().map(|item| item.key.sk).collect())
}

async fn ranges_read_what_lies_between_their_ends(bench: Bench) -> Verdict {
    let all = fill(&bench).await?;
    let cases: [(Range, &[&str]); 9] = [
        (Range::All, &["a", "a#1", "a#2", "a#20", "a$", "b", "b#1", "c"]),
        (Range::Prefix("a#".to_owned()), &["a#1", "a#2", "a#20"]),
        (Range::Prefix("a".to_owned()), &["a", "a#1", "a#2", "a#20", "a$"]),
        (Range::Prefix("x".to_owned()), &[]),
        (Range::Between("a#1".to_owned(), "b".to_owned()), &["a#1", "a#2", "a#20", "a$", "b"]),
        (Range::Between("a".to_owned(), "a".to_owned()), &["a"]),
        (Range::UpTo("a#2".to_owned()), &["a", "a#1", "a#2"]),
        (Range::From("b".to_owned()), &["b", "b#1", "c"]),
        (Range::From("d".to_owned()), &[]),
    ];
    for (range, expected) in cases {
        let query = all.clone().range(range);
        same!(sort_keys(&bench, &query).await?, expected);
        let mut descending = sort_keys(&bench, &query.clone().descending()).await?;
        descending.reverse();
        same!(descending, expected);
    }
    Ok(())
}

async fn an_empty_partition_has_no_items(bench: Bench) -> Verdict {
    let page = bench.table.query(&Query::partition(bench.partition("p"))).await?;
    same!((page.items.len(), page.next), (0, None));
    Ok(())
}

async fn a_query_stays_in_its_partition(bench: Bench) -> Verdict {
    for pk in ["p", "p#", "p\0", "o", "q"] {
        let item = crate::Item::new(Key::new(bench.partition(pk), "z"), serde_json::Map::new());
        bench.table.write(crate::Write::put(item)).await?;
    }
    let query = Query::partition(bench.partition("p"));
    for query in [query.clone(), query.clone().range(Range::From("a".to_owned())), query.descending()] {
        let items = bench.read_all(&query).await?.0;
        same!(items.iter().map(|item| &item.key.pk).collect::<Vec<_>>(), [&bench.partition("p")]);
    }
    Ok(())
}

async fn pages_reach_every_item_once(bench: Bench) -> Verdict {
    let all = fill(&bench).await?;
    let ranges =
        [Range::All, Range::Prefix("a".to_owned()), Range::Between("a#1".to_owned(), "b#1".to_owned())];
    for range in ranges {
        for query in [all.clone().range(range.clone()), all.clone().range(range).descending()] {
            let whole = bench.read_all(&query).await?.0;
            for limit in 1..10 {
                let (items, pages) = bench.read_all(&query.clone().limit(limit)).await?;
                same!(items, whole);
                // At the very end a page may say that there is more, and then there is an empty one.
                let full = whole.len() / limit as usize;
                same!((full..=full + 1).contains(&pages), true);
            }
        }
    }
    Ok(())
}

async fn a_page_of_large_items_ends_before_its_limit(bench: Bench) -> Verdict {
    for n in 0..5 {
        bench.put(&n.to_string(), json!({ "text": "x".repeat(350 * 1024) })).await?;
    }
    let query = Query::partition(bench.partition("p"));
    let first = bench.table.query(&query).await?;
    same!(first.next.is_some() && (2..=3).contains(&first.items.len()), true);
    same!(sort_keys(&bench, &query).await?, ["0", "1", "2", "3", "4"]);
    same!(sort_keys(&bench, &query.descending()).await?, ["4", "3", "2", "1", "0"]);
    Ok(())
}

async fn a_cursor_of_another_query_is_refused(bench: Bench) -> Verdict {
    let all = fill(&bench).await?.range(Range::Prefix("a".to_owned()));
    let cursor = |key: Key, index_key: Option<Key>| Some(Cursor { key, index_key });
    let strange = [
        cursor(Key::new(bench.partition("q"), "a"), None),
        cursor(bench.key("b"), None),
        cursor(bench.key(""), None),
        cursor(bench.key("a"), Some(bench.key("a"))),
    ];
    for after in strange {
        like!(bench.table.query(&all.clone().after(after)).await, Err(Error::Rejected(_)));
    }
    // A cursor stands for a place, whether or not its item is still there.
    let gone = all.after(cursor(bench.key("a#10"), None));
    same!(sort_keys(&bench, &gone).await?, ["a#2", "a#20", "a$"]);
    Ok(())
}
