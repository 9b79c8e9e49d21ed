use std::{fs, io, path::Path};

use aws_smithy_http_client::{
    Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    client::http::{
        HttpConnector, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
    },
    http::Request,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use futures::future::join_all;

use super::{ATTEMPT_TIMEOUT, CONNECT_TIMEOUT, NoRoots, Settings, names::Names};
use crate::error::Source;

/// Amazon's certificate authorities: five are read in a fraction of what the system's 145 take. (AWS in China has others: `CA_BUNDLE`.)
const ROOTS: &[u8] = include_bytes!("roots.pem");

/// A service to which [`Aws::open`](super::Aws::open) opens a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service<'a> {
    DynamoDb,
    Sqs,
    EventBridge,
    Ses,
    /// S3, which has a host name for each bucket.
    Bucket(&'a str),
}

impl Service<'_> {
    fn url(self, region: &str) -> String {
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let host = match self {
            Self::DynamoDb => "dynamodb",
            Self::Sqs => "sqs",
            Self::EventBridge => "events",
            Self::Ses => "email",
            Self::Bucket(bucket) => return format!("https://{bucket}.s3.{region}.{suffix}/"),
        };
        format!("https://{host}.{region}.{suffix}/")
    }
}

/// Makes the connector with the pool of connections, and the one TLS configuration.
pub(super) fn connector(ca_bundle: Option<&Path>, names: Names) -> Result<SharedHttpConnector, NoRoots> {
    let roots = match ca_bundle {
        Some(path) => fs::read(path).and_then(with_certificates).map_err(NoRoots)?,
        None => ROOTS.to_vec(),
    };
    let context =
        TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(roots)).build();
    let context = context.map_err(|error| NoRoots(io::Error::other(error)))?;
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(ATTEMPT_TIMEOUT)
        .build();
    let connector = Connector::builder()
        .connector_settings(settings)
        // A request goes out at once, not when the last one was acknowledged.
        .enable_tcp_nodelay(true)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_with_resolver(names);
    Ok(SharedHttpConnector::new(connector))
}

/// The connector would panic on a file without a certificate only when it is first used.
fn with_certificates(pem: Vec<u8>) -> io::Result<Vec<u8>> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let found = pem.windows(BEGIN.len()).any(|window| window == BEGIN);
    if found { Ok(pem) } else { Err(io::Error::new(io::ErrorKind::InvalidData, "no certificate in it")) }
}

/// Makes the client that gives each of the SDK's clients this connector, where the SDK's own would make one for each, and one more to throw away.
pub(super) fn client(connector: SharedHttpConnector) -> SharedHttpClient {
    http_client_fn(move |_, _| connector.clone())
}

/// Where the services' front pages are: at the emulator's address, where there is one.
pub(super) fn urls(settings: &Settings, services: &[Service<'_>]) -> Vec<String> {
    match &settings.endpoint {
        Some(endpoint) => vec![endpoint.clone()],
        None => services.iter().map(|service| service.url(&settings.region)).collect(),
    }
}

/// Opens the connections.
pub(super) async fn open(connector: SharedHttpConnector, urls: Vec<String>) {
    join_all(urls.iter().map(|url| async {
        if let Err(error) = front_page(&connector, url).await {
            let error: &(dyn std::error::Error + 'static) = &*error;
            tracing::debug!(error, "no connection yet");
        }
    }))
    .await;
}

/// Asks and reads to the end: only then does the connection return to the pool.
async fn front_page(connector: &SharedHttpConnector, url: &str) -> Result<(), Source> {
    let mut request = Request::new(SdkBody::empty());
    request.set_uri(url)?;
    let answer = connector.call(request).await?;
    ByteStream::new(answer.into_body()).collect().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_host() {
        assert_eq!(Service::DynamoDb.url("eu-west-1"), "https://dynamodb.eu-west-1.amazonaws.com/");
        assert_eq!(Service::Bucket("media").url("eu-west-1"), "https://media.s3.eu-west-1.amazonaws.com/");
        assert_eq!(Service::Sqs.url("cn-north-1"), "https://sqs.cn-north-1.amazonaws.com.cn/");
    }

    #[test]
    fn the_roots_are_certificates_that_tls_takes() {
        assert!(connector(None, Names::default()).is_ok());
    }

    #[test]
    fn a_bundle_without_certificates_is_refused_at_the_start() {
        assert!(connector(Some(Path::new("/nonexistent.pem")), Names::default()).is_err());
        assert!(connector(Some(Path::new("Cargo.toml")), Names::default()).is_err());
    }
}
