//! Fetching from an address that a vendor gave, which is not to be trusted: it may name a machine of ours.
//!
//! **Invariant:** a connection is opened only to an address that was checked, and to that very one: the name is resolved once, here, before
//! each request, and every answer of the resolver must be allowed. A redirect is a new address and is checked like the first.

mod system;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::feed::{BadLink, Reach, allowed, link};
use platform::Source;
use url::{Host, Url};

pub(crate) use system::{SystemHttp, SystemResolver};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;

/// Finds the addresses of a name.
#[async_trait]
pub trait Resolver: Send + Sync {
    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<IpAddr>>;
}

/// Sends one GET to one of these addresses, whatever the URL's name may mean elsewhere, and follows no redirect.
#[async_trait]
pub trait Http: Send + Sync {
    async fn get(&self, url: &Url, addresses: &[SocketAddr]) -> Result<Answer, Source>;
}

/// An answer whose body is still on its way.
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: Box<dyn Body>,
}

/// A body that comes in pieces.
#[async_trait]
pub trait Body: Send {
    async fn next(&mut self) -> Result<Option<Bytes>, Source>;
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error(transparent)]
    Refused(#[from] BadLink),
    #[error("the address has a name that can't be found")]
    Unresolved(#[source] Option<io::Error>),
    #[error("more than {MAX_REDIRECTS} redirects")]
    TooManyRedirects,
    #[error("a redirect leads nowhere")]
    BadRedirect,
    #[error("the server answered with status {0}")]
    Status(u16),
    #[error("the server did not answer, or broke off")]
    Broken(#[source] Source),
    #[error("the feed did not come in time")]
    TooSlow,
}

impl PullError {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "feed_address_refused",
            Self::Unresolved(_) => "feed_host_unknown",
            Self::TooManyRedirects | Self::BadRedirect => "feed_redirected_astray",
            Self::Status(_) => "feed_not_served",
            Self::Broken(_) => "feed_unreachable",
            Self::TooSlow => "feed_too_slow",
        }
    }
}

/// The way to feeds on the web.
#[derive(Clone)]
pub struct Pull {
    pub resolver: Arc<dyn Resolver>,
    pub http: Arc<dyn Http>,
    pub reach: Reach,
}

impl Pull {
    /// Asks for what lies at an address; what it is said to be is not looked at.
    pub async fn open(&self, address: &str) -> Result<Box<dyn Body>, PullError> {
        let mut url = link(address, self.reach)?;
        for _ in 0..=MAX_REDIRECTS {
            let addresses = self.checked(&url).await?;
            let answer = self.http.get(&url, &addresses).await.map_err(PullError::Broken)?;
            match answer.status {
                200 => return Ok(answer.body),
                301 | 302 | 303 | 307 | 308 => {
                    let next = answer.location.and_then(|location| url.join(&location).ok());
                    url = link(next.ok_or(PullError::BadRedirect)?.as_str(), self.reach)?;
                }
                status => return Err(PullError::Status(status)),
            }
        }
        Err(PullError::TooManyRedirects)
    }

    /// The addresses of a URL's host, all of them allowed.
    async fn checked(&self, url: &Url) -> Result<Vec<SocketAddr>, PullError> {
        let port = url.port_or_known_default().ok_or(BadLink::NotAWebAddress)?;
        let found = match url.host() {
            Some(Host::Ipv4(v4)) => vec![IpAddr::V4(v4)],
            Some(Host::Ipv6(v6)) => vec![IpAddr::V6(v6)],
            Some(Host::Domain(name)) => {
                self.resolver.resolve(name, port).await.map_err(|error| PullError::Unresolved(Some(error)))?
            }
            None => return Err(BadLink::NotAWebAddress.into()),
        };
        if found.is_empty() {
            return Err(PullError::Unresolved(None));
        }
        if found.iter().any(|address| !allowed(*address, self.reach)) {
            return Err(BadLink::NotPublic.into());
        }
        Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }
}
