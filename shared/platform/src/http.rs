//! How functions speak HTTP to services: one kind of connection, with hyper's pool over it, for AWS and for Stripe.

mod connection;
mod names;
mod tls;

use std::time::Duration;

use hyper::body::Body;
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};

pub use connection::Connections;
pub(crate) use names::Names;
pub use tls::{NoRoots, Roots};

use crate::error::Source;

/// How long a connection may take to open, and how long a handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Sends requests over connections that it keeps. How long an answer may take is for the caller to say.
pub type Client<B> = legacy::Client<Connections, B>;

impl Connections {
    /// Nothing is looked up or opened yet.
    ///
    /// # Errors
    /// [`NoRoots`].
    pub fn new(trusted: &Roots) -> Result<Self, NoRoots> {
        Self::with_names(trusted, Names::default())
    }

    pub(crate) fn with_names(trusted: &Roots, names: Names) -> Result<Self, NoRoots> {
        Ok(Self::over(tls::config(trusted)?, names))
    }

    /// Makes the pool over these connections.
    pub fn into_client<B>(self) -> Client<B>
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: Into<Source>,
    {
        legacy::Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(self)
    }
}
