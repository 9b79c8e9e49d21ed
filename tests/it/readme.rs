//! What the README tells a newcomer to type, typed as it stands there.

use std::path::Path;

use serde_json::Value;
use tokio::process::Command;

use super::stack::{Stack, until};

const README: &str = include_str!("../../README.md");

/// The lines between the fences after which nothing but a line of this beginning follows.
fn block(beginning: &str) -> &'static str {
    let blocks = README.split("```\n").skip(1).step_by(2);
    let mut found = blocks.filter(|block| block.starts_with(beginning));
    let block = found.next().unwrap_or_else(|| panic!("the README has no block that begins {beginning}"));
    assert_eq!(found.next(), None, "more than one block begins {beginning}");
    block
}

/// Runs lines in a shell, in a folder; answers what they printed.
async fn typed(folder: &Path, lines: &str) -> String {
    let ran = Command::new("bash").args(["-euc", lines]).current_dir(folder).output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{lines}\nprinted {out}\nand said {err}");
    out.into_owned()
}

#[tokio::test]
async fn the_commands_of_the_readme_place_an_order() {
    let stack = Stack::find();
    // The market is full of what other tests sell, so that the addresses name a shop of this test's own.
    let shop = stack.shop("readme").await;
    shop.goods("TEA-1", 1250, 3).await;
    let folder = std::env::temp_dir().join(&shop.slug);
    std::fs::create_dir_all(folder.join(".local")).unwrap();
    let own =
        format!(". {}\nAPI={}/api/v1{}\n", stack.shell.display(), stack.at.api_url, shop.channel().path);
    std::fs::write(folder.join(".local/shell"), own).unwrap();

    let place = block(". .local/shell\n");
    assert_eq!(place.lines().filter(|line| line.contains("curl ")).count(), 5, "five commands:\n{place}");
    let show = block("curl -s \"$API/orders/");
    let kept = folder.join("order.json");
    typed(&folder, &format!("{place}echo \"$ORDER\" > order.json")).await;
    let placed: Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
    assert_eq!(placed["order"]["totals"]["total"]["amount"], 1250, "{placed}");
    let show = format!(". .local/shell\nORDER=$(cat order.json)\n{show}");
    let order = until("the order to be confirmed", async || {
        let order: Value = serde_json::from_str(&typed(&folder, &show).await).unwrap();
        (order["status"] == "CONFIRMED").then_some(order)
    })
    .await;
    assert_eq!((&order["id"], &order["payment_status"]), (&placed["order"]["id"], &"CAPTURED".into()));
    std::fs::remove_dir_all(&folder).unwrap();
}
