//! What a function answers.

use std::{fmt, ops::Deref, sync::OnceLock};

use axum::{Router, body::Bytes};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Map, Value};
use tower::ServiceExt;

/// An answer of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Body,
}

/// The JSON of an answer, an empty object where it has none; read when somebody looks at it.
#[derive(Clone, Debug)]
pub struct Body {
    bytes: Bytes,
    read: OnceLock<Value>,
}

impl Body {
    /// The JSON itself.
    pub fn into_value(self) -> Value {
        let Self { bytes, read } = self;
        read.into_inner().unwrap_or_else(|| parsed(&bytes))
    }
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::Object(Map::new()))
}

impl Deref for Body {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.read.get_or_init(|| parsed(&self.bytes))
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The body of an answer that has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body.into_value()
    }
}

pub(in crate::simulation) async fn answer(app: &Router, request: Request<axum::body::Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, body: Body { bytes, read: OnceLock::new() } }
}
