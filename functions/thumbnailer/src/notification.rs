//! What the object store tells: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>.
//! Nothing of it is believed but the keys: what lies under them is looked at anew.

use serde::Deserialize;

/// The message is no notification.
#[derive(Debug, thiserror::Error)]
#[error("not a notification of the object store's")]
pub(crate) struct NotANotification(#[source] serde_json::Error);

#[derive(Deserialize)]
struct Notification {
    /// Missing from the test that is sent when notifications are switched on.
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName", default)]
    name: String,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

/// The keys of the objects that were made.
pub(crate) fn created(message: &str) -> Result<Vec<String>, NotANotification> {
    let told: Notification = serde_json::from_str(message).map_err(NotANotification)?;
    let made = |record: &Record| record.name.trim_start_matches("s3:").starts_with("ObjectCreated:");
    Ok(told.records.into_iter().filter(made).map(|record| decoded(&record.s3.object.key)).collect())
}

/// Keys are told as forms write them.
fn decoded(key: &str) -> String {
    let pair = format!("={}", key.replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, key)| key.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_new_objects_are_read_out_of_what_aws_sends() {
        let message = r#"{"Records":[
            {"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventTime":"2026-11-21T08:04:27.123Z",
             "eventName":"ObjectCreated:Put","userIdentity":{"principalId":"AWS:X"},
             "s3":{"s3SchemaVersion":"1.0","configurationId":"c","bucket":{"name":"b","arn":"arn:aws:s3:::b"},
                   "object":{"key":"uploads/a+b%2Bc%26d=e","size":7,"eTag":"0","sequencer":"0055AED6DCD90281E5"}}},
            {"eventName":"ObjectRemoved:Delete","s3":{"object":{"key":"uploads/gone"}}}]}"#;
        assert_eq!(created(message).unwrap(), ["uploads/a b+c&d=e"]);
    }

    #[test]
    fn the_test_message_tells_of_nothing_and_nonsense_is_no_notification() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        assert_eq!(created(test).unwrap(), Vec::<String>::new());
        for nonsense in ["", "[]x", r#"{"Records":[{"eventName":"ObjectCreated:Put"}]}"#] {
            assert!(created(nonsense).is_err(), "{nonsense}");
        }
    }
}
