use std::{
    collections::BTreeMap,
    io,
    net::ToSocketAddrs,
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::Uri;
use hyper_util::client::legacy::connect::dns::Name;
use tokio::task::{JoinHandle, spawn_blocking};
use tower::Service;

use super::connection::Addresses;
use crate::{error::Source, guarded::Guarded};

type Found = io::Result<Addresses>;

/// The system's resolver, which looks some names up ahead: while their connections are not yet asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Arc<Guarded<BTreeMap<String, JoinHandle<Found>>>>);

impl Names {
    /// Begins to look up the hosts of these URLs, each for the first who asks.
    pub(crate) fn ahead<'a>(urls: impl IntoIterator<Item = &'a Uri>) -> Self {
        let hosts = urls.into_iter().filter_map(|url| Some(url.host()?.to_owned()));
        let ahead = hosts.map(|host| (host.clone(), look_up(host))).collect();
        Self(Arc::new(Guarded::new(ahead)))
    }
}

impl Service<Name> for Names {
    type Response = Addresses;
    type Error = Source;
    type Future = BoxFuture<'static, Result<Addresses, Source>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Source>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let ahead = self.0.with(|names| names.remove(name.as_str()));
        let found = ahead.unwrap_or_else(|| look_up(name.as_str().to_owned()));
        Box::pin(async { Ok(found.await??) })
    }
}

fn look_up(host: String) -> JoinHandle<Found> {
    spawn_blocking(move || (host, 0).to_socket_addrs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_found_whether_it_was_looked_up_ahead_or_not() {
        let mut names =
            Names::ahead([&Uri::from_static("http://localhost:8000/"), &Uri::from_static("/no-host")]);
        for _ in 0..2 {
            let mut found = names.call("localhost".parse().unwrap()).await.unwrap().peekable();
            assert!(found.peek().is_some() && found.all(|address| address.ip().is_loopback()));
        }
        assert!(names.call("no-such-host.invalid".parse().unwrap()).await.is_err());
    }
}
