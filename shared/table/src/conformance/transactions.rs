use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use super::bench::{like, list, same};
use super::{Bench, Case, Verdict};
use crate::{Condition, Error, Failed, Update, Write};

pub(super) fn cases() -> Vec<Case> {
    list![
        a_transaction_writes_all,
        a_transaction_writes_nothing_where_one_condition_fails,
        failed_actions_are_named_by_position_with_what_they_met,
        a_repeat_under_its_token_changes_nothing,
        a_repeat_under_its_token_succeeds_though_its_conditions_no_longer_hold,
        a_failed_transaction_does_not_use_up_its_token,
        an_item_is_named_once_in_a_transaction,
        a_transaction_holds_a_hundred_actions[BigTransactions],
        concurrent_decrements_never_oversell,
        concurrent_transactions_never_oversell,
    ]
}

async fn a_transaction_writes_all(bench: Bench) -> Verdict {
    bench.put("b", json!({ "n": 1 })).await?;
    bench.put("c", json!({})).await?;
    bench.put("d", json!({ "state": "open" })).await?;
    let a = bench.item("a", json!({ "new": true }));
    let writes = vec![
        Write::create(a.clone()),
        Write::update_if(bench.key("b"), Update::new().add("n", 1), Condition::at_least("n", 1)),
        Write::delete_if(bench.key("c"), Condition::Present),
        Write::check(bench.key("d"), Condition::equals("state", "open")),
        Write::check(bench.key("e"), Condition::Absent),
    ];
    bench.table.transact(writes, None).await?;
    same!(bench.get("a").await?, Some(a));
    same!(bench.get("b").await?, Some(bench.item("b", json!({ "n": 2 }))));
    same!(bench.get("c").await?, None);
    same!(bench.get("d").await?, Some(bench.item("d", json!({ "state": "open" }))));
    same!(bench.get("e").await?, None);
    Ok(())
}

async fn a_transaction_writes_nothing_where_one_condition_fails(bench: Bench) -> Verdict {
    let b = bench.put("b", json!({ "n": 1 })).await?;
    let writes = vec![
        Write::put(bench.item("a", json!({}))),
        Write::update(bench.key("b"), Update::new().add("n", 1)),
        Write::check(bench.key("c"), Condition::Present),
    ];
    let failed = bench.table.transact(writes, None).await.err();
    same!(failed.as_ref().map(Error::failed), Some([Failed { action: 2, item: None }].as_slice()));
    same!(bench.get("a").await?, None);
    same!(bench.get("b").await?, Some(b));
    Ok(())
}

async fn failed_actions_are_named_by_position_with_what_they_met(bench: Bench) -> Verdict {
    let a = bench.put("a", json!({ "n": 1, "list": [{}] })).await?;
    let d = bench.put("d", json!({ "n": 1 })).await?;
    let writes = vec![
        Write::create(bench.item("a", json!({}))),
        Write::put(bench.item("b", json!({}))),
        Write::update_if(bench.key("c"), Update::new().add("n", 1), Condition::at_least("n", 1)),
        Write::delete_if(bench.key("d"), Condition::lacks("n")),
        Write::check(bench.key("e"), Condition::Absent),
    ];
    let failed = bench.table.transact(writes, None).await.err();
    let expected = [
        Failed { action: 0, item: Some(a) },
        Failed { action: 2, item: None },
        Failed { action: 3, item: Some(d) },
    ];
    same!(failed.as_ref().map(Error::failed), Some(expected.as_slice()));
    Ok(())
}

/// Unlike in every run, because a token is remembered for ten minutes.
fn token(bench: &Bench) -> String {
    let hash =
        bench.partition("").bytes().fold(0u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    format!("token-{hash:016x}")
}

async fn a_repeat_under_its_token_changes_nothing(bench: Bench) -> Verdict {
    let token = token(&bench);
    let writes = vec![
        Write::update(bench.key("a"), Update::new().add("n", 1)),
        Write::put(bench.item("b", json!({ "x": 1, "y": { "z": [1, 2], "a": "b" } }))),
    ];
    for _ in 0..3 {
        bench.table.transact(writes.clone(), Some(&token)).await?;
    }
    same!(bench.get("a").await?.and_then(|item| item.int("n")), Some(1));
    bench.table.transact(writes, None).await?;
    same!(bench.get("a").await?.and_then(|item| item.int("n")), Some(2));
    Ok(())
}

async fn a_repeat_under_its_token_succeeds_though_its_conditions_no_longer_hold(bench: Bench) -> Verdict {
    let token = token(&bench);
    let writes = vec![
        Write::create(bench.item("a", json!({ "n": 1 }))),
        Write::update_if(bench.key("b"), Update::new().add("n", 1), Condition::lacks("n")),
    ];
    bench.table.transact(writes.clone(), Some(&token)).await?;
    // The time is part of a request that asks for absence, and has moved when it is repeated.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    bench.table.transact(writes.clone(), Some(&token)).await?;
    same!(bench.get("b").await?.and_then(|item| item.int("n")), Some(1));
    like!(bench.table.transact(writes, None).await, Err(Error::ConditionFailed(failed)) if failed.len() == 2);
    Ok(())
}

async fn a_failed_transaction_does_not_use_up_its_token(bench: Bench) -> Verdict {
    let token = token(&bench);
    let writes = vec![Write::update_if(bench.key("a"), Update::new().add("n", 1), Condition::Present)];
    like!(bench.table.transact(writes.clone(), Some(&token)).await, Err(Error::ConditionFailed(_)));
    bench.put("a", json!({})).await?;
    bench.table.transact(writes, Some(&token)).await?;
    same!(bench.get("a").await?.and_then(|item| item.int("n")), Some(1));
    Ok(())
}

async fn an_item_is_named_once_in_a_transaction(bench: Bench) -> Verdict {
    let writes = vec![
        Write::check(bench.key("a"), Condition::Absent),
        Write::put(bench.item("b", json!({}))),
        Write::put(bench.item("a", json!({}))),
    ];
    like!(bench.table.transact(writes, None).await, Err(Error::Rejected(_)));
    same!(bench.get("b").await?, None);
    Ok(())
}

async fn a_transaction_holds_a_hundred_actions(bench: Bench) -> Verdict {
    let writes: Vec<_> = (0..100).map(|n| Write::create(bench.item(&format!("{n:03}"), json!({})))).collect();
    bench.table.transact(writes.clone(), None).await?;
    let failed = bench.table.transact(writes, None).await.err();
    same!(failed.as_ref().map(|error| error.failed().len()), Some(100));
    same!(bench.get("099").await?.is_some(), true);
    Ok(())
}

async fn concurrent_decrements_never_oversell(bench: Bench) -> Verdict {
    bench.put("stock", json!({ "n": 25 })).await?;
    let sell =
        || Write::update_if(bench.key("stock"), Update::new().add("n", -1), Condition::at_least("n", 1));
    let outcomes = join_all((0..64).map(|_| bench.table.write(sell()))).await;
    let sold = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused =
        outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(Error::is_condition_failed)).count();
    same!((sold, refused), (25, 39));
    same!(bench.get("stock").await?.and_then(|item| item.int("n")), Some(0));
    Ok(())
}

async fn concurrent_transactions_never_oversell(bench: Bench) -> Verdict {
    bench.put("stock", json!({ "n": 50 })).await?;
    let bench = &bench;
    let sell = |buyer: usize| async move {
        let writes = vec![
            Write::update_if(bench.key("stock"), Update::new().add("n", -3), Condition::at_least("n", 3)),
            Write::create(bench.item(&format!("hold-{buyer}"), json!({}))),
        ];
        let mut round = 0;
        loop {
            match bench.table.transact(writes.clone(), None).await {
                Err(Error::Conflict | Error::Throttled) if round < 200 => round += 1,
                outcome => return outcome,
            }
            tokio::time::sleep(Duration::from_millis(5 + (buyer as u64 * 7 + round) % 40)).await;
        }
    };
    let outcomes = join_all((0..64).map(sell)).await;
    let sold = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused =
        outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(Error::is_condition_failed)).count();
    same!((sold, refused), (16, 48));
    same!(bench.get("stock").await?.and_then(|item| item.int("n")), Some(2));
    let holds = crate::Query::partition(bench.partition("p")).range(crate::Range::Prefix("hold-".to_owned()));
    same!(bench.read_all(&holds).await?.0.len(), 16);
    Ok(())
}
