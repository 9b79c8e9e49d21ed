use serde_json::json;

use super::bench::{like, list, same};
use super::{Bench, Case, Verdict};
use crate::{Key, Update, Write};

pub(super) fn cases() -> Vec<Case> {
    list![
        what_was_never_written_is_absent,
        a_written_item_is_read_at_once,
        a_put_replaces_the_whole_item,
        a_deleted_item_is_gone_and_may_be_deleted_again,
        documents_come_back_as_they_were,
        empty_strings_come_back[EmptyStrings],
        keys_keep_their_unicode_and_their_order,
        an_item_may_weigh_400_kilobytes_and_no_more,
    ]
}

async fn what_was_never_written_is_absent(bench: Bench) -> Verdict {
    same!(bench.get("a").await?, None);
    Ok(())
}

async fn a_written_item_is_read_at_once(bench: Bench) -> Verdict {
    for n in 0..20 {
        let item = bench.put("a", json!({ "n": n })).await?;
        same!(bench.get("a").await?, Some(item));
    }
    Ok(())
}

async fn a_put_replaces_the_whole_item(bench: Bench) -> Verdict {
    bench.put("a", json!({ "old": 1, "both": 1 })).await?;
    let new = bench.item("a", json!({ "both": 2 }));
    bench.table.write(Write::put(new.clone())).await?;
    same!(bench.get("a").await?, Some(new));
    Ok(())
}

async fn a_deleted_item_is_gone_and_may_be_deleted_again(bench: Bench) -> Verdict {
    bench.put("a", json!({})).await?;
    bench.table.write(Write::delete(bench.key("a"))).await?;
    same!(bench.get("a").await?, None);
    bench.table.write(Write::delete(bench.key("a"))).await?;
    Ok(())
}

async fn documents_come_back_as_they_were(bench: Bench) -> Verdict {
    let item = bench
        .put(
            "a",
            json!({
                "null": null, "yes": true, "no": false, "zero": 0,
                "least": i64::MIN, "most": i64::MAX, "unsigned": u64::MAX, "thousand": 1000,
                "text": "Příliš žluťoučký kůň 🐎 \u{10FFFF} \" \\ \n",
                "list": [], "map": {}, "mixed": [1, "1", null, [true, { "deep": [[]] }]],
                "nested": { "a b": { "ň": { "size": 1, "#name": ":value" } } },
                "name": "reserved", "a.b": "dotted", "🐎": 1,
            }),
        )
        .await?;
    same!(bench.get("a").await?, Some(item));
    Ok(())
}

async fn empty_strings_come_back(bench: Bench) -> Verdict {
    let item = bench.put("a", json!({ "empty": "", "list": ["", { "deep": "" }] })).await?;
    same!(bench.get("a").await?, Some(item.clone()));
    let update = Update::new().set("empty", "x").set("other", "");
    let updated = bench.table.update(item.key, update, None).await?;
    same!((updated.str("empty"), updated.str("other")), (Some("x"), Some("")));
    Ok(())
}

async fn keys_keep_their_unicode_and_their_order(bench: Bench) -> Verdict {
    let sorted = ["#", "-", "10", "9", "A", "a", "á", "ž", "\u{ffff}", "🐎"];
    for sk in sorted.iter().rev() {
        bench.put(sk, json!({})).await?;
    }
    let (items, _) = bench.read_all(&crate::Query::partition(bench.partition("p"))).await?;
    same!(items.iter().map(|item| item.key.sk.as_str()).collect::<Vec<_>>(), sorted);
    Ok(())
}

async fn an_item_may_weigh_400_kilobytes_and_no_more(bench: Bench) -> Verdict {
    let key = Key::new(bench.partition("p"), "big");
    let bare = "PK".len() + key.pk.len() + "SK".len() + key.sk.len() + "text".len();
    let most = 400 * 1024 - bare;
    let item = bench.put("big", json!({ "text": "x".repeat(most) })).await?;
    same!(bench.get("big").await?.is_some_and(|found| found == item), true);
    let over = bench.item("big", json!({ "text": "x".repeat(most + 1) }));
    like!(bench.table.write(Write::put(over)).await.map(drop), Err(crate::Error::Rejected(_)));
    let grown = Write::update(item.key, Update::new().set("more", 1));
    like!(bench.table.write(grown).await.map(drop), Err(crate::Error::Rejected(_)));
    Ok(())
}
