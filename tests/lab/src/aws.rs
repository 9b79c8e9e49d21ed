//! AWS on this machine: one HTTPS endpoint under a certificate authority of its own, which counts who says hello.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ::table::Item;
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
    serve::Listener,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Builder,
    sync::mpsc,
};
use tokio_rustls::{
    LazyConfigAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer, server::Acceptor},
    server::TlsStream,
};

use crate::{Fallible, table::Still};

/// Where AWS is.
pub struct Aws {
    pub(crate) endpoint: String,
    /// The file with the certificate authority.
    pub(crate) ca_bundle: PathBuf,
    pub(crate) hellos: Hellos,
}

/// How many handshakes were begun.
#[derive(Clone, Default)]
pub(crate) struct Hellos(Arc<AtomicUsize>);

impl Hellos {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Aws {
    /// Starts it, with a table that holds these items, and lets it run until the process ends.
    ///
    /// It has a thread and a runtime of its own, as AWS has machines of its own: what it does after a handshake does not keep the Runtime API waiting.
    pub fn start(items: Vec<Item>, scratch: &Path) -> Fallible<Self> {
        let (config, ca) = certified()?;
        let ca_bundle = scratch.join("ca.pem");
        std::fs::write(&ca_bundle, ca)?;
        let hellos = Hellos::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let router = Router::new()
            .route("/", get(async || StatusCode::OK))
            .route("/", post(call))
            .with_state(Arc::new(Still::new(items)));
        let (counted, runtime) = (hellos.clone(), Builder::new_current_thread().enable_all().build()?);
        std::thread::spawn(move || {
            runtime.block_on(async {
                let secured = Secured::over(TcpListener::from_std(listener)?, config, counted);
                axum::serve(secured, router).await
            })
        });
        Ok(Self { endpoint: format!("https://localhost:{port}"), ca_bundle, hellos })
    }
}

/// Makes a certificate authority and a server that it vouches for.
fn certified() -> Fallible<(ServerConfig, String)> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let server = CertificateParams::new(["localhost".to_owned()])?.signed_by(&key, &authority)?;
    let private = PrivateKeyDer::try_from(key.serialize_der())?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], private)?;
    Ok((config, authority.pem()))
}

async fn call(
    State(table): State<Arc<Still>>,
    headers: HeaderMap,
    request: Bytes,
) -> Result<Json<Value>, (StatusCode, String)> {
    let request: Value = serde_json::from_slice(&request).unwrap_or_default();
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let answer = match target.split_once('.') {
        Some(("DynamoDB_20120810", operation)) => table.answer(operation, &request),
        Some(("AWSEvents", "PutEvents")) => {
            let entries = request["Entries"].as_array().map_or(0, Vec::len);
            let taken = vec![json!({ "EventId": "11710aed-b79e-4468-a20b-bb3c0c3b4860" }); entries];
            Ok(json!({ "FailedEntryCount": 0, "Entries": taken }))
        }
        _ => Err(format!("nobody thought of {target}").into()),
    };
    answer.map(Json).map_err(|error| {
        eprintln!("bench-functions: {target}: {error}");
        (StatusCode::BAD_REQUEST, error.to_string())
    })
}

/// Connections after their handshakes, which are shaken beside each other.
struct Secured {
    streams: mpsc::UnboundedReceiver<(TlsStream<TcpStream>, SocketAddr)>,
    local: SocketAddr,
}

impl Secured {
    fn over(listener: TcpListener, config: ServerConfig, hellos: Hellos) -> Self {
        let (done, streams) = mpsc::unbounded_channel();
        let local = listener.local_addr().unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 0)));
        let config = Arc::new(config);
        tokio::spawn(async move {
            while let Ok((tcp, peer)) = listener.accept().await {
                let (done, config, hellos) = (done.clone(), config.clone(), hellos.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = shaken(tcp, config, &hellos).await {
                        // Nobody listens any more when the bench is over.
                        let _over = done.send((stream, peer));
                    }
                });
            }
        });
        Self { streams, local }
    }
}

async fn shaken(
    tcp: TcpStream,
    config: Arc<ServerConfig>,
    hellos: &Hellos,
) -> io::Result<TlsStream<TcpStream>> {
    tcp.set_nodelay(true)?;
    let hello = LazyConfigAcceptor::new(Acceptor::default(), tcp).await?;
    hellos.0.fetch_add(1, Ordering::SeqCst);
    hello.into_stream(config).await
}

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.streams.recv().await {
            Some(stream) => stream,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.local)
    }
}
