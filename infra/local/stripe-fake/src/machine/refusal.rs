//! Stripe's errors. Source: <https://docs.stripe.com/api/errors>.

use serde_json::{Value, json};

/// A request that was not carried out.
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Whether an idempotency key replays it: only what began to execute is kept.
    pub(super) kept: bool,
    error: Value,
}

impl Refusal {
    /// A request that was wrong before anything was looked at.
    pub(super) fn invalid(code: &str, param: &str, message: impl Into<String>) -> Self {
        let error = json!({
            "type": "invalid_request_error", "code": code, "param": param, "message": message.into(),
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")),
        });
        Self { status: 400, kept: false, error }
    }

    /// A request that can't be carried out as things stand.
    pub(super) fn state(code: &str, message: impl Into<String>) -> Self {
        let error = json!({
            "type": "invalid_request_error", "code": code, "message": message.into(),
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")),
        });
        Self { status: 400, kept: true, error }
    }

    /// A request without a code of its own, as Stripe has some.
    pub(super) fn plain(param: &str, message: impl Into<String>) -> Self {
        let error = json!({"type": "invalid_request_error", "param": param, "message": message.into()});
        Self { status: 400, kept: true, error }
    }

    pub(super) fn missing(what: &str, param: &str, id: &str) -> Self {
        let mut refusal = Self::invalid("resource_missing", param, format!("No such {what}: '{id}'"));
        refusal.status = 404;
        refusal
    }

    pub(super) fn unknown_route(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self { status: 404, kept: false, error: json!({"type": "invalid_request_error", "message": message}) }
    }

    pub(super) fn idempotency(message: &str) -> Self {
        Self { status: 400, kept: false, error: json!({"type": "idempotency_error", "message": message}) }
    }

    /// A declined card; `last_error` is what the intent remembers.
    pub(super) fn card(last_error: Value) -> Self {
        Self { status: 402, kept: true, error: last_error }
    }

    /// Stripe's own trouble. A 500 is kept under the key, as Stripe keeps it; what a gateway answers is not.
    pub(super) fn trouble(status: u16) -> Self {
        let (kind, message) = match status {
            429 => ("invalid_request_error", "Too many requests hit the API too quickly."),
            _ => ("api_error", "An unknown error occurred."),
        };
        Self { status, kept: status == 500, error: json!({"type": kind, "message": message}) }
    }

    pub(super) fn unauthorized(message: &str) -> Self {
        Self { status: 401, kept: false, error: json!({"type": "invalid_request_error", "message": message}) }
    }

    pub(super) fn with(mut self, field: &str, value: Value) -> Self {
        if let Some(fields) = self.error.as_object_mut() {
            fields.insert(field.to_owned(), value);
        }
        self
    }

    pub(super) fn body(self) -> Value {
        json!({"error": self.error})
    }
}
