//! What all clients of AWS share: credentials, timeouts, retries, and one pool of connections.
//!
//! Cold starts are paid for here, so it does less than the SDK's defaults: no chain of credential providers (Lambda hands them over in the
//! environment, good for as long as the process lives), one TLS configuration for all clients where each would make its own,
//! and Amazon's five roots of trust instead of the system's 145. [`Aws::open`] moves the handshakes out of the first call into the start,
//! beside everything else that is done there.

mod connection;
mod failure;
mod names;
mod settings;
#[cfg(test)]
pub(crate) mod stack;

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use aws_sdk_s3::config::{IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::{behavior_version::BehaviorVersion, http::SharedHttpConnector};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};
use tokio::task::JoinHandle;

pub use connection::Service;
pub(crate) use failure::{code, error, is_retryable, status};
use names::Names;
pub use settings::Settings;

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long one attempt may take until its answer begins.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call may take with its retries, the pauses between them too.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);

/// The way to AWS, made once per process.
#[derive(Clone, Debug)]
pub struct Aws {
    config: SdkConfig,
    connector: SharedHttpConnector,
}

/// Connections that are being opened; awaited before a function asks for its first event, or they would be opened in the first call.
#[derive(Debug)]
#[must_use = "nothing may be asked for before the connections are open"]
pub struct Connecting(JoinHandle<()>);

impl Future for Connecting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Whether it went well is for the first call to say.
        Pin::new(&mut self.0).poll(context).map(drop)
    }
}

/// The file that `CA_BUNDLE` names can't be read, or holds no certificate.
#[derive(Debug, thiserror::Error)]
#[error("CA_BUNDLE names no readable file of certificates")]
pub struct NoRoots(#[source] std::io::Error);

impl Aws {
    /// Makes the way and begins to open a connection to each service, which is left in the pool for the first call to find.
    ///
    /// It is the beginning of a function's start, which Lambda runs at full speed whatever the function's memory: while the services' names are looked up
    /// and hands are shaken, the rest is made, and [`Connecting`] is awaited at the end. It needs no permission: what is asked is the service's
    /// front page. That a service can't be reached is no error here; the first call will say so.
    ///
    /// # Errors
    /// [`NoRoots`].
    pub async fn open(settings: Settings, services: &[Service<'_>]) -> Result<(Self, Connecting), NoRoots> {
        let urls = connection::urls(&settings, services);
        let names = Names::ahead(urls.iter().map(String::as_str));
        let aws = Self::over(connection::connector(settings.ca_bundle.as_deref(), names)?, settings);
        let connecting = Connecting(tokio::spawn(connection::open(aws.connector.clone(), urls)));
        // A task begins when this one waits: hands are being shaken when the caller goes on.
        tokio::task::yield_now().await;
        Ok((aws, connecting))
    }

    /// Makes the way; nothing is sent yet.
    ///
    /// # Errors
    /// [`NoRoots`].
    pub fn new(settings: Settings) -> Result<Self, NoRoots> {
        let connector = connection::connector(settings.ca_bundle.as_deref(), Names::default())?;
        Ok(Self::over(connector, settings))
    }

    fn over(connector: SharedHttpConnector, settings: Settings) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region.clone()))
            .credentials_provider(settings.credentials())
            .identity_cache(IdentityCache::no_cache())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard())
            // Bodies come at once and an attempt's time covers them; S3's, which are streams, are watched there.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(connection::client(connector.clone()));
        let config = match settings.endpoint {
            Some(endpoint) => config.endpoint_url(endpoint),
            None => config,
        };
        Self { config: config.build(), connector }
    }

    /// What a client is made of: `aws_sdk_dynamodb::Client::new(aws.config())`.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }
}
