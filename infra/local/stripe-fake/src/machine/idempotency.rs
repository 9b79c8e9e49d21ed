//! Idempotency keys as Stripe keeps them: the first answer for 24 hours, errors too, and no second use for another request.
//! Source: <https://docs.stripe.com/api/idempotent_requests>.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Call, Params, Refusal, Request};

const KEPT_MS: i64 = 24 * 3600 * 1000;

struct Kept {
    path: String,
    params: Params,
    status: u16,
    body: Value,
    at_ms: i64,
}

pub(super) enum Known {
    Nothing,
    Answered(u16, Value),
}

#[derive(Default)]
pub(super) struct Keys(BTreeMap<String, Kept>);

impl Keys {
    pub(super) fn look_up(&self, request: &Request, call: &Call) -> Result<Known, Refusal> {
        let Some(key) = &call.key else { return Ok(Known::Nothing) };
        if key.is_empty() || key.len() > 255 {
            return Err(Refusal::idempotency("Idempotency keys have 1 to 255 characters."));
        }
        match self.0.get(key).filter(|kept| call.now_ms - kept.at_ms < KEPT_MS) {
            None => Ok(Known::Nothing),
            Some(kept) if kept.path == request.path && kept.params == request.params => {
                Ok(Known::Answered(kept.status, kept.body.clone()))
            }
            Some(_) => Err(Refusal::idempotency(
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            )),
        }
    }

    pub(super) fn keep(&mut self, request: &Request, call: &Call, status: u16, body: &Value) {
        let Some(key) = &call.key else { return };
        let kept = Kept {
            path: request.path.clone(),
            params: request.params.clone(),
            status,
            body: body.clone(),
            at_ms: call.now_ms,
        };
        self.0.insert(key.clone(), kept);
    }
}
