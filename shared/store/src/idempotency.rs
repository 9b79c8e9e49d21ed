//! Idempotency records: what a POST under a key answered, so that a repeat gets the same answer.

use std::{fmt::Display, time::Duration};

use platform::secret::sha256_hex;
use serde::{Deserialize, Serialize};
use table::{Condition, Item, Update, Write};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read, value},
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
    let found = match store.table.write(Write::create(made)).await {
        Ok(()) => return Ok(Begun::Ours),
        Err(error) if error.is_condition_failed() => {
            error.failed().first().and_then(|failed| failed.item.clone())
        }
        Err(error) => return Err(error.into()),
    };
    let Some(found) = found else {
        return Ok(Begun::InProgress);
    };
    let record: Record = read(found)?;
    if record.fingerprint != scope.fingerprint {
        return Ok(Begun::Reused);
    }
    if let Some(answer) = record.answer {
        return Ok(Begun::Answered(answer));
    }
    if record.leased_until > now.ms() {
        return Ok(Begun::InProgress);
    }
    // Taken up again: what the stopped call noted here ([`once`]) stays.
    let lease = Update::new().set("leased_until", (now + LEASE).ms());
    let free = Condition::equals("leased_until", record.leased_until).and(Condition::lacks("answer"));
    match store.table.write(Write::update_if(keys::idempotency(&scope.hash), lease, free)).await {
        Ok(()) => Ok(Begun::Ours),
        Err(error) if error.is_condition_failed() => Ok(Begun::InProgress),
        Err(error) => Err(error.into()),
    }
}

/// Notes, in the transaction that does the work, that it is done: a call which was stopped before its answer was kept, and is taken up again, does not do
/// it twice. What then fails is told by [`is_repeat`].
pub(crate) fn once(scope: &Scope) -> Write {
    note(scope, Update::new().set("done", true))
}

/// [`once`], for work that makes something: what was made is found again by [`made_before`].
pub(crate) fn once_made(scope: &Scope, id: impl Display) -> Write {
    note(scope, Update::new().set("done", id.to_string()))
}

fn note(scope: &Scope, done: Update) -> Write {
    Write::update_if(keys::idempotency(&scope.hash), done, Condition::Present.and(Condition::lacks("done")))
}

/// Whether a transaction failed at its action `at`, the one of [`once`].
pub(crate) fn is_repeat(error: &table::Error, at: usize) -> bool {
    record(error, at).is_some()
}

/// What the same call made before, where a transaction failed at its action `at`, the one of [`once_made`].
pub(crate) fn made_before(error: &table::Error, at: usize) -> Option<Error> {
    record(error, at)?.str("done").map(|id| Error::MadeBefore(id.to_owned()))
}

fn record(error: &table::Error, at: usize) -> Option<&Item> {
    error.failed().iter().find(|failed| failed.action == at)?.item.as_ref()
}

/// Keeps the answer for repeats.
pub async fn keep(store: &Store, scope: &Scope, answer: Answer) -> Result<(), Error> {
    let answered = Update::new().set("answer", value(&answer)?).set("ttl", (store.now() + KEPT).secs());
    store
        .write_where_it_holds(Write::update_if(keys::idempotency(&scope.hash), answered, Condition::Present))
        .await
}

/// Gives the key back after a failure that is not kept.
pub async fn release(store: &Store, scope: &Scope) -> Result<(), Error> {
    let over = Update::new().set("leased_until", store.now().ms());
    let unanswered = Condition::Present.and(Condition::lacks("answer"));
    store.write_where_it_holds(Write::update_if(keys::idempotency(&scope.hash), over, unanswered)).await
}
