use std::{error::Error, sync::Arc};

use domain::feed::Reach;
use platform::{
    Aws, Env, Ids, ObjectStore, OsRandom, Queue, SystemClock,
    aws::{self, Connecting, Service},
    objects::S3Objects,
    queue::Sqs,
};
use store::Store;

use crate::pull::{Pull, SystemHttp, SystemResolver};

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub ids: Ids,
    /// The work bucket, where feeds and their chunks lie.
    pub objects: Arc<dyn ObjectStore>,
    /// This function's own queue.
    pub queue: Arc<dyn Queue>,
    /// The way to feeds on the web.
    pub pull: Pull,
    /// The most rows of a chunk.
    pub chunk_rows: usize,
}

/// As many as are staged in a few seconds: a job shows that it moves on, and what is done again costs little.
const CHUNK_ROWS: usize = 500;

impl Deps {
    /// Reads the configuration and begins to open the connections.
    pub async fn from_env() -> Result<(Self, Connecting), Box<dyn Error + Send + Sync>> {
        let (aws, table, bucket, queue, loopback) = Env::process().read(|env| {
            let (bucket, queue) = (env.text("WORK_BUCKET"), env.url("IMPORT_QUEUE_URL"));
            (
                aws::Settings::read(env),
                env.text("TABLE_NAME"),
                bucket,
                queue,
                env.flag("ALLOW_LOOPBACK_FEEDS"),
            )
        })?;
        let (aws, connecting) =
            Aws::open(aws, &[Service::DynamoDb, Service::Bucket(&bucket), Service::Sqs]).await?;
        let store = Store::on_aws(&aws, &table);
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(OsRandom));
        let objects = Arc::new(S3Objects::new(aws.config(), bucket));
        let queue = Arc::new(Sqs::new(aws.config(), queue));
        let reach = if loopback { Reach::PublicAndLoopback } else { Reach::Public };
        let pull = Pull { resolver: Arc::new(SystemResolver), http: Arc::new(SystemHttp), reach };
        Ok((Self { store, ids, objects, queue, pull, chunk_rows: CHUNK_ROWS }, connecting))
    }
}
