//! Where the money of a sale goes on the running stack: 003's two sellers, a part that is refunded, and then the rest; the API, the ledger and Stripe agree.

use domain::ledger::Account;
use serde_json::{Value, json};

use super::{
    sale::Placed,
    shop::Shop,
    stack::{Stack, until},
};

/// What a vendor got of an order, by Stripe's transfers.
async fn transferred(stack: &Stack, placed: &Placed, account: &str) -> i64 {
    let transfers = stack.at_stripe("transfers").await;
    let theirs = transfers.iter().filter(|one| {
        one["transfer_group"] == placed.id.to_string().as_str() && one["destination"] == account
    });
    theirs.map(|one| one["amount"].as_i64().unwrap() - one["amount_reversed"].as_i64().unwrap()).sum()
}

/// What the vendor sees of its share of the order.
async fn share(shop: &Shop, placed: &Placed) -> Value {
    let listed = shop.get("/transfers").await;
    let all = listed["data"].as_array().unwrap();
    all.iter().find(|share| share["order_id"] == placed.id.to_string().as_str()).cloned().unwrap_or_default()
}

/// Waits until API, ledger and Stripe say that so much of the order has reached a vendor, and that the vendor is owed nothing.
async fn has(stack: &Stack, placed: &Placed, (shop, account): (&Shop, &str), paid: i64) {
    until(&format!("{} to have {paid}", shop.slug), async || {
        let share = share(shop, placed).await;
        let rests = share["paid"]["amount"] == paid && share["waiting"]["amount"] == 0;
        (rests && shop.get("/ledger").await["balance"]["amount"] == 0).then_some(())
    })
    .await;
    assert_eq!(transferred(stack, placed, account).await, paid);
    // It has sold nothing else, and nothing was paid out.
    let balance = stack.of_account(account, "balance").await;
    let sum = |part: &str| {
        balance[part].as_array().unwrap().iter().map(|of| of["amount"].as_i64().unwrap()).sum::<i64>()
    };
    assert_eq!(sum("available") + sum("pending"), paid, "{balance}");
    let posted = stack.ledger(placed).await;
    let of = |account| posted.iter().map(|one| one.change_of(account).amount).sum::<i64>();
    assert_eq!(of(Account::VendorPayable(shop.id)), 0);
    let sum: i64 = posted.iter().flat_map(|one| &one.entries).map(domain::ledger::Entry::signed).sum();
    assert_eq!(sum, 0);
}

#[tokio::test]
async fn what_two_sellers_sold_is_shared_out_refunded_in_part_and_then_as_a_whole() {
    let stack = Stack::find();
    let (pots, teas) = (stack.shop("pots").await, stack.shop("teas").await);
    let (pot, tea) = (pots.goods("POT-1", 4_000, 5).await, teas.goods("TEA-1", 2_000, 5).await);
    let cart = stack.market().cart().await;
    cart.add(&pot, 2).await.expect(200);
    cart.add(&tea, 1).await.expect(200);
    let placed = cart.check_out().await;
    assert_eq!(placed.pay("pm_card_visa").await.0, 200);
    placed.wait_for("CONFIRMED").await;
    let (one, two) = (pots.open_account().await, teas.open_account().await);
    has(&stack, &placed, (&pots, &one), 7_200).await;
    has(&stack, &placed, (&teas, &two), 1_800).await;

    let order = placed.show().await;
    let line =
        order["lines"].as_array().unwrap().iter().find(|line| line["vendor"] == json!(pots.id)).unwrap();
    let part = json!({"lines": [{"id": line["id"], "quantity": 1}], "reason": "One was cracked."});
    let path = format!("/orders/{}/refunds", placed.id);
    let ask = async |key: &str, body: &Value| {
        pots.call("POST", &path).header("idempotency-key", key).json(body).send().await
    };
    let made = ask("once", &part).await;
    let again = ask("once", &part).await;
    assert_eq!((made.status, again.status, &made.text), (201, 201, &again.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    has(&stack, &placed, (&pots, &one), 3_600).await;
    has(&stack, &placed, (&teas, &two), 1_800).await;
    until("the refund to be given", async || {
        let order = placed.show().await;
        (order["refunds"][0]["status"] == "succeeded" && order["refund_status"] == "partial").then_some(())
    })
    .await;
    let more = ask("twice", &json!({"lines": [{"id": line["id"], "quantity": 2}]})).await;
    assert_eq!(more.error(), (409, "refund_too_large".to_owned()));

    let admin = stack.admin().await;
    let all =
        stack.post(&format!("/admin/orders/{}/refunds", placed.id)).by(&admin).json(&json!({"full": true}));
    assert_eq!(all.send().await.expect(201)["amount"], json!({"amount": 6_000, "currency": "EUR"}));
    has(&stack, &placed, (&pots, &one), 0).await;
    has(&stack, &placed, (&teas, &two), 0).await;
    until("all of it to be given", async || (placed.show().await["refund_status"] == "full").then_some(()))
        .await;
    let refunds = stack.at_stripe("refunds").await;
    let given: Vec<i64> = refunds
        .iter()
        .filter(|one| one["payment_intent"] == placed.intent.as_str())
        .map(|one| one["amount"].as_i64().unwrap())
        .collect();
    assert_eq!(given.iter().sum::<i64>(), 10_000);
    // What is left to the platform is Stripe's fee.
    let posted = stack.ledger(&placed).await;
    let of = |account| posted.iter().map(|one| one.change_of(account).amount).sum::<i64>();
    assert_eq!((of(Account::PlatformRevenue), of(Account::Refunds), of(Account::StripeFees)), (0, 0, -175));

    let books =
        stack.get(&format!("/admin/ledger?order_id={}", placed.id)).by(&admin).send().await.expect(200);
    assert_eq!(books["data"].as_array().unwrap().len(), posted.len());
    let file = pots.call("GET", &format!("/ledger?format=csv&order_id={}", placed.id)).send().await;
    let lines: Vec<Vec<&str>> = file.text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0].join(","), "created_at,transaction_id,entry,kind,order_id,direction,amount,currency");
    // A sale, its transfer, two refunds and their reversals.
    let mut rows: Vec<_> = lines[1..].iter().map(|row| [row[4], row[5], row[6], row[7]].join(" ")).collect();
    rows.sort();
    let row = |direction: &str, amount: i64| format!("{} {direction} {amount} EUR", placed.id);
    let half = [row("CREDIT", 3_600), row("CREDIT", 3_600)];
    let other = [row("DEBIT", 3_600), row("DEBIT", 3_600)];
    assert_eq!(
        rows,
        [&half[..], &[row("CREDIT", 7_200)], &other[..], &[row("DEBIT", 7_200)]].concat(),
        "{}",
        file.text
    );
}

/// What the latest reconciliation has found, all pages of it.
async fn differences(stack: &Stack, admin: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/admin/reconciliation?limit=100{cursor}");
        let page = stack.get(&path).by(admin).send().await.expect(200);
        found.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_reconciliation_is_asked_for_and_ends_and_finds_nothing_wrong_with_a_sale() {
    let stack = Stack::find();
    let pots = stack.shop("pots").await;
    let pot = pots.goods("POT-1", 4_000, 5).await;
    let (bought, left) = (pots.channel().cart().await, pots.channel().cart().await);
    bought.add(&pot, 2).await.expect(200);
    left.add(&pot, 1).await.expect(200);
    let placed = bought.check_out().await;
    assert_eq!(placed.pay("pm_card_visa").await.0, 200);
    placed.wait_for("CONFIRMED").await;
    let account = pots.open_account().await;
    has(&stack, &placed, (&pots, &account), 7_200).await;

    let admin = stack.admin().await;
    let asked = stack.post("/admin/reconciliation").by(&admin).send().await.expect(202);
    stack.invoke("reconciler", &json!({})).await;
    let ended = until("the reconciliation to end", async || {
        let shown = stack.get("/admin/reconciliation").by(&admin).send().await.expect(200);
        (shown["run"]["id"] == asked["id"] && shown["run"]["state"] == "finished").then_some(shown)
    })
    .await;
    assert!(ended["run"]["variants"].as_u64().unwrap() > 0, "{ended}");
    assert!(ended["run"]["vendors"].as_u64().unwrap() > 0, "{ended}");
    // Other tests sell beside this one, and do at Stripe what nobody should.
    let ours = [placed.id.to_string(), pots.id.to_string(), pot.variant.clone()];
    for found in differences(&stack, &admin).await {
        assert!(!ours.iter().any(|id| found["about"] == id.as_str()), "{found}");
    }
}
