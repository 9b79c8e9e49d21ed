//! What all clients of AWS share: credentials, timeouts, retries, and one pool of connections.
//!
//! Cold starts are paid for here, so it does less than the SDK's defaults: no chain of credential providers (Lambda hands them over in the
//! environment, good for as long as the process lives), one TLS configuration for all clients where each would make its own,
//! and Amazon's five roots of trust instead of the system's 145. [`Aws::open`] moves the handshakes out of the first call into the start,
//! beside everything else that is done there.

mod client;
mod failure;
mod service;
mod settings;
#[cfg(test)]
pub(crate) mod stack;

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use aws_sdk_s3::config::{IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};
use tokio::task::JoinHandle;

use client::Pool;
pub(crate) use failure::{code, error, is_retryable, status};
pub use service::Service;
pub use settings::Settings;

use crate::http::{Connections, Names, NoRoots};

/// How long one attempt may take until its answer begins.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call may take with its retries, the pauses between them too.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);

/// The way to AWS, made once per process.
#[derive(Clone, Debug)]
pub struct Aws {
    config: SdkConfig,
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

impl Aws {
    /// Makes the way and begins to open a connection to each service, which the first call to it takes.
    ///
    /// It is the beginning of a function's start, which Lambda runs at full speed whatever the function's memory: while TLS is configured, names are
    /// looked up; while hands are shaken, the caller makes the rest, and awaits [`Connecting`] at the end. Nothing is asked of the services. That one can't be reached is no
    /// error here; the first call will say so.
    ///
    /// # Errors
    /// [`NoRoots`].
    pub async fn open(settings: Settings, services: &[Service<'_>]) -> Result<(Self, Connecting), NoRoots> {
        let urls = service::urls(&settings, services);
        let names = Names::ahead(&urls);
        let connections = Connections::with_names(&settings.roots, names)?;
        let reached = connections.reach(urls).await;
        let connecting = Connecting(tokio::spawn(connections.clone().open(reached)));
        // A task begins when this one waits: when the caller goes on, the services have been greeted and think of an answer.
        tokio::task::yield_now().await;
        Ok((Self::over(connections, settings), connecting))
    }

    /// Makes the way; nothing is sent yet.
    ///
    /// # Errors
    /// [`NoRoots`].
    pub fn new(settings: Settings) -> Result<Self, NoRoots> {
        Ok(Self::over(Connections::new(&settings.roots)?, settings))
    }

    fn over(connections: Connections, settings: Settings) -> Self {
        let timeouts = TimeoutConfig::builder()
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
            .http_client(client::client(Pool::over(connections)));
        let config = match settings.endpoint {
            Some(endpoint) => config.endpoint_url(endpoint),
            None => config,
        };
        Self { config: config.build() }
    }

    /// What a client is made of: `aws_sdk_dynamodb::Client::new(aws.config())`.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }
}
