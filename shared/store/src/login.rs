//! Log-ins by password, and the lock-out after wrong ones (004, "Failed Login").
//!
//! **Invariant:** whether a password was right is told only if the attempt was counted: of guesses made at once, each beyond the first finds that the
//! count has moved, and looks again. So nobody gets more tries than the lock-out allows by making them in parallel.
//! **Invariant:** an address without an account costs the same calls as one with a wrong password.

use domain::{
    Tenant, Timestamp,
    account::{Attempts, PasswordHash},
    email::Email,
};
use platform::secret::Secret;
use table::{Condition, Key, Update, Write};

use crate::{
    Error, Store,
    account::{self, Account},
    codec::value,
    keys::{self, People},
    session::{self, Session},
};

/// How often an attempt is made again that others were in the way of.
const TRIES: u32 = 8;

/// Among whose addresses one is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realm {
    Admins,
    Staff,
    /// Of a channel.
    Customers(Tenant),
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The session is kept under the token.
    In(Box<Account>, Session),
    /// No such address, no password set yet, or a wrong one: nobody can tell which.
    Refused,
    /// Too many wrong passwords; until then not even the right one is looked at.
    Locked(Timestamp),
}

/// Logs somebody in who knows an account's password, and keeps the session under `token`.
///
/// `check` compares the password that was given with a hash; with none it takes as long and answers false.
///
/// # Errors
/// [`Error::VersionConflict`] when too many others try the same account at once.
pub async fn log_in(
    store: &Store,
    realm: Realm,
    email: &Email,
    token: &Secret<String>,
    check: impl Fn(Option<&PasswordHash>) -> bool,
) -> Result<Outcome, Error> {
    for _ in 0..TRIES {
        match once(store, realm, email, token, &check).await {
            Err(Error::VersionConflict) => {}
            outcome => return outcome,
        }
    }
    Err(Error::VersionConflict)
}

async fn once(
    store: &Store,
    realm: Realm,
    email: &Email,
    token: &Secret<String>,
    check: impl Fn(Option<&PasswordHash>) -> bool,
) -> Result<Outcome, Error> {
    let now = store.now();
    let address = realm.address(email);
    let found = realm.find(store, email).await?;
    if found.is_none() {
        store.table.get(&address).await?;
    }
    if let Some(until) = found.as_ref().and_then(|account| account.attempts().locked(now)) {
        return Ok(Outcome::Locked(until));
    }
    let found = found.filter(|account| account.password().is_some());
    let right = check(found.as_ref().and_then(Account::password));
    match found {
        Some(account) if right => enter(store, account, token, now).await,
        Some(account) => {
            let seen = seen(account.attempts());
            count(store, account.key(), account.attempts().failed(now), seen).await?;
            Ok(Outcome::Refused)
        }
        None => {
            // A write that never happens, at the price of one that does.
            let never = Condition::equals("entity", "nobody");
            match count(store, address, Attempts::default().failed(now), never).await {
                Ok(()) | Err(Error::VersionConflict) => Ok(Outcome::Refused),
                Err(error) => Err(error),
            }
        }
    }
}

async fn enter(
    store: &Store,
    account: Account,
    token: &Secret<String>,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let session = Session::starting(account.principal(), now);
    let (key, seen) = (account.key(), seen(account.attempts()));
    let forgiven = if account.attempts() == Attempts::default() {
        Write::check(key, seen)
    } else {
        Write::update_if(key, Update::new().remove("failures").remove("locked_until"), seen)
    };
    match store.table.transact(vec![session::write(token, &session)?, forgiven], None).await {
        Ok(()) => Ok(Outcome::In(Box::new(account), session)),
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        Err(error) => Err(error.into()),
    }
}

async fn count(store: &Store, key: Key, next: Attempts, seen: Condition) -> Result<(), Error> {
    let update = Update::new().set("failures", next.failures);
    let update = match next.locked_until {
        Some(until) => update.set("locked_until", value(&until)?),
        None => update.remove("locked_until"),
    };
    match store.table.write(Write::update_if(key, update, seen)).await {
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        other => Ok(other?),
    }
}

/// That nobody has tried since.
fn seen(attempts: Attempts) -> Condition {
    match attempts.failures {
        0 => Condition::Present.and(Condition::lacks("failures")),
        failures => Condition::equals("failures", failures),
    }
}

impl Realm {
    fn address(&self, email: &Email) -> Key {
        let people = match self {
            Self::Admins => People::Admins,
            Self::Staff => People::Staff,
            Self::Customers(channel) => People::Customers(channel),
        };
        keys::unique_email(&people, email)
    }

    async fn find(&self, store: &Store, email: &Email) -> Result<Option<Account>, Error> {
        let found = match self {
            Self::Admins => account::admin_by_email(store, email).await.map(Account::Admin),
            Self::Staff => account::staff_by_email(store, email).await.map(Account::Staff),
            Self::Customers(channel) => {
                account::customer_by_email(store, channel, email).await.map(Account::Customer)
            }
        };
        match found {
            Ok(account) => Ok(Some(account)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
