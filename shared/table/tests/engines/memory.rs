//! What memory alone shows: its stream, its dump, and the end of a token.

use std::sync::Arc;

use serde_json::{Value, json};
use table::memory::{Memory, Partition};
use table::{Condition, Error, Item, Key, Record, Table, Update, Write};

use crate::clock::Hand;

fn item(sk: &str, doc: Value) -> Item {
    Item::new(Key::new("p", sk), doc.as_object().unwrap().clone())
}

fn record(sequence: u64, old: Option<&Item>, new: Option<&Item>) -> Record {
    let key = old.or(new).unwrap().key.clone();
    let image = |item: Option<&Item>| item.cloned().map(Arc::new);
    Record { sequence, at: (Hand::new().now())(), key, old: image(old), new: image(new) }
}

#[tokio::test]
async fn the_stream_has_both_images_of_each_change_in_order() {
    let memory = Memory::new(Hand::new().now());
    let (a1, a2, b) = (item("a", json!({ "n": 1 })), item("a", json!({ "n": 2 })), item("b", json!({})));
    memory.write(Write::put(a1.clone())).await.unwrap();
    let writes = vec![
        Write::create(b.clone()),
        Write::check(Key::new("p", "c"), Condition::Absent),
        Write::update(a1.key.clone(), Update::new().add("n", 1)),
    ];
    memory.transact(writes, None).await.unwrap();
    memory.write(Write::delete(a1.key.clone())).await.unwrap();
    let expected = [
        record(1, None, Some(&a1)),
        record(2, None, Some(&b)),
        record(3, Some(&a1), Some(&a2)),
        record(4, Some(&a2), None),
    ];
    assert_eq!(memory.records_from(0), expected);
    assert_eq!(memory.records_from(1), expected);
    assert_eq!(memory.records_from(3), expected[2..]);
    assert_eq!(memory.records_from(5), []);
    assert_eq!(memory.dump(), [b]);
}

#[tokio::test]
async fn what_changes_nothing_is_not_in_the_stream() {
    let memory = Memory::new(Hand::new().now());
    let a = item("a", json!({ "n": 1, "list": [] }));
    memory.write(Write::put(a.clone())).await.unwrap();
    memory.write(Write::put(a.clone())).await.unwrap();
    let same = Update::new().set("n", 1).add("n", 0).remove("missing");
    assert!(matches!(memory.write(Write::update(a.key.clone(), same)).await, Err(Error::Rejected(_))));
    let same = Update::new().set("n", 1).append("list", vec![]).remove("missing");
    memory.write(Write::update(a.key.clone(), same)).await.unwrap();
    memory.write(Write::delete(Key::new("p", "missing"))).await.unwrap();
    memory.write(Write::check(a.key.clone(), Condition::Present)).await.unwrap();
    memory.write(Write::create(a.clone())).await.unwrap_err();
    memory.transact(vec![Write::put(a.clone())], Some("t")).await.unwrap();
    assert_eq!(memory.records_from(1), [record(1, None, Some(&a))]);
}

#[tokio::test]
async fn a_token_is_remembered_for_ten_minutes() {
    let hand = Hand::new();
    let memory = Memory::new(hand.now());
    let writes = || vec![Write::update(Key::new("p", "a"), Update::new().add("n", 1))];
    let count = async || memory.get(&Key::new("p", "a")).await.unwrap().unwrap().int("n").unwrap();
    memory.transact(writes(), Some("t")).await.unwrap();
    hand.advance(599);
    memory.transact(writes(), Some("t")).await.unwrap();
    assert_eq!(count().await, 1);
    hand.advance(1);
    memory.transact(writes(), Some("t")).await.unwrap();
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn a_token_with_other_writes_is_refused() {
    let memory = Memory::new(Hand::new().now());
    let write = |n: i64| vec![Write::update(Key::new("p", "a"), Update::new().set("n", n))];
    memory.transact(write(1), Some("t")).await.unwrap();
    assert!(matches!(memory.transact(write(2), Some("t")).await, Err(Error::Rejected(_))));
    assert_eq!(memory.dump()[0].int("n"), Some(1));
}

#[tokio::test]
async fn items_expire_as_the_clock_moves_and_stay_in_the_dump() {
    let hand = Hand::new();
    let memory = Memory::new(hand.now());
    let a = item("a", json!({ "ttl": (hand.now())() + 5 }));
    memory.write(Write::put(a.clone())).await.unwrap();
    hand.advance(5);
    assert_eq!(memory.get(&a.key).await.unwrap(), Some(a.clone()));
    hand.advance(1);
    assert_eq!(memory.get(&a.key).await.unwrap(), None);
    assert_eq!(memory.dump(), [a]);
}

#[tokio::test]
async fn a_transaction_holds_four_megabytes_and_no_more() {
    let memory = Memory::new(Hand::new().now());
    let writes = |count: usize| {
        let large = |n: usize| Write::put(item(&n.to_string(), json!({ "text": "x".repeat(399 * 1024) })));
        (0..count).map(large).collect::<Vec<_>>()
    };
    assert!(matches!(memory.transact(writes(11), None).await, Err(Error::Rejected(_))));
    assert!(memory.dump().is_empty());
    memory.transact(writes(10), None).await.unwrap();
}

#[tokio::test]
async fn a_sum_out_of_range_is_refused() {
    let memory = Memory::new(Hand::new().now());
    memory.write(Write::put(item("a", json!({ "n": u64::MAX, "m": i64::MIN })))).await.unwrap();
    for update in [Update::new().add("n", 1), Update::new().add("m", -1)] {
        let write = Write::update(Key::new("p", "a"), update);
        assert!(matches!(memory.write(write).await, Err(Error::Rejected(_))));
    }
    let updated = memory.update(Key::new("p", "a"), Update::new().add("n", -1), None).await.unwrap();
    assert_eq!(updated.doc["n"], json!(u64::MAX - 1));
}

#[tokio::test]
async fn a_partition_takes_so_many_units_a_second_and_no_more() {
    let hand = Hand::new();
    let memory = Memory::new(hand.now()).with_bound(4);
    let add = |pk: &str| Write::update(Key::new(pk, "a"), Update::new().add("n", 1));
    for _ in 0..2 {
        memory.transact(vec![add("p")], None).await.unwrap();
    }
    assert!(matches!(memory.write(add("p")).await, Err(Error::Throttled)));
    // All or none; another partition has its own.
    assert!(matches!(memory.transact(vec![add("q"), add("p")], None).await, Err(Error::Throttled)));
    memory.write(add("q")).await.unwrap();
    let n = |pk: &str| memory.dump().iter().find(|item| item.key.pk == pk).and_then(|item| item.int("n"));
    assert_eq!((n("p"), n("q")), (Some(2), Some(1)));
    hand.advance(1);
    memory.write(add("p")).await.unwrap();
    let of_table = |pk: &str| Partition { index: None, pk: pk.to_owned() };
    assert_eq!(memory.borne(), [(of_table("p"), 5), (of_table("q"), 1)]);
}

#[tokio::test]
async fn an_index_that_has_borne_its_units_holds_the_table_up() {
    let hand = Hand::new();
    let memory = Memory::new(hand.now()).with_bound(3);
    let due = |n: i64| {
        let doc = json!({ "DUEPK": "DUE#00", "DUESK": format!("{n:04}") });
        Write::put(Item::new(Key::new(n.to_string(), "a"), doc.as_object().unwrap().clone()))
    };
    for n in 0..3 {
        memory.write(due(n)).await.unwrap();
    }
    assert!(matches!(memory.write(due(3)).await, Err(Error::Throttled)));
    hand.advance(1);
    memory.write(due(3)).await.unwrap();
    let of_index = Partition { index: Some("due"), pk: "DUE#00".to_owned() };
    assert!(memory.borne().contains(&(of_index, 4)));
}
