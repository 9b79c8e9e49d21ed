//! Cuts what is to be sent into the batches that a service takes.

use std::ops::Range;

use crate::error::Error;

/// What a service takes in one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("entry {at} has {bytes} bytes, more than the {most} of a whole batch")]
struct TooLarge {
    at: usize,
    bytes: usize,
    most: usize,
}

/// Answers the batches as ranges of places, in order.
///
/// # Errors
/// [`Error::Rejected`] when one entry alone is over the limit.
pub(crate) fn cut(
    sizes: impl IntoIterator<Item = usize>,
    limits: Limits,
) -> Result<Vec<Range<usize>>, Error> {
    let mut batches = Vec::new();
    let (mut start, mut end, mut total) = (0, 0, 0_usize);
    for bytes in sizes {
        if bytes > limits.bytes {
            return Err(Error::rejected(TooLarge { at: end, bytes, most: limits.bytes }));
        }
        if end - start == limits.entries || total.saturating_add(bytes) > limits.bytes {
            batches.push(start..end);
            (start, total) = (end, 0);
        }
        total = total.saturating_add(bytes);
        end += 1;
    }
    if end > start {
        batches.push(start..end);
    }
    Ok(batches)
}

/// What became of several batches: the places that failed, and the last reason why a whole batch did.
#[derive(Default)]
pub(crate) struct Outcome {
    failed: Vec<usize>,
    reason: Option<Error>,
    accepted: bool,
}

impl Outcome {
    /// Notes a batch that was answered, with the places in it that failed.
    pub(crate) fn answered(&mut self, batch: &Range<usize>, failed: impl IntoIterator<Item = usize>) {
        self.accepted = true;
        self.failed.extend(failed.into_iter().map(|at| batch.start + at).filter(|at| batch.contains(at)));
    }

    /// Notes a batch that failed as a whole.
    pub(crate) fn failed(&mut self, batch: Range<usize>, reason: Error) {
        self.failed.extend(batch);
        self.reason = Some(reason);
    }

    /// Answers the places that failed, or the reason where no batch was answered at all.
    pub(crate) fn finish(self) -> Result<Vec<usize>, Error> {
        match self.reason {
            Some(reason) if !self.accepted => Err(reason),
            Some(reason) => {
                let reason: &(dyn std::error::Error + 'static) = &reason;
                tracing::warn!(error = reason, failed = self.failed.len(), "a batch of several failed");
                Ok(self.failed)
            }
            None => Ok(self.failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { entries: 3, bytes: 10 };

    #[test]
    fn a_batch_is_within_both_limits() {
        assert!(cut([], LIMITS).unwrap().is_empty());
        assert_eq!(cut([1, 1, 1, 1], LIMITS).unwrap(), [0..3, 3..4]);
        assert_eq!(cut([4, 6, 1, 10, 10], LIMITS).unwrap(), [0..2, 2..3, 3..4, 4..5]);
    }

    #[test]
    fn an_entry_too_large_for_any_batch_is_refused() {
        assert!(matches!(cut([1, 11], LIMITS), Err(Error::Rejected(_))));
    }

    #[test]
    fn places_are_those_of_the_whole() {
        let mut outcome = Outcome::default();
        outcome.answered(&(0..3), [1]);
        outcome.failed(3..5, Error::unavailable("down"));
        outcome.answered(&(5..7), [0, 9]);
        assert_eq!(outcome.finish().unwrap(), [1, 3, 4, 5]);
    }

    #[test]
    fn when_no_batch_was_answered_the_reason_is() {
        let mut outcome = Outcome::default();
        outcome.failed(0..3, Error::unavailable("down"));
        assert!(outcome.finish().unwrap_err().is_retryable());
    }
}
