use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    config::{
        Builder, RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
    },
    presigning::PresigningConfig,
    primitives::ByteStream,
};
use aws_types::SdkConfig;
use bytes::Bytes;

use super::{Head, Object, ObjectStore, Put, Upload};
use crate::{aws, error::Error};

/// A bucket of S3.
///
/// Its role needs `s3:ListBucket` beside the actions on objects: without it S3 answers 403, not 404, for an object that is not there.
#[derive(Clone, Debug)]
pub struct S3Objects {
    pub(super) client: Client,
    bucket: String,
}

impl S3Objects {
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        let config = Builder::from(config)
            // An emulator has one host name for all buckets.
            .force_path_style(config.endpoint_url().is_some())
            // TLS keeps the bytes whole; a checksum of an upload that we sign but don't see could only be wrong.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
            .build();
        Self { client: Client::from_conf(config), bucket: bucket.into() }
    }
}

#[async_trait]
impl ObjectStore for S3Objects {
    async fn put(&self, key: &str, body: Bytes, put: Put) -> Result<(), Error> {
        let call = self.client.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(body));
        let call = call.content_type(put.content_type).set_cache_control(put.cache_control);
        let call = if put.if_absent { call.if_none_match("*") } else { call };
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if put.if_absent && aws::status(&error) == 412 => Err(Error::Exists),
            Err(error) => Err(aws::error(error)),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => Ok(Some(Object {
                bytes: object.body.collect().await.map_err(Error::unavailable)?.into_bytes(),
                content_type: object.content_type.unwrap_or_default(),
                etag: object.e_tag.unwrap_or_default(),
            })),
            Err(error) if aws::code(&error) == Some("NoSuchKey") => Ok(None),
            Err(error) => Err(aws::error(error)),
        }
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Bytes>, Error> {
        if range.is_empty() {
            return Ok(self.head(key).await?.map(|_| Bytes::new()));
        }
        let bytes = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        match self.client.get_object().bucket(&self.bucket).key(key).range(bytes).send().await {
            Ok(object) => Ok(Some(object.body.collect().await.map_err(Error::unavailable)?.into_bytes())),
            // The object ends before the range begins.
            Err(error) if aws::status(&error) == 416 => Ok(Some(Bytes::new())),
            Err(error) if aws::code(&error) == Some("NoSuchKey") => Ok(None),
            Err(error) => Err(aws::error(error)),
        }
    }

    async fn head(&self, key: &str) -> Result<Option<Head>, Error> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(head) => Ok(Some(Head {
                size: head.content_length.and_then(|size| size.try_into().ok()).unwrap_or_default(),
                content_type: head.content_type.unwrap_or_default(),
                etag: head.e_tag.unwrap_or_default(),
            })),
            // The answer has no body, hence no code.
            Err(error) if aws::status(&error) == 404 => Ok(None),
            Err(error) => Err(aws::error(error)),
        }
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        self.client.delete_object().bucket(&self.bucket).key(key).send().await.map_err(aws::error)?;
        Ok(())
    }

    async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        content_length: u64,
        ttl: Duration,
    ) -> Result<Upload, Error> {
        let length = i64::try_from(content_length).map_err(Error::rejected)?;
        let lifetime = PresigningConfig::expires_in(ttl).map_err(Error::rejected)?;
        let call = self.client.put_object().bucket(&self.bucket).key(key);
        let call = call.content_type(content_type).content_length(length).if_none_match("*");
        let request = call.presigned(lifetime).await.map_err(aws::error)?;
        Ok(Upload {
            url: request.uri().to_owned(),
            method: request.method().to_owned(),
            headers: request.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }
}
