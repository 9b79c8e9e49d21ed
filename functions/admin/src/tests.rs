mod auth;
mod bootstrap;
mod vendors;

use std::sync::Arc;

use axum::{Router, body::Body};
use domain::{AdminId, account::Admin};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use lambda_runtime::LambdaEvent;
use platform::{Clock, Ids, ManualClock, Passwords, Secret, SeededRandom, password::Cost};
use serde_json::{Value, json, value::to_raw_value};
use store::{
    Store,
    account::Account,
    session::{self, Session},
};
use table::memory::Memory;
use tower::ServiceExt;

use crate::{Deps, app, invoke};

const ORIGIN: &str = "https://console.example.com";
const VENDORS: &str = "/api/v1/admin/vendors";

struct World {
    deps: Deps,
    table: Arc<Memory>,
    clock: Arc<ManualClock>,
    app: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-21T08:00:00.000Z".parse().unwrap()));
        let seconds = clock.clone();
        let table = Arc::new(Memory::new(Arc::new(move || seconds.now().secs())));
        let random = Arc::new(SeededRandom::new(1));
        let deps = Deps {
            store: Store::new(table.clone(), clock.clone()),
            settings: web::Settings {
                cookie_prefix: "__Host-".to_owned(),
                allowed_origins: vec![ORIGIN.to_owned()],
            },
            ids: Ids::new(clock.clone(), random.clone()),
            passwords: Passwords::new(Cost::WEAK, random),
        };
        let app = app(deps.clone());
        Self { deps, table, clock, app }
    }

    /// Invokes the function directly.
    async fn invoke(&self, payload: Value) -> Result<Value, lambda_runtime::Error> {
        let payload = to_raw_value(&payload).unwrap();
        let answer = invoke(&self.deps, &self.app, LambdaEvent::new(payload, Default::default())).await?;
        Ok(serde_json::from_str(answer.get()).unwrap())
    }

    /// An admin's session.
    async fn admin(&self) -> String {
        let wanted = json!({"bootstrap_admin": {"email": "root@example.org", "password": "correct horse"}});
        self.invoke(wanted).await.unwrap();
        let body = json!({"email": "root@example.org", "password": "correct horse"});
        let answer = self.post("/api/v1/admin/auth/login", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["token"].as_str().unwrap().to_owned()
    }

    /// A session of an admin with another role, as they can't be made yet.
    async fn colleague(&self, role: domain::account::AdminRole) -> String {
        let id: AdminId = self.deps.ids.next();
        let admin =
            Admin { role, ..Admin::new(id, "x@example.org".parse().unwrap(), None, self.clock.now()) };
        let (token, session) =
            (self.deps.ids.token(), Session::starting(Account::Admin(admin).principal(), self.clock.now()));
        session::create(&self.deps.store, &token, &session).await.unwrap();
        token.reveal().clone()
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(text) => {
                request = request.header("content-type", "application/json");
                Body::from(text)
            }
            None => Body::empty(),
        };
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body.to_string())).await
    }

    async fn as_admin(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let headers = [("authorization", &*format!("Bearer {token}"))];
        self.send(method, path, &headers, body.map(|body| body.to_string())).await
    }
}

impl Answer {
    fn is(&self, status: u16, code: &str) -> bool {
        let found = self.body["error"]["code"].as_str().unwrap_or_default();
        (self.status.as_u16(), found) == (status, code)
    }
}
