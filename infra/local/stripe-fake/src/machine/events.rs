//! Events, and the webhooks that carry them: signed, retried, and misbehaving on demand.
//! Source: <https://docs.stripe.com/webhooks#behaviors>.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use payments::Secret;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::{API_VERSION, Call, Machine};

/// Stripe goes on for three days; a laptop is up again sooner.
const TRIES: u32 = 12;
const LONGEST_PAUSE_MS: i64 = 30_000;
/// How long an event that is to be overtaken waits for what overtakes it.
const HELD_BACK_MS: i64 = 60_000;

/// Which endpoint an event goes to: the platform's own, or the one for connected accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Events of the platform's account.
    Platform,
    /// Events of connected accounts.
    Connect,
}

/// Where webhooks go, and what they are signed with.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where to; empty where the deliveries are taken in process.
    pub url: String,
    /// The endpoint's signing secret.
    pub secret: Secret,
}

/// How deliveries misbehave; absent switches are off. A switch with a number is given one, `true` (always) or `false`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Misbehaviour {
    /// How often each event is delivered: once unless given, twice for `true`.
    #[serde(deserialize_with = "duplicate")]
    pub duplicate: u32,
    /// Seconds between an event and its delivery.
    pub delay_s: f64,
    /// What ends an intent's try is delivered first, what came before it afterwards.
    pub reorder: bool,
    /// So many deliveries are lost, and not repeated.
    #[serde(deserialize_with = "count")]
    pub drop: u32,
    /// So many deliveries are signed with a wrong secret.
    #[serde(deserialize_with = "count")]
    pub bad_signature: u32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Switch {
    On(bool),
    Times(u32),
}

fn switch<'de, D: Deserializer<'de>>(deserializer: D, on: u32) -> Result<u32, D::Error> {
    Ok(match Option::<Switch>::deserialize(deserializer)? {
        None | Some(Switch::On(false)) => 0,
        Some(Switch::On(true)) => on,
        Some(Switch::Times(times)) => times,
    })
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    switch(deserializer, u32::MAX)
}

fn duplicate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    switch(deserializer, 2)
}

/// Takes one off a switch; `u32::MAX` stands for always.
pub(super) fn spend(left: &mut u32) -> bool {
    let on = *left > 0;
    if on && *left != u32::MAX {
        *left -= 1;
    }
    on
}

/// One delivery on its way; hand it back to [`Machine::settle`].
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// `evt_…`, the same for each delivery of one event.
    pub event_id: String,
    /// Such as `payment_intent.succeeded`.
    pub event_type: String,
    /// Which endpoint it goes to.
    pub target: Target,
    /// Where it goes.
    pub url: String,
    /// The raw body.
    pub body: Arc<str>,
    /// The header `Stripe-Signature`.
    pub signature: String,
    pending: Pending,
    generation: u64,
}

#[derive(Clone, Debug)]
struct Pending {
    event_id: String,
    event_type: String,
    /// The intent that it is about.
    about: String,
    target: Target,
    body: Arc<str>,
    tries: u32,
    held_back: bool,
}

pub(super) struct Queue {
    generation: u64,
    platform: Option<Endpoint>,
    connect: Option<Endpoint>,
    misbehaviour: Misbehaviour,
    events: Vec<Arc<str>>,
    /// By due time (Unix milliseconds), then in the order of arrival.
    pending: BTreeMap<(i64, u64), Pending>,
    arrivals: u64,
}

impl Queue {
    pub(super) fn new(generation: u64) -> Self {
        Self {
            generation,
            platform: None,
            connect: None,
            misbehaviour: Misbehaviour::default(),
            events: Vec::new(),
            pending: BTreeMap::new(),
            arrivals: 0,
        }
    }

    fn push(&mut self, due_ms: i64, pending: Pending) {
        self.arrivals += 1;
        self.pending.insert((due_ms, self.arrivals), pending);
    }

    /// Lets what was held back about an intent go, last one first.
    fn release(&mut self, about: &str, due_ms: i64) {
        let held = |(_, p): &(&(i64, u64), &Pending)| p.held_back && p.about == about;
        let keys: Vec<_> = self.pending.iter().filter(held).map(|(key, _)| *key).collect();
        for key in keys.into_iter().rev() {
            if let Some(mut pending) = self.pending.remove(&key) {
                pending.held_back = false;
                self.push(due_ms, pending);
            }
        }
    }
}

fn ends_a_try(event_type: &str) -> bool {
    matches!(
        event_type,
        "payment_intent.succeeded" | "payment_intent.payment_failed" | "payment_intent.canceled"
    )
}

fn is_overtaken(event_type: &str) -> bool {
    matches!(event_type, "charge.succeeded" | "charge.failed")
        || (event_type.starts_with("payment_intent.") && !ends_a_try(event_type))
}

/// A day at most; what is not a number of seconds is none.
fn delay_ms(seconds: f64) -> i64 {
    Duration::try_from_secs_f64(seconds)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
        .min(86_400_000)
}

impl Machine {
    /// Sets where events go from now on; without an endpoint they go nowhere.
    pub fn set_endpoint(&mut self, target: Target, endpoint: Option<Endpoint>) {
        match target {
            Target::Platform => self.queue.platform = endpoint,
            Target::Connect => self.queue.connect = endpoint,
        }
    }

    /// Where events go.
    pub fn endpoint(&self, target: Target) -> Option<&Endpoint> {
        match target {
            Target::Platform => self.queue.platform.as_ref(),
            Target::Connect => self.queue.connect.as_ref(),
        }
    }

    /// Sets how deliveries misbehave; events that are on their way already keep their times.
    pub fn set_misbehaviour(&mut self, misbehaviour: Misbehaviour) {
        self.queue.misbehaviour = misbehaviour;
    }

    /// How deliveries misbehave.
    pub fn misbehaviour(&self) -> &Misbehaviour {
        &self.queue.misbehaviour
    }

    /// All events as Stripe shows them, oldest first.
    pub fn events(&self) -> Vec<Value> {
        self.queue.events.iter().filter_map(|body| serde_json::from_str(body).ok()).collect()
    }

    /// How many deliveries wait, due or not.
    pub fn pending_deliveries(&self) -> usize {
        self.queue.pending.len()
    }

    /// When the next delivery is due, in Unix milliseconds.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.queue.pending.keys().next().map(|(due, _)| *due)
    }

    /// Takes the next delivery that is due at `now_ms`, signed.
    pub fn next_delivery(&mut self, now_ms: i64) -> Option<Outgoing> {
        loop {
            let first = self.queue.pending.first_entry().filter(|entry| entry.key().0 <= now_ms)?;
            let pending = first.remove();
            let target = pending.target;
            let Some(endpoint) = self.endpoint(target).cloned() else { continue };
            if spend(&mut self.queue.misbehaviour.drop) {
                continue;
            }
            let forged = spend(&mut self.queue.misbehaviour.bad_signature);
            let secret = if forged { "whsec_of_somebody_else" } else { endpoint.secret.expose() };
            return Some(Outgoing {
                event_id: pending.event_id.clone(),
                event_type: pending.event_type.clone(),
                target,
                url: endpoint.url,
                body: pending.body.clone(),
                signature: payments::webhook::sign(&pending.body, secret, now_ms.div_euclid(1000)),
                pending,
                generation: self.queue.generation,
            });
        }
    }

    /// Says how a delivery went; one that was not accepted (no 2xx) comes again later.
    pub fn settle(&mut self, outgoing: Outgoing, accepted: bool, now_ms: i64) {
        let Outgoing { mut pending, generation, .. } = outgoing;
        pending.tries += 1;
        if accepted || pending.tries >= TRIES || generation != self.queue.generation {
            return;
        }
        let pause = 1000_i64.checked_shl(pending.tries - 1).unwrap_or(LONGEST_PAUSE_MS).min(LONGEST_PAUSE_MS);
        self.queue.push(now_ms + pause, pending);
    }

    pub(super) fn emit(&mut self, event_type: &str, about: &str, object: &Value, call: &Call) {
        self.emit_to(Target::Platform, event_type, about, object, call);
    }

    /// Tells of something; what is told of a connected account, `about`, goes to the endpoint for those.
    pub(super) fn emit_to(
        &mut self,
        target: Target,
        event_type: &str,
        about: &str,
        object: &Value,
        call: &Call,
    ) {
        let event_id = self.ids.next("evt_3");
        // Text at once: a tree would hold a copy of the object.
        let [id, created, request, key, kind] =
            [json!(event_id), json!(call.now()), json!(call.request_id), json!(call.key), json!(event_type)];
        let account =
            if target == Target::Connect { format!(r#""account":{},"#, json!(about)) } else { String::new() };
        let body: Arc<str> = format!(
            r#"{{"id":{id},"object":"event",{account}"api_version":"{API_VERSION}","created":{created},"data":{{"object":{object}}},"livemode":false,"pending_webhooks":1,"request":{{"id":{request},"idempotency_key":{key}}},"type":{kind}}}"#
        )
        .into();
        self.queue.events.push(body.clone());
        if self.endpoint(target).is_none() {
            return;
        }
        let Misbehaviour { duplicate, delay_s, reorder, .. } = self.queue.misbehaviour;
        let due_ms = call.now_ms + delay_ms(delay_s);
        let last = ends_a_try(event_type);
        let held_back = reorder && is_overtaken(event_type);
        let pending = Pending {
            event_id,
            event_type: event_type.to_owned(),
            about: about.to_owned(),
            target,
            body,
            tries: 0,
            held_back,
        };
        for _ in 0..duplicate.max(1) {
            self.queue.push(if held_back { due_ms + HELD_BACK_MS } else { due_ms }, pending.clone());
        }
        if reorder && last {
            self.queue.release(about, due_ms + 1000);
        }
    }
}
