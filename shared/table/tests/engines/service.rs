//! A client of an emulator, and what is in its environment.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    config::{Builder, timeout::TimeoutConfig},
};
use platform::{Aws, Secret, aws::Settings, http::Roots};

pub(crate) fn client(endpoint: &str) -> Client {
    let aws = Aws::new(Settings {
        region: "eu-central-1".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        access_key_id: "test".to_owned(),
        secret_access_key: Secret::new("test".to_owned()),
        session_token: None,
        roots: Roots::Amazon,
    });
    // What an emulator does beside everything else that a laptop does takes its time.
    let patient = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(30)).build();
    Client::from_conf(Builder::from(aws.unwrap().config()).timeout_config(patient).build())
}

#[allow(clippy::disallowed_methods, reason = "tests find the stack that runs by their environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
