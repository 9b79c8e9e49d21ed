use serde_json::json;

use super::bench::{like, list, same};
use super::{Bench, Case, Verdict};
use crate::{Condition, Error, Item, Key, Query, Range, Update, Write};

pub(super) fn cases() -> Vec<Case> {
    list![
        fractions_are_refused_wherever_they_stand,
        empty_and_overlong_keys_are_refused,
        the_attributes_of_the_key_are_not_written_as_others,
        updates_without_sense_are_refused,
        conditions_without_sense_are_refused,
        pages_without_sense_are_refused,
        transactions_without_sense_are_refused,
    ]
}

async fn refused(bench: &Bench, write: Write) -> Verdict {
    like!(bench.table.write(write.clone()).await, Err(Error::Rejected(_)));
    like!(bench.table.transact(vec![write], None).await, Err(Error::Rejected(_)));
    Ok(())
}

async fn fractions_are_refused_wherever_they_stand(bench: Bench) -> Verdict {
    let writes = [
        Write::put(bench.item("a", json!({ "n": 0.5 }))),
        Write::put(bench.item("a", json!({ "n": 1.0 }))),
        Write::put(bench.item("a", json!({ "n": 1e30 }))),
        Write::put(bench.item("a", json!({ "list": [{ "deep": 0.5 }] }))),
        Write::update(bench.key("a"), Update::new().set("n", 0.5)),
        Write::update(bench.key("a"), Update::new().set_if_absent("n", json!([0.5]))),
        Write::update(bench.key("a"), Update::new().append("list", vec![json!(0.5)])),
        Write::check(bench.key("a"), Condition::equals("n", 0.5)),
        Write::check(bench.key("a"), Condition::Absent.or(Condition::one_of("n", [json!(1), json!(0.5)]))),
    ];
    for write in writes {
        refused(&bench, write).await?;
    }
    same!(bench.get("a").await?, None);
    Ok(())
}

async fn empty_and_overlong_keys_are_refused(bench: Bench) -> Verdict {
    let long = |length: usize| "x".repeat(length);
    let keys = [
        Key::new("", "a"),
        Key::new(bench.partition("p"), ""),
        Key::new(long(2049), "a"),
        Key::new(bench.partition("p"), long(1025)),
    ];
    for key in keys {
        like!(bench.table.get(&key).await, Err(Error::Rejected(_)));
        like!(bench.table.batch_get(std::slice::from_ref(&key)).await, Err(Error::Rejected(_)));
        refused(&bench, Write::put(Item::new(key, serde_json::Map::new()))).await?;
    }
    same!(bench.table.get(&Key::new(long(2048), long(1024))).await?, None);
    Ok(())
}

async fn the_attributes_of_the_key_are_not_written_as_others(bench: Bench) -> Verdict {
    for name in ["PK", "SK"] {
        refused(&bench, Write::put(bench.item("a", json!({ name: "x" })))).await?;
        refused(&bench, Write::update(bench.key("a"), Update::new().set(name, "x"))).await?;
        refused(&bench, Write::check(bench.key("a"), Condition::equals(name, "x"))).await?;
    }
    Ok(())
}

async fn updates_without_sense_are_refused(bench: Bench) -> Verdict {
    let updates = [
        Update::new(),
        Update::new().set("n", 1).add("n", 1),
        Update::new().set("", 1),
        Update::new().remove("SK"),
    ];
    for update in updates {
        refused(&bench, Write::update(bench.key("a"), update)).await?;
    }
    same!(bench.get("a").await?, None);
    Ok(())
}

async fn conditions_without_sense_are_refused(bench: Bench) -> Verdict {
    let conditions = [
        Condition::All(vec![]),
        Condition::Absent.or(Condition::Any(vec![])),
        Condition::one_of("n", Vec::<i64>::new()),
        Condition::one_of("n", 0..100),
        Condition::lacks(""),
    ];
    for condition in conditions {
        refused(&bench, Write::check(bench.key("a"), condition)).await?;
    }
    Ok(())
}

async fn pages_without_sense_are_refused(bench: Bench) -> Verdict {
    let all = || Query::partition(bench.partition("p"));
    let queries = [
        all().limit(0),
        all().limit(1001),
        all().range(Range::Prefix(String::new())),
        all().range(Range::From(String::new())),
        all().range(Range::Between("b".to_owned(), "a".to_owned())),
        Query::partition(""),
    ];
    for query in queries {
        like!(bench.table.query(&query).await, Err(Error::Rejected(_)));
    }
    same!(bench.table.query(&all().limit(1000)).await?.items.len(), 0);
    Ok(())
}

async fn transactions_without_sense_are_refused(bench: Bench) -> Verdict {
    like!(bench.table.transact(vec![], None).await, Err(Error::Rejected(_)));
    let writes =
        |count: usize| (0..count).map(|n| Write::delete(bench.key(&n.to_string()))).collect::<Vec<_>>();
    like!(bench.table.transact(writes(101), None).await, Err(Error::Rejected(_)));
    like!(bench.table.transact(writes(1), Some("")).await, Err(Error::Rejected(_)));
    like!(bench.table.transact(writes(1), Some(&"x".repeat(37))).await, Err(Error::Rejected(_)));
    Ok(())
}
