use http::Uri;

use super::Settings;

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

/// Where the services are: at the emulator's address, where there is one.
pub(super) fn urls(settings: &Settings, services: &[Service<'_>]) -> Vec<Uri> {
    let urls = match &settings.endpoint {
        Some(endpoint) => vec![endpoint.clone()],
        None => services.iter().map(|service| service.url(&settings.region)).collect(),
    };
    // What is no address is told by the first call.
    urls.iter().filter_map(|url| url.parse().ok()).collect()
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
}
