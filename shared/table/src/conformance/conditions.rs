use serde_json::{Value, json};

use super::bench::{list, same};
use super::{Bench, Case, Verdict};
use crate::{Condition, Error, Failed, Item, Update, Write};

pub(super) fn cases() -> Vec<Case> {
    list![
        conditions_hold_for_what_lies_there,
        conditions_on_what_is_absent,
        a_failed_write_names_the_item_that_it_met[FailedItems],
        a_failed_write_changes_nothing,
        updates_and_deletes_obey_their_conditions,
        a_single_check_writes_nothing,
    ]
}

fn met() -> Value {
    json!({ "state": "open", "n": 5, "text": "5", "null": null, "yes": true, "list": [1, { "a": [2] }], "name": "x" })
}

async fn holds(bench: &Bench, sk: &str, condition: Condition) -> Result<bool, Error> {
    match bench.table.write(Write::check(bench.key(sk), condition)).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_condition_failed() => Ok(false),
        Err(error) => Err(error),
    }
}

async fn conditions_hold_for_what_lies_there(bench: Bench) -> Verdict {
    use Condition as C;
    bench.put("a", met()).await?;
    let cases = [
        (C::Absent, false),
        (C::Present, true),
        (C::equals("state", "open"), true),
        (C::equals("state", "OPEN"), false),
        (C::equals("n", 5), true),
        (C::equals("n", 6), false),
        (C::equals("text", 5), false),
        (C::equals("n", "5"), false),
        (C::equals("null", Value::Null), true),
        (C::equals("missing", Value::Null), false),
        (C::equals("yes", true), true),
        (C::equals("yes", false), false),
        (C::equals("list", json!([1, { "a": [2] }])), true),
        (C::equals("list", json!([1, { "a": [3] }])), false),
        (C::equals("name", "x"), true),
        (C::one_of("state", ["closed", "open"]), true),
        (C::one_of("state", ["closed"]), false),
        (C::one_of("missing", ["closed"]), false),
        (C::one_of("n", 0..99), true),
        (C::at_least("n", 5), true),
        (C::at_least("n", 6), false),
        (C::at_least("n", -1), true),
        (C::at_least("text", 5), false),
        (C::at_least("missing", 0), false),
        (C::at_most("n", 5), true),
        (C::at_most("n", 4), false),
        (C::at_most("text", 9), false),
        (C::at_most("missing", 0), false),
        (C::lacks("missing"), true),
        (C::lacks("n"), false),
        (C::lacks("null"), false),
        (C::Present.and(C::equals("n", 5)), true),
        (C::Present.and(C::equals("n", 5)).and(C::lacks("n")), false),
        (C::equals("n", 6).or(C::equals("n", 5)), true),
        (C::equals("n", 6).or(C::equals("n", 7)), false),
        (C::Absent.or(C::equals("n", 5)), true),
        (C::Absent.or(C::equals("n", 5).and(C::lacks("n"))), false),
        (C::All(vec![C::Any(vec![C::All(vec![C::Present])])]), true),
        (
            C::Any(vec![C::Absent, C::Any(vec![C::at_most("n", 4), C::at_least("n", 5)])]).and(C::Present),
            true,
        ),
    ];
    for (condition, expected) in cases {
        let found = holds(&bench, "a", condition.clone()).await?;
        same!((&condition, found), (&condition, expected));
    }
    Ok(())
}

async fn conditions_on_what_is_absent(bench: Bench) -> Verdict {
    use Condition as C;
    let cases = [
        (C::Absent, true),
        (C::Present, false),
        (C::equals("n", 5), false),
        (C::one_of("n", [5]), false),
        (C::at_least("n", 0), false),
        (C::at_most("n", 0), false),
        (C::lacks("n"), true),
        (C::Absent.or(C::equals("n", 5)), true),
        (C::Absent.and(C::lacks("n")), true),
    ];
    for (condition, expected) in cases {
        let found = holds(&bench, "a", condition.clone()).await?;
        same!((&condition, found), (&condition, expected));
    }
    Ok(())
}

fn failing(bench: &Bench, sk: &str) -> [Write; 3] {
    let never = || Condition::equals("state", "never");
    [
        Write::put_if(bench.item(sk, json!({ "new": 1 })), never()),
        Write::update_if(bench.key(sk), Update::new().set("new", 1), never()),
        Write::delete_if(bench.key(sk), never()),
    ]
}

async fn a_failed_write_names_the_item_that_it_met(bench: Bench) -> Verdict {
    let item = bench.put("a", met()).await?;
    let expect = |item: Option<Item>| [Failed { action: 0, item }];
    for write in failing(&bench, "a") {
        let failed = bench.table.write(write).await.err();
        same!(failed.as_ref().map(Error::failed), Some(expect(Some(item.clone())).as_slice()));
    }
    for write in failing(&bench, "b") {
        let failed = bench.table.write(write).await.err();
        same!(failed.as_ref().map(Error::failed), Some(expect(None).as_slice()));
    }
    let failed = bench.table.write(Write::create(bench.item("a", json!({})))).await.err();
    same!(failed.as_ref().map(Error::failed), Some(expect(Some(item)).as_slice()));
    Ok(())
}

async fn a_failed_write_changes_nothing(bench: Bench) -> Verdict {
    let item = bench.put("a", met()).await?;
    for sk in ["a", "b"] {
        for write in failing(&bench, sk) {
            same!(
                bench.table.write(write).await.err().is_some_and(|error| error.is_condition_failed()),
                true
            );
        }
    }
    same!(bench.get("a").await?, Some(item));
    same!(bench.get("b").await?, None);
    Ok(())
}

async fn updates_and_deletes_obey_their_conditions(bench: Bench) -> Verdict {
    bench.table.write(Write::create(bench.item("a", json!({ "n": 1 })))).await?;
    let (from_one, one) = (Update::new().add("n", 1), Condition::equals("n", 1));
    let updated = bench.table.update(bench.key("a"), from_one.clone(), Some(one.clone())).await?;
    same!(updated.int("n"), Some(2));
    let again = bench.table.update(bench.key("a"), from_one.clone(), Some(one.clone())).await;
    same!(again.err().is_some_and(|error| error.is_condition_failed()), true);
    let again = bench.table.write(Write::update_if(bench.key("a"), from_one, one)).await;
    same!(again.err().is_some_and(|error| error.is_condition_failed()), true);
    let two = Condition::equals("n", 2);
    bench.table.write(Write::update_if(bench.key("a"), Update::new().add("n", 1), two)).await?;
    bench.table.write(Write::delete_if(bench.key("a"), Condition::at_least("n", 3))).await?;
    same!(bench.get("a").await?, None);
    Ok(())
}

async fn a_single_check_writes_nothing(bench: Bench) -> Verdict {
    bench.table.write(Write::check(bench.key("a"), Condition::Absent)).await?;
    same!(bench.get("a").await?, None);
    Ok(())
}
