//! One function's process, from exec to its end, with Lambda on one side of it and AWS on the other.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::{Instant, timeout},
};

use crate::{
    Fallible,
    aws::Aws,
    runtime_api::{RuntimeApi, Told, What},
};

/// With what the webhooks are signed.
pub const WEBHOOK_SECRET: &str = "whsec_bench";
/// Longer than anything takes here, under valgrind too.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where the tools of this machine lie; a function looks for none.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// The system's certificate authorities, which the stock SDK reads.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What every process is given.
pub struct Lab<'a> {
    aws: &'a Aws,
    /// The system's certificate authorities and ours.
    system_roots: PathBuf,
}

/// How a process runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    Free,
    /// Under valgrind, which counts its instructions.
    Counted,
}

/// What one process did.
pub struct Run {
    /// From exec until it asked for its first event.
    pub start: Duration,
    /// From the first event until its answer.
    pub first_call: Option<Duration>,
    /// Handshakes begun until the first event was asked for, and from there until it was answered.
    pub hellos: (usize, usize),
    /// Only of a counted one.
    pub instructions: Option<u64>,
    /// The most memory that it held, of a free one.
    pub peak_kib: u64,
}

impl<'a> Lab<'a> {
    pub fn new(aws: &'a Aws) -> Fallible<Self> {
        let mut roots = std::fs::read(SYSTEM_ROOTS)
            .map_err(|_| format!("{SYSTEM_ROOTS} is missing: apt install ca-certificates"))?;
        roots.extend(std::fs::read(&aws.ca_bundle)?);
        let system_roots = aws.ca_bundle.with_file_name("system-and-ca.pem");
        std::fs::write(&system_roots, roots)?;
        let valgrind = std::process::Command::new("valgrind").arg("--version").output();
        valgrind.map_err(|_| "valgrind is missing, which counts the instructions: apt install valgrind")?;
        Ok(Self { aws, system_roots })
    }

    /// Runs a function for these events and ends it when it asks for one more; `KEYS` tells a stock function what it reads and writes.
    pub async fn run(&self, binary: &Path, keys: &str, how: How, events: Vec<Value>) -> Fallible<Run> {
        let calls = events.len();
        let mut api = RuntimeApi::start(events, self.aws.hellos.clone()).await?;
        let mut command = self.command(binary, how, &api.address);
        command.env("KEYS", keys);
        let before = self.aws.hellos.count();
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let first = asked(&mut api, &mut child).await?;
        let (mut first_call, mut during) = (None, 0);
        for call in 0..calls {
            let handed = Instant::now();
            let answered = answered(&mut api, &mut child).await?;
            if call == 0 {
                first_call = Some(answered.at - first.at.max(begun).min(handed));
                during = answered.hellos - first.hellos;
            }
            asked(&mut api, &mut child).await?;
        }
        let peak_kib = peak_kib(&child)?;
        let output = end(child).await?;
        let instructions = if how == How::Counted { Some(collected(&output)?) } else { None };
        Ok(Run {
            start: first.at - begun,
            first_call,
            hellos: (first.hellos - before, during),
            instructions,
            peak_kib,
        })
    }

    fn command(&self, binary: &Path, how: How, runtime_api: &str) -> Command {
        let mut command = match how {
            How::Free => Command::new(binary),
            How::Counted => {
                let mut valgrind = Command::new("valgrind");
                valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(binary);
                valgrind
            }
        };
        command
            .env_clear()
            .env("PATH", PATH)
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .env("SSL_CERT_FILE", &self.system_roots)
            .env("AWS_ENDPOINT_URL", &self.aws.endpoint)
            .env("CA_BUNDLE", &self.aws.ca_bundle)
            .envs(ENVIRONMENT)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(if how == How::Counted { Stdio::piped() } else { Stdio::inherit() })
            .kill_on_drop(true);
        command
    }
}

/// What Lambda and the template set.
const ENVIRONMENT: [(&str, &str); 30] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "souk-bench"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/souk-bench"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]0123456789abcdef"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "bench"),
    ("RUST_LOG", "info"),
    ("TABLE_NAME", "souk"),
    ("BUS_NAME", "souk"),
    ("MEDIA_BUCKET", "souk-media"),
    ("WORK_BUCKET", "souk-work"),
    ("MEDIA_BASE_URL", "https://media.souk.example"),
    ("IMPORT_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/souk-import"),
    ("NOTIFIER_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/souk-notifier"),
    ("STRIPE_API_URL", "https://api.stripe.com/"),
    ("STRIPE_API_KEY", "sk_test_bench"),
    ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
    ("STRIPE_CONNECT_WEBHOOK_SECRET", "whsec_bench_connect"),
    ("MAIL_FROM", "souk <no-reply@souk.example>"),
    ("STOREFRONT_URL", "https://souk.example"),
    ("CONSOLE_URL", "https://console.souk.example"),
    ("SOFT_HOLD_S", "900"),
    ("HARD_HOLD_S", "1800"),
    ("ALLOWED_ORIGINS", "https://souk.example"),
    ("COOKIE_PREFIX", "__Host-"),
    ("ALLOW_LOOPBACK_FEEDS", "false"),
    ("MIMALLOC_ARENA_RESERVE", "32MiB"),
];

async fn told(api: &mut RuntimeApi, child: &mut Child) -> Fallible<Told> {
    let told = tokio::select! {
        biased;
        told = timeout(PATIENCE, api.told.recv()) => told.map_err(|_| "it says nothing")?.ok_or("the API is gone")?,
        ended = child.wait() => return Err(format!("it ended: {}", ended?).into()),
    };
    match told.what {
        What::Failed(error) => Err(format!("it failed: {error}").into()),
        What::Asked | What::Answered(_) => Ok(told),
    }
}

async fn asked(api: &mut RuntimeApi, child: &mut Child) -> Fallible<Told> {
    let told = told(api, child).await?;
    if matches!(told.what, What::Asked) { Ok(told) } else { Err("an answer that nobody waits for".into()) }
}

/// Waits for an answer that is a success: a measured failure would be a cheap call.
async fn answered(api: &mut RuntimeApi, child: &mut Child) -> Fallible<Told> {
    let told = told(api, child).await?;
    let What::Answered(body) = &told.what else { return Err("it did not answer".into()) };
    let answer: Value = serde_json::from_slice(body)?;
    let refused = answer["statusCode"].as_u64().is_some_and(|status| status >= 300);
    let failed = answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty());
    if refused || failed { Err(format!("not a success: {answer}").into()) } else { Ok(told) }
}

fn peak_kib(child: &Child) -> Fallible<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id().ok_or("it ended")?))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// Asks it to end, which valgrind takes as the time to tell what it counted.
async fn end(child: Child) -> Fallible<String> {
    let id = child.id().ok_or("it ended")?;
    Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
    let output = timeout(PATIENCE, child.wait_with_output()).await??;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn collected(output: &str) -> Fallible<u64> {
    let count = output.lines().find_map(|line| line.split_once("Collected :")).map(|(_, count)| count.trim());
    Ok(count.ok_or_else(|| format!("valgrind counted nothing: {output}"))?.parse()?)
}
