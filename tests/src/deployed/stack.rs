//! The stack, and how a test calls it.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use http::HeaderMap;
use platform::Env;
use reqwest::{Client, RequestBuilder, redirect};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

/// How long anything may take that happens by itself: a machine that is busy with the other tests has its time.
const PATIENCE: Duration = Duration::from_secs(120);

/// What `make up` writes about a stack.
#[derive(Clone, Debug, Deserialize)]
pub struct Description {
    pub api_url: String,
    pub stripe_webhook_url: String,
    pub stripe_webhook_secret: String,
    pub stripe_connect_webhook_url: String,
    pub stripe_connect_webhook_secret: String,
    pub stripe_api_url: String,
    pub stripe_api_key: String,
    pub emulator_url: String,
    pub mail_url: String,
    pub table: String,
    pub admin_email: String,
    pub admin_password: String,
}

/// A running stack.
#[derive(Clone)]
pub struct Stack {
    pub at: Description,
    pub http: Client,
    /// What a person's shell reads before its first call.
    pub shell: PathBuf,
}

/// A call of the API that is not made yet.
pub struct Call(RequestBuilder);

/// What a call was answered.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    asked: String,
}

impl Stack {
    /// The stack that `SOUK_STACK` names.
    pub fn find() -> Self {
        let Ok(path) = Env::process().read(|env| env.text("SOUK_STACK")) else {
            panic!(
                "SOUK_STACK names no stack.json: run these tests by `make test`, or set it to the one that `make up` wrote"
            );
        };
        Self::described(Path::new(&path))
    }

    /// The stack that this file describes.
    pub fn described(path: &Path) -> Self {
        let text = std::fs::read(path).unwrap_or_else(|error| {
            panic!("no stack at {}: {error}; `make test` brings up one", path.display())
        });
        let http = Client::builder().redirect(redirect::Policy::none()).timeout(PATIENCE).build().unwrap();
        let shell = path.with_file_name("shell").canonicalize().unwrap();
        Self { at: serde_json::from_slice(&text).unwrap(), http, shell }
    }

    /// A call of a path below `/api/v1`.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let url = format!("{}/api/v1{path}", self.at.api_url);
        Call(self.http.request(method.parse().unwrap(), url))
    }

    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub fn post(&self, path: &str) -> Call {
        self.call("POST", path)
    }

    /// The token of the admin that `make up` makes; all tests share its one log-in.
    pub async fn admin(&self) -> String {
        static TOKEN: OnceCell<String> = OnceCell::const_new();
        let log_in = async || {
            let who = serde_json::json!({"email": self.at.admin_email, "password": self.at.admin_password});
            let principal = self.post("/admin/auth/login").json(&who).send().await.expect(200);
            assert_eq!(principal["principal"]["kind"], "admin");
            text(&principal["token"])
        };
        TOKEN.get_or_init(log_in).await.clone()
    }

    /// A call of a function itself, past the gateway.
    pub fn invocation(&self, function: &str, payload: &Value) -> Call {
        let url = format!("{}/2015-03-31/functions/souk-{function}/invocations", self.at.emulator_url);
        Call(self.http.post(url)).json(payload)
    }

    /// Invokes a function with a payload; answers what it returned.
    pub async fn invoke(&self, function: &str, payload: &Value) -> Value {
        let answer = self.invocation(function, payload).send().await;
        assert!(!answer.headers.contains_key("x-amz-function-error"), "{function}: {answer:?}");
        answer.expect(200)
    }

    /// Lets the sweeper look at what is due.
    pub async fn sweep(&self) -> Value {
        self.invoke("reservation-expiry", &Value::Object(serde_json::Map::new())).await
    }

    /// The mails to an address, oldest first.
    pub async fn mails(&self, to: &str) -> Vec<Value> {
        let kept = Call(self.http.get(&self.at.mail_url)).send().await.expect(200);
        let accounts = kept["messages"].as_object().unwrap().values();
        let mails = accounts.flat_map(|mails| mails.as_array().unwrap()).cloned();
        mails.filter(|mail| mail["To"].to_string().contains(to)).collect()
    }

    /// The first mail to an address whose text holds this, as soon as it is there: subject and text.
    pub async fn mail(&self, to: &str, holding: &str) -> String {
        until(&format!("a mail to {to} with {holding:?}"), async || {
            let mails = self.mails(to).await;
            mails
                .iter()
                .map(|mail| format!("{}\n{}", text(&mail["Subject"]), text(&mail["BodyText"])))
                .find(|text| text.contains(holding))
        })
        .await
    }
}

impl Call {
    /// A call of an address that is not of the API.
    pub fn of(request: RequestBuilder) -> Self {
        Self(request)
    }

    /// Shows a token.
    pub fn by(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    pub fn json(self, body: &Value) -> Self {
        self.text("application/json", body.to_string())
    }

    /// A body of a content type.
    pub fn text(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.header(http::header::CONTENT_TYPE, content_type).body(body))
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// [`send`](Self::send), where it may be that nobody answers.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let (client, request) = self.0.build_split();
        let request = request?;
        let asked = format!("{} {}", request.method(), request.url());
        let response = client.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await?, asked })
    }
}

impl Answer {
    /// The body of an answer that has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// The body; `null` where there is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and code of an error's answer, after a look at its shape.
    #[track_caller]
    pub fn error(&self) -> (u16, String) {
        let body = self.json();
        let shape = ["type", "code", "message"].iter().all(|field| body["error"][field].is_string());
        assert!(shape, "not in the shape of errors: {self:?}");
        (self.status, text(&body["error"]["code"]))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.text.chars().take(1000).collect();
        write!(f, "{} answered {} {text}", self.asked, self.status)
    }
}

/// Looks until there is something; fails by name when it does not come.
pub async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("waited for {what}"))
}

/// The text of a value that is one.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Something that no other test calls its own.
pub fn unique(name: &str) -> String {
    let mut random = [0_u8; 5];
    getrandom::fill(&mut random).unwrap();
    let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name}-{random}")
}
