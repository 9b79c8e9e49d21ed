//! What is measured of a function, and how often.

use std::{path::Path, time::Duration};

use serde_json::Value;
use souk_lab::{Fallible, How, Lab, Run};

/// How often a function is started for the median of its times: with fewer, what else the machine does shows in it.
const STARTS: usize = 200;
/// How many warm calls the instructions of one are the mean of.
const WARM_CALLS: u32 = 250;

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

/// Measures a function and its stock counterpart, in turns: what else the machine does meanwhile slows both. Every call gets the same event.
pub(crate) async fn measure(
    lab: &Lab<'_>,
    ours: &Path,
    stock: &Path,
    keys: &str,
    event: impl Fn() -> Fallible<Value>,
) -> Fallible<(Figures, Figures)> {
    let both = [ours, stock];
    let mut starts = [const { Vec::new() }; 2];
    // The first one fetches the binary into memory and is not counted.
    for turn in 0..=STARTS {
        for (binary, starts) in both.iter().zip(&mut starts) {
            let run = lab.run(binary, keys, How::Free, vec![event()?]).await?;
            if turn > 0 {
                starts.push(run);
            }
        }
    }
    let [of_ours, of_stock] = starts;
    Ok((
        figures(lab, ours, keys, &event, &of_ours).await?,
        figures(lab, stock, keys, &event, &of_stock).await?,
    ))
}

async fn figures(
    lab: &Lab<'_>,
    binary: &Path,
    keys: &str,
    event: impl Fn() -> Fallible<Value>,
    starts: &[Run],
) -> Fallible<Figures> {
    let events = |calls: u32| (0..calls).map(|_| event()).collect::<Fallible<Vec<_>>>();
    let peak_kib = lab.run(binary, keys, How::Free, events(1 + WARM_CALLS)?).await?.peak_kib;
    let mut counted = [0; 3];
    for (count, calls) in counted.iter_mut().zip([0, 1, 1 + WARM_CALLS]) {
        let run = lab.run(binary, keys, How::Counted, events(calls)?).await?;
        *count = run.instructions.ok_or("nothing was counted")?;
    }
    let [none, one, many] = counted;
    let hellos = starts.iter().map(|run| run.hellos);
    Ok(Figures {
        zip: 0,
        start: median(starts.iter().map(|run| run.start).collect())?,
        start_instructions: none,
        first_call: median(starts.iter().filter_map(|run| run.first_call).collect())?,
        first_call_instructions: one.saturating_sub(none),
        warm_call_instructions: many.saturating_sub(one) / u64::from(WARM_CALLS),
        peak_kib,
        hellos: hellos.fold((0, 0), |most, (before, during)| (most.0.max(before), most.1.max(during))),
    })
}

fn median(mut times: Vec<Duration>) -> Fallible<Duration> {
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().ok_or("nothing was timed")?)
}
