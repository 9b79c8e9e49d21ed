mod auth;
mod bootstrap;
mod vendors;

use std::sync::Arc;

use axum::Router;
use domain::{AdminId, account::Admin};
use http::{HeaderMap, StatusCode};
use lambda_runtime::LambdaEvent;
use platform::{Clock, ManualClock, Passwords, Secret, SeededRandom, password::Cost};
use serde_json::{Value, json, value::to_raw_value};
use store::{
    account::Account,
    session::{self, Session},
};
use table::memory::Memory;
use web::testing::{self, Call};

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
        let testing::World { store, table, clock, ids } = testing::World::default();
        let deps = Deps {
            settings: web::Settings {
                cookie_prefix: "__Host-".to_owned(),
                allowed_origins: vec![ORIGIN.to_owned()],
            },
            passwords: Passwords::new(Cost::WEAK, Arc::new(SeededRandom::new(1))),
            store,
            ids,
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

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<String>,
    ) -> Answer {
        let call = Call::new(method, path);
        let call = headers.iter().fold(call, |call, (name, value)| call.with(name, value));
        let call = if let Some(text) = body { call.text(text) } else { call };
        Answer::from(call.on(&self.app).await)
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body.to_string())).await
    }

    async fn as_admin(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let headers = [("authorization", &*format!("Bearer {token}"))];
        self.send(method, path, &headers, body.map(|body| body.to_string())).await
    }
}

impl From<testing::Answer> for Answer {
    fn from(answer: testing::Answer) -> Self {
        Self {
            status: StatusCode::from_u16(answer.status).unwrap(),
            body: if answer.body.is_empty() { Value::Null } else { answer.json() },
            headers: answer.headers,
        }
    }
}

impl Answer {
    fn is(&self, status: u16, code: &str) -> bool {
        let found = self.body["error"]["code"].as_str().unwrap_or_default();
        (self.status.as_u16(), found) == (status, code)
    }
}
