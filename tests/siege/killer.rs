//! Ends processes of functions at random and without a word (SIGKILL), whatever they are at.
//!
//! **Invariant:** only what is a function of this very stack is killed: a descendant of the emulator that the stack's own record names, which runs a
//! `bootstrap` out of the stack's own folder and was told which function it is. Ids of processes are used again, so a process is known by its id
//! together with when it began.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde::Deserialize;
use souk_tests::simulation::Dice;
use tokio::process::Command;

/// Milliseconds from one kill to the next, at least and at most.
const PAUSE_MS: (u64, u64) = (100, 400);
/// How often somebody is looked for who is still to be killed when the buyers have gone.
const LAST_LOOKS: u32 = 50;
/// The variable by which the emulator tells a process which function it is, up to the stack's name.
const FUNCTION: &[u8] = b"AWS_LAMBDA_FUNCTION_NAME=souk-";

/// How often processes of each function were killed.
pub(crate) type Killed = BTreeMap<String, u32>;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Process {
    pid: u32,
    /// In ticks since the machine started, as `processes.py` writes it down too.
    began: String,
}

impl Process {
    /// The process that runs under an id, and its parent's id; nothing where there is none, or only its remains.
    fn running(pid: u32) -> Option<(Self, u32)> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The program's name stands in brackets and may hold any character: the columns that count are behind the last of them.
        let columns: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let (state, parent, began) = (columns.first()?, columns.get(1)?.parse().ok()?, columns.get(19)?);
        (*state != "Z").then(|| (Self { pid, began: (*began).to_owned() }, parent))
    }

    /// Kills it; answers whether it was there to be killed.
    async fn kill(&self) -> bool {
        if Self::running(self.pid).is_none_or(|(now, _)| now != *self) {
            return false;
        }
        // `kill` is a word of the shell; the system's own call is not to be had without `unsafe`.
        let pid = self.pid.to_string();
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -KILL \"$0\"", &pid]).stderr(Stdio::null());
        kill.status().await.unwrap().success()
    }
}

/// Kills the functions of one stack.
pub(crate) struct Killer {
    emulator: Process,
    /// The stack's folder.
    state: PathBuf,
    dice: Dice,
}

impl Killer {
    pub(crate) fn of(state: &Path, seed: u64) -> Self {
        let record = fs::read(state.join("run/emulator.json")).unwrap();
        let emulator = serde_json::from_slice(&record).unwrap();
        Self { emulator, state: state.to_owned(), dice: Dice::of(seed, 0) }
    }

    /// Whether functions can be found on this machine at all: only Linux shows whose child a process is and what it was told.
    pub(crate) fn can_see() -> bool {
        Path::new("/proc/self/stat").exists()
    }

    /// Kills until it is over; then those of `wanted` that had luck so far.
    pub(crate) async fn rage(mut self, wanted: &[&str], over: &AtomicBool) -> Killed {
        let mut killed = Killed::new();
        let mut looks = 0;
        loop {
            let (least, most) = PAUSE_MS;
            tokio::time::sleep(Duration::from_millis(self.dice.between(least, most))).await;
            let mut running: Vec<_> = self.functions().into_iter().collect();
            if over.load(Ordering::Relaxed) {
                let left = |name: &str| wanted.contains(&name) && !killed.contains_key(name);
                looks += 1;
                if looks > LAST_LOOKS || !wanted.iter().any(|&name| left(name)) {
                    return killed;
                }
                running.retain(|(name, _)| left(name.as_str()));
            }
            if running.is_empty() {
                continue;
            }
            // First which function, then which of its processes: of some there are many.
            let (name, processes) = self.dice.pick(&running);
            if self.dice.pick(processes).kill().await {
                *killed.entry(name.clone()).or_default() += 1;
            }
        }
    }

    /// The running processes of the stack's functions, by the functions' names.
    fn functions(&self) -> BTreeMap<String, Vec<Process>> {
        let emulator = Process::running(self.emulator.pid).map(|(process, _)| process);
        assert_eq!(emulator.as_ref(), Some(&self.emulator), "the emulator has ended");
        let mut children: BTreeMap<u32, Vec<Process>> = BTreeMap::new();
        for entry in fs::read_dir("/proc").unwrap() {
            let name = entry.unwrap().file_name();
            let pid = name.to_str().and_then(|name| name.parse().ok());
            if let Some((process, parent)) = pid.and_then(Process::running) {
                children.entry(parent).or_default().push(process);
            }
        }
        let mut functions: BTreeMap<String, Vec<Process>> = BTreeMap::new();
        let mut parents = vec![self.emulator.pid];
        while let Some(parent) = parents.pop() {
            for child in children.remove(&parent).unwrap_or_default() {
                parents.push(child.pid);
                if let Some(name) = self.function(child.pid) {
                    functions.entry(name).or_default().push(child);
                }
            }
        }
        functions
    }

    /// Which function a process is.
    fn function(&self, pid: u32) -> Option<String> {
        let program = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
        if !program.starts_with(&self.state) || !program.ends_with("bootstrap") {
            return None;
        }
        let told = fs::read(format!("/proc/{pid}/environ")).ok()?;
        let name = told.split(|byte| *byte == 0).find_map(|variable| variable.strip_prefix(FUNCTION))?;
        Some(String::from_utf8_lossy(name).into_owned())
    }
}
