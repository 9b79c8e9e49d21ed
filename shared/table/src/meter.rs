//! What calls cost: round trips, read units and write units, computed by us so that tests pin them.

use std::sync::{Arc, Mutex, PoisonError};

/// What was used since a meter began, or was last taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests that were sent to the table.
    pub round_trips: u64,
    /// Half read units: two for 4 KB read strongly consistent, one for 4 KB read of an index.
    pub read_half_units: u64,
    /// Write units, with those of the indexes.
    pub write_units: u64,
}

/// Counts the usage of one engine; clones count together.
///
/// Memory counts all. DynamoDB counts the requests it sends (not the SDK's own repeats), what it read (not the expired entries
/// that a page left out), and of writes what it can know: the size of a put, of the item that a single update answered, and one
/// unit for any other write; no indexes and no items that were there before. Pins therefore run on memory.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    usage: Arc<Mutex<Usage>>,
}

impl Meter {
    /// Answers the usage so far.
    pub fn usage(&self) -> Usage {
        *self.lock()
    }

    /// Answers the usage so far and begins again at zero.
    pub fn take(&self) -> Usage {
        std::mem::take(&mut *self.lock())
    }

    pub(crate) fn round_trip(&self) {
        self.lock().round_trips += 1;
    }

    pub(crate) fn read(&self, half_units: u64) {
        self.lock().read_half_units += half_units;
    }

    pub(crate) fn write(&self, units: u64) {
        self.lock().write_units += units;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
