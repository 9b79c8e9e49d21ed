use std::{
    future::ready,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
    vec,
};

use futures::future::{BoxFuture, join_all};
use http::{Uri, uri::Scheme};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::ReadBuf,
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
use tower::Service as Connect;

use super::{CONNECT_TIMEOUT, names::Names};
use crate::{error::Source, guarded::Guarded};

/// How long a connection may wait for its first request; a service closes one that says nothing.
const PATIENCE: Duration = Duration::from_secs(5);

type Tcp = TokioIo<TcpStream>;
type Stream = MaybeHttpsStream<Tcp>;

/// Opens connections, of HTTP/1.1 and mostly under TLS; some ahead, each for the first who asks.
///
/// Those are handed over as they are, before anything is asked: a request of the service's front page, after which a pool would keep the connection, is a
/// round trip of each cold start.
#[derive(Clone)]
pub struct Connections {
    tcp: HttpConnector<Names>,
    tls: TlsConnector,
    ahead: Arc<Guarded<Vec<Ahead>>>,
}

struct Ahead {
    to: Uri,
    stream: Stream,
    since: Instant,
}

/// A service that is connected to, and was not greeted yet.
pub(crate) struct Reached {
    to: Uri,
    tcp: Result<Tcp, Source>,
}

impl Connections {
    pub(super) fn over(tls: ClientConfig, names: Names) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(names);
        // A request goes out at once, not when the last one was acknowledged.
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        Self { tcp, tls: Arc::new(tls).into(), ahead: Arc::default() }
    }

    /// Looks the hosts of these URLs up and connects to them.
    pub(crate) async fn reach(&self, urls: Vec<Uri>) -> Vec<Reached> {
        join_all(urls.into_iter().map(|to| async { Reached { tcp: self.connect(&to).await, to } })).await
    }

    /// Shakes hands. That a service can't be reached is no error here; the first call will say so.
    pub(crate) async fn open(self, reached: Vec<Reached>) {
        join_all(reached.into_iter().map(|Reached { to, tcp }| async {
            match self.shake_hands(&to, tcp).await {
                Ok(stream) => {
                    self.ahead.with(|ahead| ahead.push(Ahead { to, stream, since: Instant::now() }));
                }
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = &*error;
                    tracing::debug!(error, "no connection yet");
                }
            }
        }))
        .await;
    }

    async fn connect(&self, to: &Uri) -> Result<Tcp, Source> {
        Ok(timeout(CONNECT_TIMEOUT, self.tcp.clone().call(to.clone())).await??)
    }

    async fn shake_hands(&self, to: &Uri, tcp: Result<Tcp, Source>) -> Result<Stream, Source> {
        let tcp = tcp?;
        if to.scheme() != Some(&Scheme::HTTPS) {
            return Ok(tcp.into());
        }
        let name = ServerName::try_from(to.host().unwrap_or_default())?.to_owned();
        Ok(timeout(CONNECT_TIMEOUT, self.tls.connect(name, TokioIo::new(tcp))).await??.into())
    }

    fn opened(&self, to: &Uri) -> Option<Stream> {
        let ahead = self.ahead.with(|ahead| {
            let at = ahead.iter().position(|ahead| ahead.to == *to)?;
            Some(ahead.swap_remove(at))
        })?;
        (ahead.since.elapsed() < PATIENCE && is_open(&ahead.stream)).then_some(ahead.stream)
    }
}

impl Connect<Uri> for Connections {
    type Response = Stream;
    type Error = Source;
    type Future = BoxFuture<'static, Result<Stream, Source>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Source>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        if let Some(stream) = self.opened(&to) {
            return Box::pin(ready(Ok(stream)));
        }
        let connections = self.clone();
        Box::pin(async move { connections.shake_hands(&to, connections.connect(&to).await).await })
    }
}

/// Whether the other side has not hung up, as far as is known by now.
fn is_open(stream: &Stream) -> bool {
    let tcp = match stream {
        MaybeHttpsStream::Http(tcp) => tcp.inner(),
        MaybeHttpsStream::Https(tls) => tls.inner().get_ref().0.inner().inner(),
    };
    let mut byte = [0];
    let peeked = tcp.poll_peek(&mut Context::from_waker(Waker::noop()), &mut ReadBuf::new(&mut byte));
    !matches!(peeked, Poll::Ready(Ok(0) | Err(_)))
}

/// Addresses that a name stands for; their ports come with the URL.
pub(super) type Addresses = vec::IntoIter<SocketAddr>;

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::http::{Roots, tls};

    async fn opened() -> (Connections, Uri, TcpListener, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to: Uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let connections = Connections::over(tls::config(&Roots::Amazon).unwrap(), Names::default());
        connections.clone().open(connections.reach(vec![to.clone()]).await).await;
        let (accepted, _) = listener.accept().await.unwrap();
        (connections, to, listener, accepted)
    }

    /// From which port the stream that is handed over comes.
    async fn port(connections: &mut Connections, to: &Uri) -> u16 {
        match connections.call(to.clone()).await.unwrap() {
            MaybeHttpsStream::Http(tcp) => tcp.inner().local_addr().unwrap().port(),
            MaybeHttpsStream::Https(_) => panic!("nobody asked for TLS"),
        }
    }

    #[tokio::test]
    async fn what_was_opened_ahead_is_handed_over_once() {
        let (mut connections, to, _listener, accepted) = opened().await;
        let ahead = accepted.peer_addr().unwrap().port();
        assert_eq!(port(&mut connections, &to).await, ahead);
        assert_ne!(port(&mut connections, &to).await, ahead);
    }

    #[tokio::test]
    async fn what_the_other_side_has_closed_is_not_handed_over() {
        let (mut connections, to, _listener, accepted) = opened().await;
        let ahead = accepted.peer_addr().unwrap().port();
        drop(accepted);
        // The end has come when the runtime has looked at the socket once more.
        let waiting = connections.ahead.with(|ahead| ahead.pop()).unwrap();
        let MaybeHttpsStream::Http(tcp) = &waiting.stream else { panic!("nobody asked for TLS") };
        tcp.inner().readable().await.unwrap();
        connections.ahead.with(|ahead| ahead.push(waiting));
        assert_ne!(port(&mut connections, &to).await, ahead);
    }

    #[tokio::test]
    async fn what_has_waited_for_too_long_is_not_handed_over() {
        let (mut connections, to, _listener, accepted) = opened().await;
        let ahead = accepted.peer_addr().unwrap().port();
        connections.ahead.with(|ahead| ahead[0].since -= PATIENCE);
        assert_ne!(port(&mut connections, &to).await, ahead);
    }

    #[tokio::test]
    async fn that_nobody_is_there_is_told_by_the_call() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to: Uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        drop(listener);
        let mut connections = Connections::over(tls::config(&Roots::Amazon).unwrap(), Names::default());
        connections.clone().open(connections.reach(vec![to.clone()]).await).await;
        assert!(connections.call(to).await.is_err());
    }
}
