//! Ids in Stripe's shape, from a seed and a counter.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// **Invariant:** one seed gives one sequence, and two calls never give the same text.
pub(super) struct Ids {
    state: u64,
    made: u64,
}

impl Ids {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed, made: 0 }
    }

    /// A prefix and 24 letters and digits, of which the first six count.
    pub(super) fn next(&mut self, prefix: &str) -> String {
        self.made += 1;
        let mut text = String::with_capacity(prefix.len() + 24);
        text.push_str(prefix);
        let mut counter = self.made;
        for _ in 0..6 {
            text.push(letter(counter % 62));
            counter /= 62;
        }
        for _ in 0..18 {
            text.push(letter(self.random() % 62));
        }
        text
    }

    // SplitMix64: small, and good enough to look like Stripe's.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn letter(index: u64) -> char {
    usize::try_from(index).ok().and_then(|i| ALPHABET.get(i)).map_or('0', |b| char::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_and_another_seed_another() {
        let run = |seed| {
            let mut ids = Ids::new(seed);
            [ids.next("pi_"), ids.next("pi_")]
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let [first, second] = run(7);
        assert_ne!(first, second);
        assert!(first.parse::<payments::IntentId>().is_ok());
    }
}
