//! A stack that nobody else uses, with holds of its own lengths.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use souk_tests::deployed::stack::Stack;

/// How far its ports are from those of the stack that `SOUK_STACK` names.
const PORTS: u16 = 10;
/// What is said to `cat`, which says it again.
const UP: &str = "up";

/// How long goods are held, in seconds: for a cart, for an order.
#[derive(Clone, Copy)]
pub(crate) struct Holds {
    pub(crate) soft_s: u32,
    pub(crate) hard_s: u32,
}

/// The stack. It goes down with this value, and with this process if that is killed: `stack.py` keeps it up for as long as `cat` runs, and `cat` runs
/// for as long as its input is open.
pub(crate) struct OwnStack {
    pub(crate) stack: Stack,
    /// The folder where it keeps what it writes.
    pub(crate) state: PathBuf,
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl OwnStack {
    /// Brings it up beside the stack that `SOUK_STACK` names, with the functions that were packed for that one.
    pub(crate) fn up(holds: Holds) -> Self {
        let beside = Stack::find();
        let state = beside.shell.with_file_name("siege");
        let port: u16 = beside.at.emulator_url.rsplit(':').next().unwrap().parse().unwrap();
        let mut process = Command::new("python3")
            .args(["infra/local/stack.py", "test", "--packed", "--", "cat"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
            .env("STATE", &state)
            .env("PORT_BASE", (port + PORTS).to_string())
            .env("SOFT_HOLD_S", holds.soft_s.to_string())
            .env("HARD_HOLD_S", holds.hard_s.to_string())
            // Only of MiniStack are functions processes of this machine.
            .env_remove("EMULATOR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = process.stdin.take().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        writeln!(input, "{UP}").unwrap();
        let mut said = String::new();
        while said.trim_end() != UP {
            said.clear();
            assert_ne!(output.read_line(&mut said).unwrap(), 0, "no stack came up; stack.py says why");
        }
        let state = state.canonicalize().unwrap();
        let stack = Stack::described(&state.join("stack.json"));
        Self { stack, state, process, input: Some(input), output }
    }
}

impl Drop for OwnStack {
    fn drop(&mut self) {
        drop(self.input.take());
        let mut said = String::new();
        let _unread = self.output.read_to_string(&mut said);
        let _ended = self.process.wait();
    }
}
