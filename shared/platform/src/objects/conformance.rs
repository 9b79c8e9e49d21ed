//! What every object store does.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use domain::Timestamp;

use super::{MemoryObjects, ObjectStore, Put, S3Objects, Upload};
use crate::{
    aws::stack::{Stack, stack, unique},
    clock::ManualClock,
    error::Error,
};

/// A store and the way of those who hold an upload.
#[async_trait]
trait Subject: Sync {
    fn store(&self) -> &dyn ObjectStore;
    /// Answers whether the upload was taken.
    async fn upload(&self, upload: &Upload, body: &'static str) -> bool;
}

struct Memory(MemoryObjects);

#[async_trait]
impl Subject for Memory {
    fn store(&self) -> &dyn ObjectStore {
        &self.0
    }

    async fn upload(&self, upload: &Upload, body: &'static str) -> bool {
        self.0.upload(upload, Bytes::from(body)).await.is_ok()
    }
}

struct Emulated(S3Objects, Stack);

#[async_trait]
impl Subject for Emulated {
    fn store(&self) -> &dyn ObjectStore {
        &self.0
    }

    async fn upload(&self, upload: &Upload, body: &'static str) -> bool {
        self.1
            .http(&upload.method, &upload.url, &upload.headers, Bytes::from(body))
            .await
            .status()
            .is_success()
    }
}

#[tokio::test]
async fn memory_conforms() {
    conforms(&Memory(memory())).await;
}

#[tokio::test]
async fn s3_conforms() {
    let Some(stack) = stack() else { return };
    let bucket = unique("objects");
    let store = S3Objects::new(stack.aws.config(), &bucket);
    store.client.create_bucket().bucket(&bucket).send().await.unwrap();
    conforms(&Emulated(store, stack)).await;
}

fn memory() -> MemoryObjects {
    MemoryObjects::new(Arc::new(ManualClock::at(Timestamp::from_secs(1_000_000))))
}

async fn conforms(subject: &dyn Subject) {
    an_object_comes_back_as_it_was_put(subject.store()).await;
    an_absent_object_is_none_and_deleting_it_succeeds(subject.store()).await;
    a_put_replaces_unless_told_not_to(subject.store()).await;
    ranges_are_cut_at_the_end_of_the_object(subject.store()).await;
    keys_may_hold_what_people_write(subject.store()).await;
    an_upload_makes_one_new_object_of_the_declared_type(subject).await;
}

async fn an_object_comes_back_as_it_was_put(store: &dyn ObjectStore) {
    let put = Put {
        cache_control: Some("public, max-age=31536000, immutable".to_owned()),
        ..Put::of("image/webp")
    };
    store.put("a/one", Bytes::from_static(&[0, 255, 1]), put).await.unwrap();
    let object = store.get("a/one").await.unwrap().unwrap();
    assert_eq!((&object.bytes[..], object.content_type.as_str()), (&[0, 255, 1][..], "image/webp"));
    let head = store.head("a/one").await.unwrap().unwrap();
    assert_eq!((head.size, head.content_type, head.etag), (3, object.content_type, object.etag));
    store.delete("a/one").await.unwrap();
    assert_eq!(store.get("a/one").await.unwrap(), None);
}

async fn an_absent_object_is_none_and_deleting_it_succeeds(store: &dyn ObjectStore) {
    assert_eq!(store.get("nothing").await.unwrap(), None);
    assert_eq!(store.head("nothing").await.unwrap(), None);
    assert_eq!(store.get_range("nothing", 0..1).await.unwrap(), None);
    assert_eq!(store.get_range("nothing", 0..0).await.unwrap(), None);
    store.delete("nothing").await.unwrap();
}

async fn a_put_replaces_unless_told_not_to(store: &dyn ObjectStore) {
    let once = Put { if_absent: true, ..Put::of("text/plain") };
    store.put("b", "one".into(), once.clone()).await.unwrap();
    let first = store.head("b").await.unwrap().unwrap();
    assert!(matches!(store.put("b", "two".into(), once).await, Err(Error::Exists)));
    assert_eq!(store.head("b").await.unwrap().unwrap(), first);
    store.put("b", "two".into(), Put::of("text/csv")).await.unwrap();
    let second = store.get("b").await.unwrap().unwrap();
    assert_eq!((&second.bytes[..], second.content_type.as_str()), (&b"two"[..], "text/csv"));
    assert_ne!(second.etag, first.etag);
}

async fn ranges_are_cut_at_the_end_of_the_object(store: &dyn ObjectStore) {
    store.put("c", "0123456789".into(), Put::of("text/plain")).await.unwrap();
    for (range, part) in
        [(0..4, "0123"), (4..10, "456789"), (8..100, "89"), (10..20, ""), (99..100, ""), (3..3, "")]
    {
        assert_eq!(store.get_range("c", range.clone()).await.unwrap().unwrap(), part, "{range:?}");
    }
}

async fn keys_may_hold_what_people_write(store: &dyn ObjectStore) {
    for key in ["d/with space+plus", "d/ümläut/=&?#%25", "d//empty"] {
        store.put(key, key.to_owned().into(), Put::of("text/plain")).await.unwrap();
        assert_eq!(store.get(key).await.unwrap().unwrap().bytes, key, "{key}");
    }
}

async fn an_upload_makes_one_new_object_of_the_declared_type(subject: &dyn Subject) {
    let store = subject.store();
    let upload = store.presign_put("e", "text/csv", 3, Duration::from_secs(900)).await.unwrap();
    assert_eq!((upload.method.as_str(), upload.headers["content-type"].as_str()), ("PUT", "text/csv"));
    assert_eq!(upload.headers["content-length"], "3");
    assert!(subject.upload(&upload, "one").await);
    assert!(!subject.upload(&upload, "two").await);
    let object = store.get("e").await.unwrap().unwrap();
    assert_eq!((&object.bytes[..], object.content_type.as_str()), (&b"one"[..], "text/csv"));
}

/// The emulator does not check what was signed, hence a look at it.
#[tokio::test]
async fn s3_is_told_to_enforce_type_and_length_and_absence() {
    let config = crate::aws::Aws::new(crate::aws::Settings {
        region: "eu-west-1".to_owned(),
        endpoint: None,
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned().into(),
        session_token: None,
        roots: crate::http::Roots::Amazon,
    });
    let store = S3Objects::new(config.unwrap().config(), "media");
    let upload = store.presign_put("e", "text/csv", 3, Duration::from_secs(900)).await.unwrap();
    let url = url::Url::parse(&upload.url).unwrap();
    assert_eq!((url.host_str(), url.path()), (Some("media.s3.eu-west-1.amazonaws.com"), "/e"));
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().collect();
    assert_eq!(query["X-Amz-SignedHeaders"], "content-length;content-type;host;if-none-match");
    assert_eq!(query["X-Amz-Expires"], "900");
    assert_eq!(
        upload.headers.keys().collect::<Vec<_>>(),
        ["content-length", "content-type", "if-none-match"]
    );
    let week = Duration::from_secs(7 * 86_400);
    assert!(store.presign_put("e", "text/csv", 3, week * 2).await.is_err());
}

#[tokio::test]
async fn memory_refuses_an_upload_of_another_length_or_too_late() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000_000)));
    let store = MemoryObjects::new(clock.clone());
    let upload = store.presign_put("e", "text/csv", 3, Duration::from_secs(900)).await.unwrap();
    assert!(matches!(store.upload(&upload, "four".into()).await, Err(Error::Rejected(_))));
    clock.advance(Duration::from_secs(900));
    assert!(matches!(store.upload(&upload, "one".into()).await, Err(Error::Rejected(_))));
    assert_eq!(store.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn memory_tells_of_each_write_once() {
    let store = memory();
    store.put("a", "1".into(), Put::of("text/plain")).await.unwrap();
    let upload = store.presign_put("b", "text/plain", 1, Duration::from_secs(1)).await.unwrap();
    store.upload(&upload, "2".into()).await.unwrap();
    store.delete("a").await.unwrap();
    assert_eq!(store.take_created(), ["a", "b"]);
    assert_eq!(store.take_created(), Vec::<String>::new());
}
