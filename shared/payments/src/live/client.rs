use std::fmt::{self, Display};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::{BodyExt, Full, Limited};
use platform::http::{Client, Connections, Roots};
use serde::Deserialize;
use stripe_client_core::{CustomizedStripeRequest, StripeClient, StripeClientErr, StripeMethod, VERSION};

use super::ConfigError;
use crate::{Cause, StripeError};

/// The most bytes of an answer: an intent has some 3 KB.
const MAX_ANSWER: usize = 1 << 20;

/// Says that an answer is the first one to its key, told again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What the requests that async-stripe builds are sent with. One try each; connections are kept for the next.
pub(super) struct Http {
    client: Client<Full<Bytes>>,
    /// Scheme, host and port; ends in a slash.
    base: String,
    authorization: HeaderValue,
    version: HeaderValue,
}

impl Http {
    pub(super) fn new(url: &str, key: &str) -> Result<Self, ConfigError> {
        let unusable = |error: http::Error| ConfigError(error.into());
        let base = format!("{}/", url.trim_end_matches('/'));
        Request::get(&base).body(()).map_err(unusable)?;
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {key}")).map_err(|error| unusable(error.into()))?;
        authorization.set_sensitive(true);
        Ok(Self {
            client: Connections::new(&Roots::Web).map_err(|error| ConfigError(error.into()))?.into_client(),
            base,
            authorization,
            version: HeaderValue::try_from(VERSION.as_str()).map_err(|error| unusable(error.into()))?,
        })
    }

    fn request(&self, asked: CustomizedStripeRequest) -> Result<Request<Full<Bytes>>, http::Error> {
        let (asked, how) = asked.into_pieces();
        let method = match asked.method {
            StripeMethod::Get => Method::GET,
            StripeMethod::Post => Method::POST,
            StripeMethod::Delete => Method::DELETE,
        };
        let query = asked.query.map(|query| format!("?{query}")).unwrap_or_default();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}v1{}{query}", self.base, asked.path))
            .header(AUTHORIZATION, self.authorization.clone())
            .header(HeaderName::from_static("stripe-version"), self.version.clone());
        if let Some(key) = how.request_strategy.and_then(|once| once.get_key()) {
            request = request.header(HeaderName::from_static("idempotency-key"), key.as_str());
        }
        if let Some(account) = how.account_id {
            request = request.header(HeaderName::from_static("stripe-account"), account.as_str());
        }
        if asked.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        request.body(Full::from(asked.body.unwrap_or_default()))
    }
}

impl StripeClient for Http {
    type Err = StripeError;

    async fn execute(&self, asked: CustomizedStripeRequest) -> Result<Bytes, StripeError> {
        let request = self
            .request(asked)
            .map_err(|_| StripeError::Refused { code: "client_configuration".to_owned(), param: None })?;
        let answer = self.client.request(request).await.map_err(broken)?;
        let status = answer.status();
        let kept = answer.headers().get(REPLAYED).is_some_and(|value| value == "true");
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(broken)?.to_bytes();
        match status {
            _ if status.is_success() => Ok(body),
            _ if kept && status.is_server_error() => Err(StripeError::Stuck),
            _ => Err(refusal(status.as_u16(), &body)),
        }
    }
}

impl StripeClientErr for StripeError {
    fn deserialize_err(_: impl Display) -> Self {
        Self::Unavailable(Cause::Unreadable)
    }
}

fn broken(error: impl fmt::Display) -> StripeError {
    StripeError::Unavailable(Cause::Connection(error.to_string()))
}

/// What of Stripe's error object is read: the codes, and never the intent with its client secret
/// (<https://docs.stripe.com/api/errors>).
#[derive(Deserialize)]
struct Refusal {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
    param: Option<String>,
}

fn refusal(status: u16, body: &[u8]) -> StripeError {
    match serde_json::from_slice(body) {
        Ok(Refusal { error }) => {
            StripeError::from_answer(status, &error.kind, error.code.as_deref(), error.param.as_deref())
        }
        Err(_) => StripeError::Unavailable(Cause::Unreadable),
    }
}
