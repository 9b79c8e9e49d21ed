use serde_json::{Value, json};

use super::bench::{like, list, same};
use super::{Bench, Case, Verdict};
use crate::schema::{LISTING, SHELF};
use crate::{Cursor, Error, Item, Query, Range, Update, Write};

pub(super) fn cases() -> Vec<Case> {
    list![
        an_index_holds_the_items_that_have_both_its_attributes,
        an_index_answers_what_it_projects,
        an_item_moves_in_its_index_and_leaves_it,
        an_index_orders_pages_and_ranges,
        equal_places_of_an_index_are_all_reached,
        the_key_of_an_index_is_a_string,
        an_index_cursor_of_another_partition_is_refused,
    ]
}

fn listed(bench: &Bench, sk: &str, place: &str) -> Item {
    bench.item(sk, json!({ "L1PK": bench.partition("list"), "L1SK": place }))
}

fn listing(bench: &Bench) -> Query {
    Query::index(&LISTING, bench.partition("list"))
}

async fn an_index_holds_the_items_that_have_both_its_attributes(bench: Bench) -> Verdict {
    bench.put("none", json!({ "n": 1 })).await?;
    bench.put("half", json!({ "L1PK": bench.partition("list") })).await?;
    bench.put("other half", json!({ "L1SK": "x" })).await?;
    let both = listed(&bench, "both", "x");
    bench.table.write(Write::put(both.clone())).await?;
    same!(bench.read_until(&listing(&bench), std::slice::from_ref(&both)).await?, [both]);
    Ok(())
}

async fn an_index_answers_what_it_projects(bench: Bench) -> Verdict {
    let keys = json!({
        "L1PK": bench.partition("list"), "L1SK": "x", "S1PK": bench.partition("shelf"), "S1SK": "y",
    });
    let mut whole = bench.item("a", keys);
    let card = json!({ "title": "Hat", "price": 5 });
    whole.doc_mut().insert("card".to_owned(), card.clone());
    whole.doc_mut().insert("more".to_owned(), Value::Bool(true));
    bench.table.write(Write::put(whole)).await?;
    let expected = bench.item("a", json!({ "S1PK": bench.partition("shelf"), "S1SK": "y", "card": card }));
    let shelf = Query::index(&SHELF, bench.partition("shelf"));
    same!(bench.read_until(&shelf, std::slice::from_ref(&expected)).await?, [expected]);
    let expected = listed(&bench, "a", "x");
    same!(bench.read_until(&listing(&bench), std::slice::from_ref(&expected)).await?, [expected]);
    Ok(())
}

async fn an_item_moves_in_its_index_and_leaves_it(bench: Bench) -> Verdict {
    let query = listing(&bench);
    let (a, b) = (listed(&bench, "a", "1"), listed(&bench, "b", "2"));
    bench.table.transact(vec![Write::put(a.clone()), Write::put(b.clone())], None).await?;
    same!(bench.read_until(&query, &[a.clone(), b.clone()]).await?, [a.clone(), b.clone()]);

    let moved = listed(&bench, "a", "3");
    bench.table.write(Write::update(a.key.clone(), Update::new().set("L1SK", "3").set("n", 1))).await?;
    same!(bench.read_until(&query, &[b.clone(), moved.clone()]).await?, [b.clone(), moved.clone()]);

    bench.table.write(Write::update(b.key.clone(), Update::new().remove("L1SK"))).await?;
    same!(bench.read_until(&query, std::slice::from_ref(&moved)).await?, std::slice::from_ref(&moved));
    same!(bench.get("b").await?.is_some(), true);

    bench.table.transact(vec![Write::delete(moved.key), Write::put(b.clone())], None).await?;
    same!(bench.read_until(&query, std::slice::from_ref(&b)).await?, [b]);
    Ok(())
}

async fn an_index_orders_pages_and_ranges(bench: Bench) -> Verdict {
    let mut items = Vec::new();
    for n in 0..7 {
        let item = listed(&bench, &format!("{}", 9 - n), &format!("2026-0{n}"));
        bench.table.write(Write::put(item.clone())).await?;
        items.push(item);
    }
    same!(bench.read_until(&listing(&bench), &items).await?, items);
    same!(bench.read_until(&listing(&bench).limit(2), &items).await?, items);
    let between = listing(&bench).range(Range::Between("2026-02".to_owned(), "2026-04".to_owned()));
    let middle: Vec<_> = items.iter().skip(2).take(3).cloned().collect();
    same!(bench.read_until(&between, &middle).await?, middle);
    items.reverse();
    same!(bench.read_until(&listing(&bench).descending().limit(3), &items).await?, items);
    Ok(())
}

async fn equal_places_of_an_index_are_all_reached(bench: Bench) -> Verdict {
    for n in 0..5 {
        bench.table.write(Write::put(listed(&bench, &n.to_string(), "same"))).await?;
    }
    for query in [listing(&bench), listing(&bench).descending()] {
        for limit in [1, 2, 100] {
            let mut reached = Vec::new();
            for _ in 0..50 {
                reached = bench.read_all(&query.clone().limit(limit)).await?.0;
                if reached.len() == 5 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            // Their order among each other is the engine's own.
            let mut found: Vec<_> = reached.iter().map(|item| item.key.sk.as_str()).collect();
            found.sort_unstable();
            same!(found, ["0", "1", "2", "3", "4"]);
        }
    }
    Ok(())
}

async fn the_key_of_an_index_is_a_string(bench: Bench) -> Verdict {
    for strange in [json!(1), json!(null), json!(""), json!("x".repeat(1025))] {
        let put = Write::put(bench.item("a", json!({ "L1SK": strange })));
        like!(bench.table.write(put).await, Err(Error::Rejected(_)));
        let update = Write::update(bench.key("a"), Update::new().set("L1SK", strange));
        like!(bench.table.write(update).await, Err(Error::Rejected(_)));
    }
    same!(bench.get("a").await?, None);
    Ok(())
}

async fn an_index_cursor_of_another_partition_is_refused(bench: Bench) -> Verdict {
    let place = |pk: &str| Some(crate::Key::new(bench.partition(pk), "x"));
    for index_key in [None, place("other")] {
        let query = listing(&bench).after(Some(Cursor { key: bench.key("a"), index_key }));
        like!(bench.table.query(&query).await, Err(Error::Rejected(_)));
    }
    Ok(())
}
