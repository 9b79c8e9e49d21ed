use serde_json::json;

use super::bench::{like, list, same};
use super::{Bench, Case, Verdict};
use crate::{Error, Key};

pub(super) fn cases() -> Vec<Case> {
    list![
        a_batch_answers_in_the_order_of_its_keys,
        a_batch_of_nothing_answers_nothing,
        a_batch_holds_a_hundred_keys_and_no_more,
    ]
}

async fn a_batch_answers_in_the_order_of_its_keys(bench: Bench) -> Verdict {
    let a = bench.put("a", json!({ "n": 1 })).await?;
    let b = bench.put("b", json!({ "n": 2 })).await?;
    let keys = ["b", "missing", "a", "b"].map(|sk| bench.key(sk));
    same!(bench.table.batch_get(&keys).await?, [Some(b.clone()), None, Some(a), Some(b)]);
    Ok(())
}

async fn a_batch_of_nothing_answers_nothing(bench: Bench) -> Verdict {
    same!(bench.table.batch_get(&[]).await?, []);
    Ok(())
}

async fn a_batch_holds_a_hundred_keys_and_no_more(bench: Bench) -> Verdict {
    let last = bench.put("099", json!({})).await?;
    let mut keys: Vec<Key> = (0..100).map(|n| bench.key(&format!("{n:03}"))).collect();
    let items = bench.table.batch_get(&keys).await?;
    same!(items.len(), 100);
    same!(items.last(), Some(&Some(last)));
    keys.push(bench.key("100"));
    like!(bench.table.batch_get(&keys).await, Err(Error::Rejected(_)));
    Ok(())
}
