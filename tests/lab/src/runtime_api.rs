//! Lambda's Runtime API (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>): hands out some events, then none any more.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle, time::Instant};

use crate::{Fallible, aws::Hellos};

/// What the function did, when, and how many handshakes it had begun by then.
pub(crate) struct Told {
    pub(crate) what: What,
    pub(crate) at: Instant,
    pub(crate) hellos: usize,
}

pub(crate) enum What {
    /// It asked for an event.
    Asked,
    /// It answered one.
    Answered(Bytes),
    /// It failed: at its start, or at an event.
    Failed(String),
}

/// One function's Runtime API.
pub(crate) struct RuntimeApi {
    /// What `AWS_LAMBDA_RUNTIME_API` says.
    pub(crate) address: String,
    pub(crate) told: mpsc::UnboundedReceiver<Told>,
    serving: JoinHandle<()>,
}

struct Desk {
    events: Mutex<VecDeque<Value>>,
    tell: mpsc::UnboundedSender<Told>,
    hellos: Hellos,
}

impl RuntimeApi {
    pub(crate) async fn start(events: Vec<Value>, hellos: Hellos) -> Fallible<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (tell, told) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk { events: Mutex::new(events.into()), tell, hellos });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(failed))
            .with_state(desk);
        let listener = listener.tap_io(|tcp| {
            // Slower without, but not wrong.
            let _slower = tcp.set_nodelay(true);
        });
        let serving = tokio::spawn(async move {
            // It ends with the run.
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Self { address, told, serving })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Desk {
    fn tell(&self, what: What) {
        // Nobody listens any more when the run is over.
        let _over = self.tell.send(Told { what, at: Instant::now(), hellos: self.hellos.count() });
    }
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    let event = desk.events.lock().ok().and_then(|mut events| events.pop_front());
    desk.tell(What::Asked);
    let Some(event) = event else { return std::future::pending().await };
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:souk-bench",
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-69201f4b-5f84c7b11f3e4ab20d6c3e88;Parent=53995c3f42cd8ad8;Sampled=0",
        ),
    ];
    (headers, event.to_string()).into_response()
}

async fn answered(State(desk): State<Arc<Desk>>, body: Bytes) -> StatusCode {
    desk.tell(What::Answered(body));
    StatusCode::ACCEPTED
}

async fn failed(State(desk): State<Arc<Desk>>, body: Bytes) -> StatusCode {
    desk.tell(What::Failed(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}
