use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, ToSocketAddrs},
    sync::Arc,
};

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use http::Uri;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::guarded::Guarded;

type Found = io::Result<Vec<IpAddr>>;

/// The system's resolver, which looks some names up ahead: while their connections are not yet asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Arc<Guarded<BTreeMap<String, JoinHandle<Found>>>>);

impl Names {
    /// Begins to look up the hosts of these URLs, each for the first who asks.
    pub(super) fn ahead<'a>(urls: impl IntoIterator<Item = &'a str>) -> Self {
        let hosts = urls.into_iter().filter_map(|url| Some(url.parse::<Uri>().ok()?.host()?.to_owned()));
        let ahead = hosts.map(|host| (host.clone(), look_up(host))).collect();
        Self(Arc::new(Guarded::new(ahead)))
    }
}

impl ResolveDns for Names {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        let ahead = self.0.with(|names| names.remove(name));
        let found = ahead.unwrap_or_else(|| look_up(name.to_owned()));
        DnsFuture::new(async {
            let found = found.await.map_err(ResolveDnsError::new)?;
            found.map_err(ResolveDnsError::new)
        })
    }
}

fn look_up(host: String) -> JoinHandle<Found> {
    spawn_blocking(move || Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_found_whether_it_was_looked_up_ahead_or_not() {
        let names = Names::ahead(["http://localhost:8000/", "not a url"]);
        for _ in 0..2 {
            let found = names.resolve_dns("localhost").await.unwrap();
            assert!(found.iter().all(IpAddr::is_loopback) && !found.is_empty());
        }
        assert!(names.resolve_dns("no-such-host.invalid").await.is_err());
    }
}
