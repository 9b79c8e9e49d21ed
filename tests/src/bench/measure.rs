//! What is measured of a function, and how often.

use std::{path::Path, time::Duration};

use serde_json::Value;

use super::{
    Fallible,
    process::{How, Lab},
};

/// How often a function is started for the median of its times.
const STARTS: usize = 20;
/// How many warm calls the instructions of one are the mean of.
const WARM_CALLS: u32 = 10;

/// The figures of one function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) zip: u64,
    /// From exec to the first `/next`, median.
    pub(crate) start: Duration,
    pub(crate) start_instructions: u64,
    /// The first call, median.
    pub(crate) first_call: Duration,
    pub(crate) first_call_instructions: u64,
    pub(crate) warm_call_instructions: u64,
    pub(crate) peak_kib: u64,
    /// Handshakes until the first `/next`, and in the first call; the most of all starts.
    pub(crate) hellos: (usize, usize),
}

impl Figures {
    pub(crate) fn with_size(self, zip: u64) -> Self {
        Self { zip, ..self }
    }
}

/// Measures one function; every call gets the same event.
pub(crate) async fn measure(
    lab: &Lab<'_>,
    binary: &Path,
    keys: &str,
    event: impl Fn() -> Fallible<Value>,
) -> Fallible<Figures> {
    let events = |calls: u32| (0..calls).map(|_| event()).collect::<Fallible<Vec<_>>>();
    let (mut starts, mut first_calls) = (Vec::new(), Vec::new());
    let (mut hellos, mut peak_kib) = ((0, 0), 0);
    // The first one fetches the binary into memory and is not counted.
    lab.run(binary, keys, How::Free, events(1)?).await?;
    for _ in 0..STARTS {
        let run = lab.run(binary, keys, How::Free, events(1)?).await?;
        starts.push(run.start);
        first_calls.extend(run.first_call);
        hellos = (hellos.0.max(run.hellos.0), hellos.1.max(run.hellos.1));
    }
    peak_kib = lab.run(binary, keys, How::Free, events(1 + WARM_CALLS)?).await?.peak_kib.max(peak_kib);
    let mut counted = [0; 3];
    for (count, calls) in counted.iter_mut().zip([0, 1, 1 + WARM_CALLS]) {
        let run = lab.run(binary, keys, How::Counted, events(calls)?).await?;
        *count = run.instructions.ok_or("nothing was counted")?;
    }
    let [none, one, many] = counted;
    Ok(Figures {
        zip: 0,
        start: median(starts)?,
        start_instructions: none,
        first_call: median(first_calls)?,
        first_call_instructions: one.saturating_sub(none),
        warm_call_instructions: many.saturating_sub(one) / u64::from(WARM_CALLS),
        peak_kib,
        hellos,
    })
}

fn median(mut times: Vec<Duration>) -> Fallible<Duration> {
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().ok_or("nothing was timed")?)
}
