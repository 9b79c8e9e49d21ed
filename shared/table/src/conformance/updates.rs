use serde_json::json;

use super::bench::{like, list, same};
use super::{Bench, Case, Verdict};
use crate::{Error, Update, Write};

pub(super) fn cases() -> Vec<Case> {
    list![
        every_kind_of_change_on_what_lies_there,
        every_kind_of_change_on_what_is_absent,
        an_update_leaves_other_attributes_alone,
        a_sum_with_what_is_no_number_is_refused_and_changes_nothing,
        an_append_to_what_is_no_list_is_refused_and_changes_nothing[StrictAppends],
    ]
}

fn all_kinds() -> Update {
    Update::new()
        .set("set", json!({ "a": [1] }))
        .set_if_absent("first", "mine")
        .add("count", -3)
        .append("list", vec![json!("x"), json!({ "y": 1 })])
        .remove("gone")
}

async fn every_kind_of_change_on_what_lies_there(bench: Bench) -> Verdict {
    bench
        .put("a", json!({ "set": 1, "first": "theirs", "count": 10, "list": [0], "gone": 1, "kept": 1 }))
        .await?;
    let expected = bench.item(
        "a",
        json!({
            "set": { "a": [1] }, "first": "theirs", "count": 7, "list": [0, "x", { "y": 1 }], "kept": 1,
        }),
    );
    same!(bench.table.update(bench.key("a"), all_kinds(), None).await?, expected.clone());
    same!(bench.get("a").await?, Some(expected));
    Ok(())
}

async fn every_kind_of_change_on_what_is_absent(bench: Bench) -> Verdict {
    let expected = bench
        .item("a", json!({ "set": { "a": [1] }, "first": "mine", "count": -3, "list": ["x", { "y": 1 }] }));
    same!(bench.table.update(bench.key("a"), all_kinds(), None).await?, expected.clone());
    same!(bench.get("a").await?, Some(expected));
    Ok(())
}

async fn an_update_leaves_other_attributes_alone(bench: Bench) -> Verdict {
    bench.put("a", json!({ "status": "new", "size": 1, "other": [1] })).await?;
    let update = Update::new().set("status", "old").remove("size").remove("missing");
    bench.table.write(Write::update(bench.key("a"), update)).await?;
    same!(bench.get("a").await?, Some(bench.item("a", json!({ "status": "old", "other": [1] }))));
    Ok(())
}

async fn a_sum_with_what_is_no_number_is_refused_and_changes_nothing(bench: Bench) -> Verdict {
    refused(&bench, Update::new().add("text", 1).set("n", 2)).await
}

async fn an_append_to_what_is_no_list_is_refused_and_changes_nothing(bench: Bench) -> Verdict {
    refused(&bench, Update::new().append("n", vec![json!(1)]).set("text", "y")).await
}

async fn refused(bench: &Bench, update: Update) -> Verdict {
    let item = bench.put("a", json!({ "text": "x", "n": 1 })).await?;
    let again = update.clone();
    let write = Write::update(bench.key("a"), update);
    like!(bench.table.write(write.clone()).await, Err(Error::Rejected(_)));
    like!(bench.table.update(bench.key("a"), again, None).await, Err(Error::Rejected(_)));
    like!(bench.table.transact(vec![write], None).await, Err(Error::Rejected(_)));
    same!(bench.get("a").await?, Some(item));
    Ok(())
}
