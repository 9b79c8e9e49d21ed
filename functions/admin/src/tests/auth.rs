use std::time::Duration;

use store::invitation::{self, Invited};

use super::*;

const LOG_IN: &str = "/api/v1/admin/auth/login";
const LOG_OUT: &str = "/api/v1/admin/auth/logout";
const ACTIVATE: &str = "/api/v1/admin/auth/activate";

fn root(password: &str) -> Value {
    json!({"email": "root@example.org", "password": password})
}

/// An admin who was invited, with the token of the mail.
async fn invited(world: &World) -> (AdminId, Secret<String>) {
    let made = world.invoke(json!({"bootstrap_admin": {"email": "root@example.org"}})).await.unwrap();
    let admin_id: AdminId = made["admin_id"].as_str().unwrap().parse().unwrap();
    let token = world.deps.ids.token();
    invitation::create(&world.deps.store, &token, Invited::Admin { admin_id }).await.unwrap();
    (admin_id, token)
}

#[tokio::test]
async fn an_admin_logs_in_and_out() {
    let world = World::new();
    world.admin().await;
    let entered = world.post(LOG_IN, root("correct horse")).await;
    assert_eq!(entered.status, StatusCode::OK);
    let token = entered.body["token"].as_str().unwrap();
    assert_eq!(entered.body["expires_at"], "2026-11-22T08:00:00.000Z");
    let principal = &entered.body["principal"];
    assert_eq!(
        (&principal["kind"], &principal["email"], &principal["role"]),
        (&json!("admin"), &json!("root@example.org"), &json!("admin"))
    );
    let cookie = entered.headers["set-cookie"].to_str().unwrap();
    assert_eq!(
        cookie,
        format!("__Host-admin={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400; Secure")
    );

    let cookie = ("cookie", cookie.split(';').next().unwrap());
    let page = [cookie, ("origin", ORIGIN), ("x-requested-by", "console")];
    assert_eq!(world.send("GET", VENDORS, &page, None).await.status, StatusCode::OK);
    assert!(world.send("POST", LOG_OUT, &[cookie], None).await.is(403, "cross_site_request"));
    assert_eq!(world.send("POST", LOG_OUT, &page, None).await.status, StatusCode::NO_CONTENT);
    assert!(world.send("GET", VENDORS, &page, None).await.is(401, "unauthenticated"));
}

#[tokio::test]
async fn an_invited_admin_activates_once_and_is_logged_in() {
    let world = World::new();
    let (id, token) = invited(&world).await;
    let body = json!({"token": token.reveal(), "password": "correct horse"});
    let activated = world.post(ACTIVATE, body.clone()).await;
    assert_eq!(activated.status, StatusCode::OK, "{}", activated.body);
    assert_eq!(activated.body["principal"]["id"], id.to_string());
    let session = activated.body["token"].as_str().unwrap();
    assert_eq!(world.as_admin(session, "GET", VENDORS, None).await.status, StatusCode::OK);

    assert!(world.post(ACTIVATE, body).await.is(422, "invalid_token"));
    let second = world.deps.ids.token();
    invitation::create(&world.deps.store, &second, Invited::Admin { admin_id: id }).await.unwrap();
    let body = json!({"token": second.reveal(), "password": "other password"});
    assert!(world.post(ACTIVATE, body).await.is(422, "invalid_token"));
    assert_eq!(world.post(LOG_IN, root("correct horse")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_invitation_is_over_after_a_week_and_a_vendors_makes_no_admin() {
    let world = World::new();
    let (_, token) = invited(&world).await;
    let staff = world.deps.ids.token();
    let theirs = Invited::Staff { vendor_id: world.deps.ids.next(), staff_id: world.deps.ids.next() };
    invitation::create(&world.deps.store, &staff, theirs).await.unwrap();
    world.clock.advance(Duration::from_secs(7 * 86_400));
    invitation::create(&world.deps.store, &staff, theirs).await.unwrap();
    for token in [&token, &staff] {
        let body = json!({"token": token.reveal(), "password": "correct horse"});
        assert!(world.post(ACTIVATE, body).await.is(422, "invalid_token"));
    }
}

#[tokio::test]
async fn an_unknown_address_an_invited_admin_and_a_wrong_password_answer_alike() {
    let world = World::new();
    world.admin().await;
    world.invoke(json!({"bootstrap_admin": {"email": "invited@example.org"}})).await.unwrap();
    let mut answers = Vec::new();
    for email in ["root@example.org", "invited@example.org", "nobody@example.org"] {
        let answer = world.post(LOG_IN, json!({"email": email, "password": "wrong password"})).await;
        assert!(answer.is(401, "invalid_credentials"));
        answers.push((answer.body, answer.headers));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn three_wrong_passwords_lock_for_a_minute() {
    let world = World::new();
    world.admin().await;
    for _ in 0..3 {
        assert!(world.post(LOG_IN, root("wrong")).await.is(401, "invalid_credentials"));
    }
    let locked = world.post(LOG_IN, root("correct horse")).await;
    assert!(locked.is(429, "too_many_attempts"));
    assert_eq!(locked.headers["retry-after"], "60");
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.post(LOG_IN, root("correct horse")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_log_in_is_never_kept_under_an_idempotency_key() {
    let world = World::new();
    world.admin().await;
    let key = [("idempotency-key", "k")];
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let entered = world.send("POST", LOG_IN, &key, Some(root("correct horse").to_string())).await;
        assert!(entered.headers.get("idempotent-replayed").is_none());
        tokens.push(entered.body["token"].clone());
    }
    assert_ne!(tokens[0], tokens[1]);
    assert!(world.table.dump().iter().all(|item| item.str("entity") != Some("idempotency")));
}

#[tokio::test]
async fn what_cannot_be_read_is_told_what_is_wrong_with_it() {
    let world = World::new();
    for (path, body, status, code) in [
        (LOG_IN, json!({}), 400, "invalid_body"),
        (LOG_IN, json!({"email": "a", "password": "x"}), 422, "invalid_value"),
        (LOG_IN, json!({"email": 1, "password": "x"}), 400, "invalid_body"),
        (LOG_IN, json!({"email": "a@b.c", "password": "x", "role": "admin"}), 400, "invalid_body"),
        (ACTIVATE, json!({"token": "t"}), 400, "invalid_body"),
        (ACTIVATE, json!({"token": "t", "password": "short"}), 422, "invalid_value"),
        (ACTIVATE, json!({"token": "t", "password": "correct horse", "name": "Ada"}), 400, "invalid_body"),
        (ACTIVATE, json!({"token": "t", "password": "correct horse"}), 422, "invalid_token"),
    ] {
        let answer = world.post(path, body).await;
        assert!(answer.is(status, code), "{path}: {} {}", answer.status, answer.body);
    }
    for path in [LOG_IN, ACTIVATE] {
        assert!(world.send("POST", path, &[], Some("[".to_owned())).await.is(400, "invalid_json"));
        assert!(world.send("POST", path, &[], None).await.is(415, "unsupported_media_type"));
        assert!(
            world.send("POST", path, &[], Some(" ".repeat(300 * 1024))).await.is(413, "payload_too_large")
        );
    }
}
