use serde_json::json;

use super::bench::{list, same};
use super::{Bench, Case, Verdict};
use crate::{Condition, Error, Failed, Query, Update, Write};

pub(super) fn cases() -> Vec<Case> {
    list![
        an_expired_item_is_not_read,
        an_item_lives_through_the_second_of_its_ttl,
        an_expired_item_may_be_created_anew,
        an_expired_item_is_not_handed_back_by_a_failed_condition,
        an_update_revives_what_lies_there,
        a_ttl_that_is_no_number_never_passes,
    ]
}

async fn an_expired_item_is_not_read(bench: Bench) -> Verdict {
    bench.put("old", json!({ "ttl": bench.now() - 10 })).await?;
    let kept = bench.put("kept", json!({ "ttl": bench.now() + 1000 })).await?;
    same!(bench.get("old").await?, None);
    same!(bench.table.batch_get(&[bench.key("old"), bench.key("kept")]).await?, [None, Some(kept.clone())]);
    let query = Query::partition(bench.partition("p"));
    same!(bench.read_all(&query).await?.0, std::slice::from_ref(&kept));
    // The limit counts what lies there: pages may be empty before the end.
    same!(bench.read_all(&query.descending().limit(1)).await?.0, [kept]);
    Ok(())
}

async fn an_item_lives_through_the_second_of_its_ttl(bench: Bench) -> Verdict {
    // A clock that runs on may pass the second in between, then the case begins again.
    for _ in 0..5 {
        let now = bench.now();
        bench.put("a", json!({ "ttl": now })).await?;
        let found = bench.get("a").await?.is_some();
        let absent = bench.table.write(Write::check(bench.key("a"), Condition::Absent)).await.is_ok();
        if bench.now() == now {
            same!((found, absent), (true, false));
            return Ok(());
        }
    }
    Ok(())
}

async fn an_expired_item_may_be_created_anew(bench: Bench) -> Verdict {
    let live = bench.item("a", json!({ "n": 2, "ttl": bench.now() + 1000 }));
    for _ in 0..2 {
        bench.put("a", json!({ "n": 1, "ttl": bench.now() - 10 })).await?;
        bench.table.write(Write::create(live.clone())).await?;
        same!(bench.get("a").await?, Some(live.clone()));
        let again = bench.table.write(Write::create(live.clone())).await;
        same!(again.is_err_and(|error| error.is_condition_failed()), true);
    }
    bench.put("a", json!({ "n": 1, "ttl": bench.now() - 10 })).await?;
    bench.table.transact(vec![Write::create(live.clone())], None).await?;
    let failed = bench.table.transact(vec![Write::create(live.clone())], None).await.err();
    same!(failed.as_ref().map(Error::failed), Some([Failed { action: 0, item: Some(live) }].as_slice()));
    Ok(())
}

async fn an_expired_item_is_not_handed_back_by_a_failed_condition(bench: Bench) -> Verdict {
    bench.put("a", json!({ "n": 1, "ttl": bench.now() - 10 })).await?;
    let write = Write::update_if(bench.key("a"), Update::new().add("n", -5), Condition::at_least("n", 5));
    let absent = [Failed { action: 0, item: None }];
    let failed = bench.table.write(write.clone()).await.err();
    same!(failed.as_ref().map(Error::failed), Some(absent.as_slice()));
    let failed = bench.table.transact(vec![write], None).await.err();
    same!(failed.as_ref().map(Error::failed), Some(absent.as_slice()));
    Ok(())
}

async fn an_update_revives_what_lies_there(bench: Bench) -> Verdict {
    bench.put("a", json!({ "n": 1, "ttl": bench.now() - 10 })).await?;
    let update = Update::new().add("n", 1).set("ttl", bench.now() + 1000);
    bench.table.write(Write::update_if(bench.key("a"), update, Condition::Present)).await?;
    same!(bench.get("a").await?.and_then(|item| item.int("n")), Some(2));
    Ok(())
}

async fn a_ttl_that_is_no_number_never_passes(bench: Bench) -> Verdict {
    let item = bench.put("a", json!({ "ttl": "1" })).await?;
    same!(bench.get("a").await?, Some(item));
    let create = Write::create(bench.item("a", json!({})));
    same!(bench.table.write(create).await.is_err_and(|error| error.is_condition_failed()), true);
    Ok(())
}
