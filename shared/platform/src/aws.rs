//! What all clients of AWS share: credentials, timeouts, retries, and one pool of connections.
//!
//! Cold starts are paid for here, so it does less than the SDK's defaults: no chain of credential providers (Lambda hands them over in the
//! environment, good for as long as the process lives), one TLS configuration for all clients where each would make its own,
//! and Amazon's five roots of trust instead of the system's 145. [`Aws::connect`] moves the handshakes out of the first call into the start.

mod connection;
mod failure;
mod settings;
#[cfg(test)]
pub(crate) mod stack;

use std::time::Duration;

use aws_sdk_s3::config::{IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::{behavior_version::BehaviorVersion, http::SharedHttpConnector};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};

pub use connection::Service;
pub(crate) use failure::{code, error, is_retryable, status};
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

/// The file that `CA_BUNDLE` names can't be read, or holds no certificate.
#[derive(Debug, thiserror::Error)]
#[error("CA_BUNDLE names no readable file of certificates")]
pub struct NoRoots(#[source] std::io::Error);

impl Aws {
    /// Makes the way; nothing is sent yet.
    ///
    /// # Errors
    /// [`NoRoots`].
    pub fn new(settings: Settings) -> Result<Self, NoRoots> {
        let connector = connection::connector(settings.ca_bundle.as_deref())?;
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
        Ok(Self { config: config.build(), connector })
    }

    /// What a client is made of: `aws_sdk_dynamodb::Client::new(aws.config())`.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Opens a connection to each service at once and leaves it in the pool, for the first call to find.
    ///
    /// Belongs into the start of a function, which Lambda runs at full speed whatever the function's memory. It needs no permission: what is asked
    /// is the service's front page. That a service can't be reached is no error here; the first call will say so.
    pub async fn connect(&self, services: &[Service<'_>]) {
        connection::open(&self.config, &self.connector, services).await;
    }
}
