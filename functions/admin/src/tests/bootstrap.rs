use super::*;

fn wanted(password: Option<&str>) -> Value {
    match password {
        Some(password) => json!({"bootstrap_admin": {"email": "Root@example.org", "password": password}}),
        None => json!({"bootstrap_admin": {"email": "root@example.org"}}),
    }
}

async fn enters(world: &World, password: &str) -> bool {
    let body = json!({"email": "root@example.org", "password": password});
    world.post("/api/v1/admin/auth/login", body).await.status == StatusCode::OK
}

#[tokio::test]
async fn a_repeat_answers_the_same_admin_and_changes_no_password() {
    let world = World::new();
    let first = world.invoke(wanted(Some("correct horse"))).await.unwrap();
    assert_eq!(first["status"], "active");
    let before = world.table.dump();
    for password in [Some("correct horse"), Some("other password"), None] {
        assert_eq!(world.invoke(wanted(password)).await.unwrap(), first, "{password:?}");
    }
    assert_eq!(world.table.dump(), before);
    assert!(enters(&world, "correct horse").await && !enters(&world, "other password").await);
}

#[tokio::test]
async fn an_invited_admin_gets_the_password_that_comes_later() {
    let world = World::new();
    let invited = world.invoke(wanted(None)).await.unwrap();
    assert_eq!(invited["status"], "invited");
    assert_eq!(world.invoke(wanted(None)).await.unwrap(), invited);
    let active = world.invoke(wanted(Some("correct horse"))).await.unwrap();
    assert_eq!((&active["admin_id"], &active["status"]), (&invited["admin_id"], &json!("active")));
    assert!(enters(&world, "correct horse").await);
}

#[tokio::test]
async fn what_is_no_admin_is_an_error_of_the_invocation() {
    let world = World::new();
    for payload in [
        json!({"bootstrap_admin": {}}),
        json!({"bootstrap_admin": {"email": "nobody"}}),
        json!({"bootstrap_admin": {"email": "a@b.c", "password": "short"}}),
        json!({"bootstrap_admin": {"email": "a@b.c", "role": "admin"}}),
        json!({"bootstrap_admin": 7}),
        json!({}),
        json!([]),
    ] {
        assert!(world.invoke(payload.clone()).await.is_err(), "{payload}");
    }
    assert!(world.table.dump().is_empty());
}

/// What the gateway sends, with some of its fields.
fn gateway(method: &str, path: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": format!("{method} {path}"), "rawPath": path, "rawQueryString": "bootstrap_admin=x",
        "headers": {"content-type": "application/json", "host": "api.example.com", "bootstrap_admin": "x"},
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "api.example.com", "domainPrefix": "api", "requestId": "r",
            "routeKey": "$default", "stage": "$default", "time": "21/Nov/2026:08:00:00 +0000", "timeEpoch": 1_795_248_000_000_i64,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"},
        },
        "body": body, "isBase64Encoded": false,
    })
}

#[tokio::test]
async fn a_request_of_the_gateway_is_answered_by_the_routes_whatever_it_holds() {
    let world = World::new();
    world.invoke(wanted(Some("correct horse"))).await.unwrap();
    let body = r#"{"email": "root@example.org", "password": "correct horse"}"#;
    let answer = world.invoke(gateway("POST", "/api/v1/admin/auth/login", body)).await.unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["principal"]["kind"], "admin");
    assert!(answer.to_string().contains("__Host-admin="), "{answer}");

    let smuggled = r#"{"bootstrap_admin": {"email": "evil@example.org", "password": "correct horse"}}"#;
    for path in ["/api/v1/admin/auth/login", "/nowhere"] {
        let answer = world.invoke(gateway("POST", path, smuggled)).await.unwrap();
        assert!([400, 404].map(Value::from).contains(&answer["statusCode"]), "{answer}");
    }
    let dump = world.table.dump();
    assert_eq!(dump.iter().filter(|item| item.str("entity") == Some("admin")).count(), 1, "{dump:?}");
}
