//! New ids and tokens.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Id;

use crate::{
    clock::{Clock, SystemClock},
    random::{OsRandom, Random},
    secret::Secret,
};

/// Makes ids and tokens out of a clock and a source of randomness.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Ids {
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random }
    }

    /// Out of the system's clock and randomness.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(OsRandom))
    }

    /// Makes an id that sorts by when it was made: a ULID, 48 bits of milliseconds and 80 random ones.
    ///
    /// Ids of one millisecond sort in no particular order.
    pub fn next<I: Id>(&self) -> I {
        let mut bits = [0; 16];
        if let Some(tail) = bits.get_mut(6..) {
            self.random.fill(tail);
        }
        let ms = u128::from(self.clock.now().ms().unsigned_abs());
        I::from_bits((ms << 80) | u128::from_be_bytes(bits))
    }

    /// Makes an id of 128 random bits: nobody can guess it, so that knowing it may stand for the right to use it.
    pub fn unguessable<I: Id>(&self) -> I {
        let mut bits = [0; 16];
        self.random.fill(&mut bits);
        I::from_bits(u128::from_be_bytes(bits))
    }

    /// Makes a token of 256 random bits, written in 43 characters of base64url.
    pub fn token(&self) -> Secret<String> {
        let mut bits = [0; 32];
        self.random.fill(&mut bits);
        Secret::new(URL_SAFE_NO_PAD.encode(bits))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{CartId, OrderId, Timestamp};

    use super::*;
    use crate::{clock::ManualClock, random::SeededRandom};

    fn ids(clock: &Arc<ManualClock>) -> Ids {
        Ids::new(clock.clone(), Arc::new(SeededRandom::new(1)))
    }

    #[test]
    fn ids_sort_by_the_millisecond_that_made_them() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_ms(0x0192_f3a4_b5c6)));
        let ids = ids(&clock);
        let mut before: OrderId = ids.next();
        for _ in 0..50 {
            clock.advance(Duration::from_millis(1));
            let after = ids.next();
            assert!(after > before);
            before = after;
        }
    }

    #[test]
    fn an_id_is_a_ulid_of_its_time() {
        let ms = 0x0192_f3a4_b5c6_i64;
        let ids = ids(&Arc::new(ManualClock::at(Timestamp::from_ms(ms))));
        let id: OrderId = ids.next();
        let low = OrderId::from_bits(u128::from(ms.unsigned_abs()) << 80);
        assert_eq!(id.to_string()[4..14], low.to_string()[4..14]);
        assert_ne!(id, ids.next());
    }

    #[test]
    fn an_unguessable_id_says_nothing_of_its_time() {
        let ids = ids(&Arc::new(ManualClock::default()));
        let (one, two): (CartId, CartId) = (ids.unguessable(), ids.unguessable());
        assert_ne!(one.to_string()[4..14], two.to_string()[4..14]);
    }

    #[test]
    fn tokens_have_43_characters_and_differ() {
        let ids = ids(&Arc::new(ManualClock::default()));
        let (one, two) = (ids.token(), ids.token());
        assert_eq!(one.reveal().len(), 43);
        assert!(one.reveal().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert!(one != two);
    }
}
