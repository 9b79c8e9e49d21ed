//! Clocks of tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A clock that stands until it is moved.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000)))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Now {
        let hand = Arc::clone(&self.0);
        Arc::new(move || hand.load(Ordering::SeqCst))
    }
}

/// The wall's clock, which a server of its own has too.
#[allow(clippy::disallowed_methods, reason = "an emulator remembers tokens by the wall's time")]
pub(crate) fn wall() -> Now {
    Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64)
}
