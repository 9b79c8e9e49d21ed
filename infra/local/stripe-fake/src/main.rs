//! Serves the fake on loopback: `stripe-fake --port 4242 --webhook-url URL --webhook-secret whsec_…`.

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use payments::Secret;
use stripe_fake::Endpoint;
use stripe_fake::server::{Settings, serve};
use thiserror::Error;
use tokio::net::TcpListener;

const USAGE: &str = "stripe-fake [--port N] [--api-key K] [--webhook-url URL --webhook-secret S] \
[--connect-webhook-url URL --connect-webhook-secret S]";

#[derive(Debug, Error)]
enum StartError {
    #[error("unknown flag or missing value: {0}\n{USAGE}")]
    Flag(String),
    #[error("{0} needs its secret\n{USAGE}")]
    Secret(&'static str),
    #[error("port {port}: {source}")]
    Port {
        port: u16,
        #[source]
        source: std::io::Error,
    },
    #[error("serving failed: {0}")]
    Serve(#[source] std::io::Error),
}

#[derive(Default)]
struct Flags {
    port: u16,
    api_key: Option<String>,
    webhook_url: Option<String>,
    webhook_secret: Option<String>,
    connect_webhook_url: Option<String>,
    connect_webhook_secret: Option<String>,
}

fn flags(mut arguments: impl Iterator<Item = String>) -> Result<Flags, StartError> {
    let mut flags = Flags { port: 4242, ..Flags::default() };
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| StartError::Flag(flag.clone()))?;
        match flag.as_str() {
            "--port" => flags.port = value.parse().map_err(|_| StartError::Flag(flag))?,
            "--api-key" => flags.api_key = Some(value),
            "--webhook-url" => flags.webhook_url = Some(value),
            "--webhook-secret" => flags.webhook_secret = Some(value),
            "--connect-webhook-url" => flags.connect_webhook_url = Some(value),
            "--connect-webhook-secret" => flags.connect_webhook_secret = Some(value),
            _ => return Err(StartError::Flag(flag)),
        }
    }
    Ok(flags)
}

fn endpoint(
    flag: &'static str,
    url: Option<String>,
    secret: Option<String>,
) -> Result<Option<Endpoint>, StartError> {
    match (url, secret) {
        (None, _) => Ok(None),
        (Some(url), Some(secret)) => Ok(Some(Endpoint { url, secret: Secret::new(secret) })),
        (Some(_), None) => Err(StartError::Secret(flag)),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this server is a stand-in for Stripe, which has a clock of its own"
)]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

async fn run() -> Result<(), StartError> {
    let flags = flags(std::env::args().skip(1))?;
    let settings = Settings {
        seed: now_ms().unsigned_abs(),
        api_key: flags.api_key,
        platform: endpoint("--webhook-url", flags.webhook_url, flags.webhook_secret)?,
        connect: endpoint("--connect-webhook-url", flags.connect_webhook_url, flags.connect_webhook_secret)?,
        now_ms,
    };
    let port = flags.port;
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = bound.map_err(|source| StartError::Port { port, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Port { port, source })?;
    println!("stripe-fake listens on http://{address}");
    serve(listener, settings).await.map_err(StartError::Serve)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stripe-fake: {error}");
            ExitCode::FAILURE
        }
    }
}
