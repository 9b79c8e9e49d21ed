//! What the deployed functions answer to those who are not logged in, and to strangers.

use http::HeaderMap;

use super::*;
use crate::it::{
    parties::{Parties, merged, never_made},
    shop::product,
    stack::{Answer, Stack},
};

/// An address of a route: the slug is the owner's, every other parameter holds this.
fn address(path: &str, parties: &Parties, param: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap().replace("{slug}", &parties.owner.slug);
    let mut filled = String::new();
    let mut rest = path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').unwrap();
        filled.extend([before, param]);
        rest = after;
    }
    filled + rest
}

#[tokio::test]
async fn nobody_gets_in_without_the_right_log_in() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let mut wrong = Vec::new();
    for (method, path, audience) in UNAUTHENTICATED {
        for full in paths(path) {
            let in_shop = full.contains("{slug}");
            let tokens = [
                ("an admin's", &parties.admin, *audience == Admin),
                ("an owner's", &parties.owner.token, *audience == Staff),
                ("a customer's of the market", &parties.customer, *audience == Customer && !in_shop),
                ("a customer's of the shop", &parties.shopper, *audience == Customer && in_shop),
                ("a nonsense", &"nonsense".to_owned(), false),
                ("an empty", &String::new(), false),
            ];
            for param in ["x", "never_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"] {
                let target = address(&full, &parties, param);
                let mut answers = vec![("no", stack.call(method, &target).send().await)];
                for (whose, token, _) in tokens.iter().filter(|(_, _, right)| !right) {
                    answers
                        .push((whose, stack.call(method, &target).by(token).json(&json!({})).send().await));
                }
                for (whose, answer) in answers {
                    let bearer =
                        answer.headers.get("www-authenticate").is_some_and(|value| value == "Bearer");
                    if answer.error() != (401, "unauthenticated".to_owned()) || !bearer {
                        wrong.push(format!("{whose} token: {answer:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A stranger's call of a named thing.
async fn strangers_call(
    stack: &Stack,
    parties: &Parties,
    (named, path): (&Named, &str),
    id: &str,
    (slug, token): (&str, Option<&str>),
) -> Answer {
    let line = never_made(&parties.things["line"]);
    let in_body = !path.contains(&format!("{{{}}}", named.by));
    let path =
        path.replace("{slug}", slug).replace(&format!("{{{}}}", named.by), id).replace("{item_id}", &line);
    let call = stack.call(named.method, path.strip_prefix("/api/v1").unwrap());
    let call = match token {
        Some(token) => call.by(token),
        None => call,
    };
    let body = match (named.body)() {
        body if in_body => merged(body, json!({named.by: id})),
        body => body,
    };
    if body.is_null() {
        return call.send().await;
    }
    let body = body.to_string().replace("{variant}", &parties.things["variant"]);
    call.text("application/json", body).send().await
}

/// All of an answer but what differs between any two.
fn comparable(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let volatile = ["date", "x-correlation-id", "apigw-requestid", "x-amzn-requestid", "x-amzn-trace-id"];
    let headers = |headers: &HeaderMap| {
        headers
            .iter()
            .filter(|(name, _)| !volatile.contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect()
    };
    (answer.status, headers(&answer.headers), answer.text.clone())
}

#[tokio::test]
async fn anothers_thing_is_like_one_that_was_never_made() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let mut wrong = Vec::new();
    for named in CROSS_TENANT {
        for path in paths(named.path) {
            let (owner, other) = (parties.owner.slug.as_str(), parties.other.slug.as_str());
            let strangers: Vec<(&str, Option<&str>)> = if !named.path.starts_with("{channel}") {
                vec![("", Some(&parties.other.token))]
            } else if path.contains("{slug}") {
                // In the shop whose goods they are, and in another's: what is the market's is not there, whoever asks.
                let (shopper, customer) = (Some(&*parties.shopper), Some(&*parties.customer));
                vec![(owner, None), (owner, shopper), (owner, customer), (other, customer)]
            } else {
                let tokens =
                    [&parties.shopper, &parties.other_customer, &parties.owner.token, &parties.admin];
                [None]
                    .into_iter()
                    .chain(tokens.map(|token| Some(&**token)))
                    .map(|token| ("", token))
                    .collect()
            };
            for (kind, stranger) in
                named.things.iter().flat_map(|kind| strangers.iter().map(move |stranger| (kind, stranger)))
            {
                let own = &parties.things[kind];
                let anothers = strangers_call(&stack, &parties, (named, &path), own, *stranger).await;
                let nobodys =
                    strangers_call(&stack, &parties, (named, &path), &never_made(own), *stranger).await;
                if anothers.status != 404 || comparable(&anothers) != comparable(&nobodys) {
                    wrong.push(format!("{kind}: {anothers:?}\n  a never made one: {nobodys:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_shops_goods_are_not_in_another_shop() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let (goods, variant) = (&parties.things["product"], &parties.things["variant"]);
    let elsewhere = parties.other.channel();
    for rest in ["", "/availability"] {
        let anothers = elsewhere.get(&format!("/products/{goods}{rest}")).await;
        let nobodys = elsewhere.get(&format!("/products/{}{rest}", never_made(goods))).await;
        assert_eq!((anothers.status, comparable(&anothers)), (404, comparable(&nobodys)));
        assert_eq!(parties.owner.channel().get(&format!("/products/{goods}{rest}")).await.status, 200);
    }
    let cart = elsewhere.cart().await;
    let add = async |variant: &str| {
        elsewhere
            .post(&format!("/cart/{}/items", cart.id), &json!({"variant_id": variant, "quantity": 1}))
            .await
    };
    let (anothers, nobodys) = (add(variant).await, add(&never_made(variant)).await);
    assert_eq!((anothers.status, comparable(&anothers)), (404, comparable(&nobodys)));
    let drafts = add(&parties.things["draft_variant"]).await;
    assert_eq!((drafts.status, comparable(&drafts)), (404, comparable(&nobodys)));
}

#[tokio::test]
async fn an_order_shows_itself_to_its_token_in_its_own_channel_alone() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let (order, token) = (&parties.things["order"], &parties.order_token);
    let show = async |channel: &str, id: &str, token: &str| {
        stack.get(&format!("/public/{channel}/orders/{id}?token={token}")).send().await
    };
    assert_eq!(show("market", order, token).await.status, 200);
    let nobodys = comparable(&show("market", &never_made(order), token).await);
    let shop = format!("vendors/{}", parties.owner.slug);
    for (channel, token) in
        [("market", "nonsense"), ("market", ""), (shop.as_str(), token), ("market", &token[1..])]
    {
        assert_eq!(comparable(&show(channel, order, token).await), nobodys, "{channel} {}", token.len());
    }
}

#[tokio::test]
async fn lists_hold_nothing_of_anothers() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    for path in ["/products", "/shipments", "/orders", "/ledger", "/transfers", "/marketplace/imports"] {
        let listed = parties.other.get(path).await;
        assert_eq!(listed["data"], json!([]), "{path}");
        let own = parties.owner.get(path).await;
        assert_ne!(own["data"], json!([]), "{path}");
    }
    let of_order = format!("/ledger?order_id={}", parties.things["order"]);
    assert_eq!(parties.other.get(&of_order).await["data"], json!([]));
    assert_ne!(parties.owner.get(&of_order).await["data"], json!([]));
    let orders = async |token: &str| {
        stack.get("/public/market/customers/me/orders").by(token).send().await.expect(200)
    };
    assert_eq!(orders(&parties.other_customer).await["data"], json!([]));
    assert_eq!(orders(&parties.customer).await["data"][0]["id"], parties.things["order"].as_str());
    // A code is taken within a shop, not beyond it: the answer tells nothing of another's.
    let same = parties.other.call("POST", "/products").json(&product("OWN-1", 100)).send().await;
    let made = same.expect(201);
    let gone =
        parties.other.call("DELETE", &format!("/products/{}", made["id"].as_str().unwrap())).send().await;
    assert!(gone.status < 300, "{gone:?}");
}

/// A method that no route of ours takes tells a path that is known (405) from one that is not (404).
#[tokio::test]
async fn every_path_of_the_document_is_answered_by_its_function() {
    let stack = Stack::find();
    let parties = Parties::of(&stack).await;
    let paths: BTreeSet<String> = routes().into_iter().map(|(_, path)| path).collect();
    let mut wrong = Vec::new();
    for path in paths {
        let answer = stack.call("TRACE", &address(&path, &parties, "x")).send().await;
        if answer.error() != (405, "method_not_allowed".to_owned()) {
            wrong.push(format!("{answer:?}"));
        }
    }
    let unknown = stack.get("/nowhere").send().await;
    assert_eq!(unknown.error(), (404, "not_found".to_owned()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
