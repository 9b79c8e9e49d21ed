//! Idempotency records: what a POST under a key answered, so that a repeat gets the same answer.

use std::time::Duration;

use platform::secret::sha256_hex;
use serde::{Deserialize, Serialize};
use table::{Condition, Write};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    keys,
};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// How long a call has a key for itself; after that, work that was stopped can be taken up again.
const LEASE: Duration = Duration::from_secs(60);

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// What a key says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nobody is at it: do the work, then [`keep`] its answer.
    Ours,
    /// It was answered before.
    Answered(Answer),
    /// Somebody is at it.
    InProgress,
    /// The key stands for another body.
    Reused,
}

#[derive(Serialize, Deserialize)]
struct Record {
    fingerprint: String,
    /// Milliseconds since 1970.
    leased_until: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
}

/// The scope of a key: who calls, and which route.
#[derive(Clone, Debug)]
pub struct Scope {
    hash: String,
    fingerprint: String,
}

impl Scope {
    pub fn new(caller: &str, route: &str, key: &str, body: &[u8]) -> Self {
        let hash = sha256_hex(&format!("{caller}\n{route}\n{key}"));
        Self { hash, fingerprint: sha256_hex(&String::from_utf8_lossy(body)) }
    }
}

/// Claims a key for a call.
pub async fn begin(store: &Store, scope: &Scope) -> Result<Begun, Error> {
    let now = store.now();
    let record =
        Record { fingerprint: scope.fingerprint.clone(), leased_until: (now + LEASE).ms(), answer: None };
    let made =
        item(keys::idempotency(&scope.hash), Kind::Idempotency, &record)?.with("ttl", (now + KEPT).secs());
    let free = Condition::Absent.or(Condition::All(vec![
        Condition::lacks("answer"),
        Condition::at_most("leased_until", now.ms()),
        Condition::equals("fingerprint", scope.fingerprint.as_str()),
    ]));
    match store.table.write(Write::put_if(made, free)).await {
        Ok(_) => Ok(Begun::Ours),
        Err(error) if error.is_condition_failed() => {
            let Some(found) = error.failed().first().and_then(|failed| failed.item.clone()) else {
                return Ok(Begun::InProgress);
            };
            let record: Record = read(found)?;
            Ok(if record.fingerprint != scope.fingerprint {
                Begun::Reused
            } else {
                record.answer.map_or(Begun::InProgress, Begun::Answered)
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// Keeps the answer for repeats.
pub async fn keep(store: &Store, scope: &Scope, answer: Answer) -> Result<(), Error> {
    let now = store.now();
    let record =
        Record { fingerprint: scope.fingerprint.clone(), leased_until: now.ms(), answer: Some(answer) };
    let made =
        item(keys::idempotency(&scope.hash), Kind::Idempotency, &record)?.with("ttl", (now + KEPT).secs());
    store.table.write(Write::put(made)).await?;
    Ok(())
}

/// Gives the key back after a failure that is not kept.
pub async fn release(store: &Store, scope: &Scope) -> Result<(), Error> {
    let unanswered = Condition::lacks("answer");
    match store.table.write(Write::delete_if(keys::idempotency(&scope.hash), unanswered)).await {
        Err(error) if !error.is_condition_failed() => Err(error.into()),
        _ => Ok(()),
    }
}
