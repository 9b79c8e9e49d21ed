use std::sync::Arc;

use platform::{
    Env, Ids, Mailer,
    aws::{self, Aws, Connecting, Service},
    mail::Ses,
};
use store::Store;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub mailer: Arc<dyn Mailer>,
    pub ids: Ids,
    /// Where links for customers lead, without a slash at the end.
    pub storefront_url: String,
    /// Where links for vendors and admins lead, without a slash at the end.
    pub console_url: String,
}

impl Deps {
    /// Reads `TABLE_NAME`, `MAIL_FROM`, `STOREFRONT_URL` and `CONSOLE_URL`, and opens the connections.
    pub async fn from_env() -> Result<(Self, Connecting), lambda_runtime::Error> {
        let (aws, table, from, storefront_url, console_url) = Env::process().read(|env| {
            (
                aws::Settings::read(env),
                env.text("TABLE_NAME"),
                env.text("MAIL_FROM"),
                env.url("STOREFRONT_URL"),
                env.url("CONSOLE_URL"),
            )
        })?;
        let (aws, connecting) = Aws::open(aws, &[Service::DynamoDb, Service::Ses]).await?;
        let store = Store::on_aws(&aws, &table);
        let mailer = Arc::new(Ses::new(aws.config(), from, None));
        Ok((Self { store, mailer, ids: Ids::system(), storefront_url, console_url }, connecting))
    }
}
