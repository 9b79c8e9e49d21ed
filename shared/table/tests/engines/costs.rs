//! What calls cost in memory, as AWS would bill them.

use serde_json::{Value, json};
use table::memory::Memory;
use table::schema::{LISTING, SHELF};
use table::{Condition, Item, Key, Query, Table, Update, Usage, Write};

use crate::clock::Hand;

fn memory() -> Memory {
    Memory::new(Hand::new().now())
}

fn key(sk: &str) -> Key {
    Key::new("p", sk)
}

fn item(sk: &str, doc: Value) -> Item {
    Item::new(key(sk), doc.as_object().unwrap().clone())
}

/// An item of exactly so many bytes.
fn sized(sk: &str, bytes: usize) -> Item {
    let bare = "PK".len() + "p".len() + "SK".len() + sk.len() + "t".len();
    item(sk, json!({ "t": "x".repeat(bytes - bare) }))
}

async fn write_units(memory: &Memory, write: Write) -> u64 {
    memory.meter().take();
    // What a failed write costs is asked too.
    memory.write(write).await.ok();
    memory.meter().take().write_units
}

#[tokio::test]
async fn a_write_costs_a_unit_for_each_kilobyte_begun_of_the_larger_image() {
    let memory = memory();
    assert_eq!(write_units(&memory, Write::put(sized("a", 1024))).await, 1);
    assert_eq!(write_units(&memory, Write::put(sized("a", 1025))).await, 2);
    assert_eq!(write_units(&memory, Write::put(sized("a", 100))).await, 2);
    assert_eq!(write_units(&memory, Write::put(sized("a", 3000))).await, 3);
    assert_eq!(write_units(&memory, Write::update(key("a"), Update::new().set("n", 1))).await, 3);
    assert_eq!(write_units(&memory, Write::delete_if(key("a"), Condition::lacks("t"))).await, 3);
    assert_eq!(write_units(&memory, Write::delete(key("a"))).await, 3);
    assert_eq!(write_units(&memory, Write::delete(key("a"))).await, 1);
}

#[tokio::test]
async fn a_transaction_costs_double_and_its_indexes_do_not() {
    let memory = memory();
    let listed = item("a", json!({ "L1PK": "l", "L1SK": "1" }));
    let writes = vec![
        Write::put(listed),
        Write::put(sized("b", 1500)),
        Write::check(key("c"), Condition::Absent),
        Write::delete(key("d")),
    ];
    memory.transact(writes.clone(), Some("t")).await.unwrap();
    let usage = memory.meter().take();
    assert_eq!(usage, Usage { round_trips: 1, read_half_units: 0, write_units: 2 * (1 + 2 + 1 + 1) + 1 });
    memory.transact(writes, Some("t")).await.unwrap();
    let repeated = memory.meter().take();
    assert_eq!(repeated, Usage { round_trips: 1, read_half_units: 16, write_units: 0 });
    let failing = vec![Write::check(key("b"), Condition::Present), Write::create(item("a", json!({})))];
    memory.transact(failing, None).await.unwrap_err();
    assert_eq!(memory.meter().take().write_units, 2 * (2 + 1));
}

#[tokio::test]
async fn an_index_costs_what_its_entry_changes() {
    let memory = memory();
    let listed =
        item("a", json!({ "L1PK": "l", "L1SK": "1", "S1PK": "s", "S1SK": "1", "card": { "title": "Hat" } }));
    assert_eq!(write_units(&memory, Write::put(listed.clone())).await, 1 + 1 + 1);
    let costs = [
        (Update::new().set("n", 1), 1),
        (Update::new().set("card", json!({ "title": "Cap" })), 1 + 1),
        (Update::new().set("L1SK", "2"), 1 + 2),
        (Update::new().set("L1SK", "3").set("card", 1), 1 + 2 + 1),
        (Update::new().remove("L1PK"), 1 + 1),
        (Update::new().set("L1SK", "4"), 1),
        (Update::new().set("card", "x".repeat(1500)), 2 + 2),
        (Update::new().set("card", 1), 2 + 2),
    ];
    for (update, expected) in costs {
        let units = write_units(&memory, Write::update(key("a"), update.clone())).await;
        assert_eq!(units, expected, "{update:?}");
    }
    assert_eq!(write_units(&memory, Write::delete(key("a"))).await, 1 + 1);
}

#[tokio::test]
async fn reads_cost_by_four_kilobytes_and_indexes_half() {
    let memory = memory();
    memory.write(Write::put(sized("a", 4096))).await.unwrap();
    memory.write(Write::put(sized("b", 4097))).await.unwrap();
    let listed =
        item("c", json!({ "L1PK": "l", "L1SK": "1", "S1PK": "s", "S1SK": "1", "card": "x".repeat(5000) }));
    memory.write(Write::put(listed)).await.unwrap();
    memory.meter().take();
    let read = || memory.meter().take().read_half_units;
    memory.get(&key("a")).await.unwrap();
    assert_eq!(read(), 2);
    memory.get(&key("b")).await.unwrap();
    assert_eq!(read(), 4);
    memory.get(&key("missing")).await.unwrap();
    assert_eq!(read(), 2);
    memory.batch_get(&[key("a"), key("b"), key("a"), key("missing")]).await.unwrap();
    assert_eq!(read(), 2 + 4 + 2);
    memory.query(&Query::partition("p").limit(2)).await.unwrap();
    assert_eq!(read(), 6, "the sum is rounded up, not each item");
    memory.query(&Query::partition("missing")).await.unwrap();
    assert_eq!(read(), 2);
    memory.query(&Query::index(&LISTING, "l")).await.unwrap();
    assert_eq!(read(), 1);
    memory.query(&Query::index(&SHELF, "s")).await.unwrap();
    assert_eq!(read(), 2);
}

#[tokio::test]
async fn a_meter_is_read_and_taken() {
    let memory = memory();
    let meter = memory.meter().clone();
    memory.get(&key("a")).await.unwrap();
    memory.write(Write::put(item("a", json!({})))).await.unwrap();
    let expected = Usage { round_trips: 2, read_half_units: 2, write_units: 1 };
    assert_eq!(meter.usage(), expected);
    assert_eq!(meter.take(), expected);
    assert_eq!(memory.meter().usage(), Usage::default());
}
