use domain::account::AdminRole;

use super::*;

fn tea() -> Value {
    json!({"name": "Tea & Co", "slug": "tea", "owner_email": "Owner@Example.org", "country": "LU", "currency": "EUR"})
}

#[tokio::test]
async fn a_vendor_is_made_shown_and_listed() {
    let world = World::new();
    let token = world.admin().await;
    let made = world.as_admin(&token, "POST", VENDORS, Some(tea())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let id = made.body["id"].as_str().unwrap();
    assert!(id.starts_with("ven_"));
    let mut expected = json!({
        "id": id, "slug": "tea", "name": "Tea & Co", "status": "pending", "country": "LU", "currency": "EUR",
        "owner_email": "owner@example.org", "created_at": "2026-11-21T08:00:00.000Z",
    });
    assert_eq!(made.body, expected);
    let shown = world.as_admin(&token, "GET", &format!("{VENDORS}/{id}"), None).await;
    assert_eq!((shown.status, shown.body), (StatusCode::OK, expected.clone()));
    expected.as_object_mut().unwrap().remove("owner_email");
    let listed = world.as_admin(&token, "GET", VENDORS, None).await;
    assert_eq!(listed.body, json!({"data": [expected], "next_cursor": null}));
}

#[tokio::test]
async fn a_slug_and_an_owners_address_are_taken_once() {
    let world = World::new();
    let token = world.admin().await;
    world.as_admin(&token, "POST", VENDORS, Some(tea())).await;
    let before = world.table.dump();
    for (field, value, code, param) in [
        ("owner_email", "other@example.org", "slug_taken", "slug"),
        ("slug", "coffee", "email_taken", "owner_email"),
    ] {
        let mut body = tea();
        body[field] = value.into();
        let answer = world.as_admin(&token, "POST", VENDORS, Some(body)).await;
        assert!(answer.is(409, code), "{}", answer.body);
        assert_eq!(answer.body["error"]["param"], param);
    }
    assert_eq!(world.table.dump(), before);
}

#[tokio::test]
async fn a_repeat_under_a_key_answers_the_first_vendor() {
    let world = World::new();
    let token = world.admin().await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "vendor-1")];
    let first = world.send("POST", VENDORS, &headers, Some(tea().to_string())).await;
    let again = world.send("POST", VENDORS, &headers, Some(tea().to_string())).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let mut other = tea();
    other["slug"] = "coffee".into();
    let reused = world.send("POST", VENDORS, &headers, Some(other.to_string())).await;
    assert!(reused.is(422, "idempotency_key_reused"));
    let nobody = [("authorization", "Bearer x"), ("idempotency-key", "vendor-1")];
    let refused = world.send("POST", VENDORS, &nobody, Some(tea().to_string())).await;
    assert!(refused.is(401, "unauthenticated"), "{}", refused.body);
}

#[tokio::test]
async fn a_vendor_is_made_once_under_a_key_though_its_call_was_stopped() {
    let world = World::new();
    let bearer = format!("Bearer {}", world.admin().await);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "vendor-1")];
    let first = world.send("POST", VENDORS, &headers, Some(tea().to_string())).await;
    testing::forget_answers(&world.table).await;
    let again = world.send("POST", VENDORS, &headers, Some(tea().to_string())).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "vendor-2")];
    let other = world.send("POST", VENDORS, &headers, Some(tea().to_string())).await;
    assert!(other.is(409, "slug_taken"), "{}", other.body);
}

#[tokio::test]
async fn a_list_is_paged_and_filtered() {
    let world = World::new();
    let token = world.admin().await;
    for number in 0..5 {
        let mut body = tea();
        body["slug"] = format!("tea-{number}").into();
        body["owner_email"] = format!("o{number}@example.org").into();
        world.clock.advance(std::time::Duration::from_millis(1));
        assert_eq!(world.as_admin(&token, "POST", VENDORS, Some(body)).await.status, StatusCode::CREATED);
    }
    for filter in ["", "&status=pending", "&status="] {
        let mut slugs = Vec::new();
        let mut cursor = String::new();
        loop {
            let page =
                world.as_admin(&token, "GET", &format!("{VENDORS}?limit=2{filter}{cursor}"), None).await;
            assert_eq!(page.status, StatusCode::OK, "{}", page.body);
            slugs.extend(page.body["data"].as_array().unwrap().iter().map(|vendor| vendor["slug"].clone()));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(slugs, ["tea-4", "tea-3", "tea-2", "tea-1", "tea-0"], "{filter}");
    }
    let none = world.as_admin(&token, "GET", &format!("{VENDORS}?status=active"), None).await;
    assert_eq!(none.body, json!({"data": [], "next_cursor": null}));
    for (query, code) in [
        ("status=open", "invalid_query"),
        ("limit=0", "invalid_query"),
        ("limit=101", "invalid_query"),
        ("limit=x", "invalid_query"),
        ("cursor=%23", "invalid_cursor"),
    ] {
        let answer = world.as_admin(&token, "GET", &format!("{VENDORS}?{query}"), None).await;
        assert!(answer.is(400, code), "{query}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_id_that_was_never_made_is_not_found() {
    let world = World::new();
    let token = world.admin().await;
    for id in ["ven_00000000000000000000000000", "ven_x", "prd_00000000000000000000000000", "tea", "%23"] {
        let answer = world.as_admin(&token, "GET", &format!("{VENDORS}/{id}"), None).await;
        assert!(answer.is(404, "not_found"), "{id}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_is_no_vendor_is_told_what_is_wrong_with_it() {
    let world = World::new();
    let token = world.admin().await;
    for (field, value, status, code) in [
        ("name", Value::Null, 400, "invalid_body"),
        ("name", json!(7), 400, "invalid_body"),
        ("name", json!(" "), 422, "invalid_value"),
        ("slug", json!("Tea"), 422, "invalid_value"),
        ("slug", json!("admin"), 422, "invalid_value"),
        ("slug", json!("a#b"), 422, "invalid_value"),
        ("owner_email", json!("nobody"), 422, "invalid_value"),
        ("country", json!("XX"), 422, "invalid_value"),
        ("currency", json!("XXX"), 422, "invalid_value"),
        ("currency", json!("KWD"), 422, "invalid_value"),
        ("commission", json!(0), 400, "invalid_body"),
    ] {
        let mut body = tea();
        body[field] = value;
        let answer = world.as_admin(&token, "POST", VENDORS, Some(body)).await;
        assert!(answer.is(status, code), "{field}: {} {}", answer.status, answer.body);
        assert!(field == "commission" || answer.body["error"]["param"] == field, "{}", answer.body);
    }
}

#[tokio::test]
async fn nobody_else_sees_or_makes_vendors() {
    let world = World::new();
    let token = world.admin().await;
    let made = world.as_admin(&token, "POST", VENDORS, Some(tea())).await;
    let one = format!("{VENDORS}/{}", made.body["id"].as_str().unwrap());
    for (method, path) in
        [("GET", VENDORS), ("POST", VENDORS), ("GET", one.as_str()), ("POST", "/api/v1/admin/auth/logout")]
    {
        for token in ["", "nonsense"] {
            let answer = world.as_admin(token, method, path, (method == "POST").then(tea)).await;
            assert!(answer.is(401, "unauthenticated"), "{method} {path}");
        }
        assert!(world.send(method, path, &[], None).await.is(401, "unauthenticated"), "{method} {path}");
    }
}

#[tokio::test]
async fn moderators_and_support_look_and_do_not_make() {
    let world = World::new();
    for role in [AdminRole::Moderator, AdminRole::Support] {
        let token = world.colleague(role).await;
        assert_eq!(world.as_admin(&token, "GET", VENDORS, None).await.status, StatusCode::OK);
        assert!(world.as_admin(&token, "POST", VENDORS, Some(tea())).await.is(403, "forbidden"), "{role:?}");
    }
}
