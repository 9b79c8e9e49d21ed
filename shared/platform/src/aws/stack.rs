//! The emulator that `SOUK_STACK` names, for the conformance suites; they make what they need on it themselves.

use aws_smithy_runtime_api::{
    client::http::{HttpConnector, SharedHttpConnector},
    http::{Request, Response},
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::{Aws, Settings, client::Pool};
use crate::{
    config,
    http::{Connections, Roots},
    random::{OsRandom, Random},
};

pub(crate) struct Stack {
    pub(crate) aws: Aws,
    pub(crate) emulator_url: String,
    connector: SharedHttpConnector,
}

/// Answers the stack, or nothing where none is named and the suites run on the in-process engines alone.
pub(crate) fn stack() -> Option<Stack> {
    let description =
        std::fs::read_to_string(config::variable("SOUK_STACK")?).expect("SOUK_STACK names a stack.json");
    let description: serde_json::Value = serde_json::from_str(&description).expect("stack.json is JSON");
    let emulator_url = description["emulator_url"].as_str().expect("stack.json has emulator_url").to_owned();
    let aws = Aws::new(settings(&emulator_url)).expect("the roots are there");
    let connections = Connections::new(&Roots::Amazon).expect("the roots are there");
    Some(Stack { aws, emulator_url, connector: Pool::over(connections) })
}

fn settings(emulator_url: &str) -> Settings {
    Settings {
        region: "us-east-1".to_owned(),
        endpoint: Some(emulator_url.to_owned()),
        access_key_id: "test".to_owned(),
        secret_access_key: "test".to_owned().into(),
        session_token: None,
        roots: Roots::Amazon,
    }
}

/// Answers a name that nobody else on the emulator has.
pub(crate) fn unique(what: &str) -> String {
    let mut bits = [0; 8];
    OsRandom.fill(&mut bits);
    format!("platform-{what}-{}", hex::encode(bits))
}

impl Stack {
    /// Sends a plain request, as a browser would.
    pub(crate) async fn http<'a>(
        &self,
        method: &str,
        url: &str,
        headers: impl IntoIterator<Item = (&'a String, &'a String)>,
        body: Bytes,
    ) -> Response {
        let mut request = Request::new(SdkBody::from(body));
        request.set_method(method).expect("a method");
        request.set_uri(url).expect("a URL");
        for (name, value) in headers {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        self.connector.call(request).await.expect("the emulator answers")
    }
}

#[tokio::test]
async fn connections_are_opened_before_the_first_call() {
    let Some(stack) = stack() else { return };
    let services = [super::Service::DynamoDb, super::Service::Bucket("media")];
    let (aws, connecting) = Aws::open(settings(&stack.emulator_url), &services).await.unwrap();
    connecting.await;
    let sqs = aws_sdk_sqs::Client::new(aws.config());
    sqs.list_queues().send().await.unwrap();
}
