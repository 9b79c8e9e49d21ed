//! The system's resolver, and HTTP over it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use platform::Source;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header,
    redirect::Policy,
};
use url::Url;

use super::{Answer, Body, Http, Resolver};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a server may say nothing.
const SILENCE: Duration = Duration::from_secs(20);

/// The system's resolver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, port)).await?.map(|address| address.ip()).collect())
    }
}

/// HTTP with a client per request: each is tied to the addresses that were checked for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemHttp;

/// Answers these addresses, whatever the name.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

#[async_trait]
impl Http for SystemHttp {
    async fn get(&self, url: &Url, addresses: &[SocketAddr]) -> Result<Answer, Source> {
        let client = Client::builder()
            .dns_resolver(Arc::new(Pinned(addresses.to_vec())))
            .redirect(Policy::none())
            // A proxy would resolve the name itself.
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE)
            .user_agent(concat!("souk-import/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let request = client.get(url.clone()).header(header::ACCEPT_ENCODING, "identity");
        let response = request.send().await?;
        let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        Ok(Answer {
            status: response.status().as_u16(),
            location: location.map(str::to_owned),
            body: Box::new(Streamed(response)),
        })
    }
}

struct Streamed(Response);

#[async_trait]
impl Body for Streamed {
    async fn next(&mut self) -> Result<Option<Bytes>, Source> {
        Ok(self.0.chunk().await?)
    }
}
