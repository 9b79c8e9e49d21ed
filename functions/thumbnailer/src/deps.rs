use std::sync::Arc;

use platform::{
    Aws, Env, ObjectStore, Source,
    aws::{self, Connecting, Service},
    objects::S3Objects,
};
use store::Store;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    /// Uploads and variants both.
    pub objects: Arc<dyn ObjectStore>,
    /// Where the variants are served from, without a slash at its end.
    pub media_base_url: String,
}

impl Deps {
    /// Reads `TABLE_NAME`, `MEDIA_BUCKET` and `MEDIA_BASE_URL`, and opens the connections.
    pub async fn from_env() -> Result<(Self, Connecting), Source> {
        let (aws, table, bucket, media_base_url) = Env::process().read(|env| {
            (
                aws::Settings::read(env),
                env.text("TABLE_NAME"),
                env.text("MEDIA_BUCKET"),
                env.url("MEDIA_BASE_URL"),
            )
        })?;
        let (aws, connecting) = Aws::open(aws, &[Service::DynamoDb, Service::Bucket(&bucket)]).await?;
        let store = Store::on_aws(&aws, &table);
        Ok((
            Self { store, objects: Arc::new(S3Objects::new(aws.config(), bucket)), media_base_url },
            connecting,
        ))
    }
}
