//! When to try again.

use std::time::Duration;

use tokio::time::Instant;

/// What one call may take in all: an HTTP function has 25 s.
pub(super) const TOTAL: Duration = Duration::from_secs(15);
/// What one try may take, connection included.
pub(super) const TRY: Duration = Duration::from_secs(6);

const FIRST_MS: u64 = 200;
const LONGEST_MS: u64 = 3_000;

pub(super) type Jitter = Box<dyn Fn(u64) -> u64 + Send + Sync>;

/// Pauses that double up to 3 s, the upper half of each left to the jitter, until the deadline.
pub(super) struct Backoff<'a> {
    deadline: Instant,
    next_ms: u64,
    jitter: &'a Jitter,
}

impl<'a> Backoff<'a> {
    pub(super) fn new(deadline: Instant, jitter: &'a Jitter) -> Self {
        Self { deadline, next_ms: FIRST_MS, jitter }
    }

    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// How long to wait before the next try; none where the deadline would pass meanwhile.
    pub(super) fn pause(&mut self) -> Option<Duration> {
        let half = self.next_ms / 2;
        let pause = Duration::from_millis(half + (self.jitter)(half).min(half));
        self.next_ms = (self.next_ms * 2).min(LONGEST_MS);
        (pause < self.left()).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_double_up_to_a_cap_and_end_before_the_deadline() {
        let jitter: Jitter = Box::new(|bound| bound);
        let mut backoff = Backoff::new(Instant::now() + TOTAL, &jitter);
        let mut pauses = Vec::new();
        while let Some(pause) = backoff.pause() {
            pauses.push(pause.as_millis());
            tokio::time::sleep(pause).await;
        }
        assert_eq!(pauses, [200, 400, 800, 1600, 3000, 3000, 3000]);
    }

    #[tokio::test(start_paused = true)]
    async fn jitter_spreads_the_upper_half_and_cannot_exceed_it() {
        let (none, wild): (Jitter, Jitter) = (Box::new(|_| 0), Box::new(|_| u64::MAX));
        let deadline = Instant::now() + TOTAL;
        assert_eq!(Backoff::new(deadline, &none).pause(), Some(Duration::from_millis(100)));
        assert_eq!(Backoff::new(deadline, &wild).pause(), Some(Duration::from_millis(200)));
    }
}
