//! The sweeper: each minute it looks at what is due, and pushes it on or ends it (rule 10).
//!
//! Holds of carts that were left alone are released; an unpaid order has its intent cancelled first, then its holds released; what was paid and
//! not confirmed, or shipped and not followed, because an event was lost, is done now, and a mail that has not gone is asked for; an import that has
//! not got on is looked at, and so is a share that waits for its vendor, and a payment that its buyer's bank has taken back.

mod mails;
mod sweep;

use std::{sync::Arc, time::Duration};

use domain::Timestamp;
use ordering::{Ordering, Settling, StripeSettings};
use payments::Fuse;
use platform::{
    Env, Queue,
    aws::{self, Aws, Connecting, Service},
    queue::Sqs,
};
use serde::Serialize;
use store::{Store, due, origin::Origin};

/// How many things of one shard one run looks at; what is left is still due a minute later.
const PER_SHARD: u32 = 200;
/// When something that could not be done is tried again: behind what has become due meanwhile, so that it holds up nothing else.
const AGAIN: Duration = Duration::from_secs(60);

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub settling: Settling,
    /// Asks import-processor to look at a job.
    pub imports: Arc<dyn Queue>,
    /// Asks notifier for a mail.
    pub mails: Arc<dyn Queue>,
}

impl Deps {
    pub async fn from_env() -> Result<(Self, Connecting), lambda_runtime::Error> {
        let (aws, table, stripe, [imports, mails]) = Env::process().read(|env| {
            let queues = ["IMPORT_QUEUE_URL", "NOTIFIER_QUEUE_URL"].map(|queue| env.url(queue));
            (aws::Settings::read(env), env.text("TABLE_NAME"), StripeSettings::read(env), queues)
        })?;
        // Not to the queues: most minutes nobody is asked for anything.
        let (aws, connecting) = Aws::open(aws, &[Service::DynamoDb]).await?;
        let settling = Settling::on_stripe(Store::on_aws(&aws, &table), &stripe)?;
        let [imports, mails] = [imports, mails].map(|queue| Arc::new(Sqs::new(aws.config(), queue)));
        Ok((Self { settling, imports, mails }, connecting))
    }
}

impl Deps {
    fn store(&self) -> &Store {
        &self.settling.ordering.store
    }

    /// The same for one run: once Stripe has not answered, it is not asked again.
    fn fused(&self) -> Self {
        let Settling { ordering, transfers } = self.settling.clone();
        let fuse = Arc::new(Fuse::new(ordering.stripe.clone(), transfers));
        let ordering = Ordering { stripe: fuse.clone(), ..ordering };
        Self { settling: Settling { ordering, transfers: fuse }, ..self.clone() }
    }
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Carts whose holds were released or whose life ended.
    pub carts: u32,
    /// Orders that were cancelled, confirmed, refunded or brought up to their shipments.
    pub orders: u32,
    /// Imports that import-processor was asked to look at.
    pub imports: u32,
    /// Mails of something new that were looked for.
    pub mails: u32,
    /// Shares that waited for their vendors, and disputes that were told of.
    pub money: u32,
    /// Variants whose stripes were evened out.
    pub stripes: u32,
    /// What was looked at too early, and was put off.
    pub postponed: u32,
    /// What could not be done; it is due again a minute later.
    pub failed: u32,
}

/// Looks at everything that is due.
pub async fn handle(deps: &Deps) -> Result<Swept, store::Error> {
    Origin::function("reservation-expiry", None).scope(sweep_all(&deps.fused())).await
}

/// All shards, each minute another first: runs that are stopped on their way come to all of them together.
fn shards(now: Timestamp) -> impl Iterator<Item = u8> {
    let all = i64::from(due::SHARDS);
    let first = now.secs() / 60;
    (first..first + all).filter_map(move |shard| u8::try_from(shard.rem_euclid(all)).ok())
}

async fn sweep_all(deps: &Deps) -> Result<Swept, store::Error> {
    let mut swept = Swept::default();
    for shard in shards(deps.store().now()) {
        let now = deps.store().now();
        for item in due::scan(deps.store(), shard, now, PER_SHARD).await? {
            match sweep::one(deps, &item).await {
                Ok(sweep::Did::Cart) => swept.carts += 1,
                Ok(sweep::Did::Order) => swept.orders += 1,
                Ok(sweep::Did::Import) => swept.imports += 1,
                Ok(sweep::Did::Mail) => swept.mails += 1,
                Ok(sweep::Did::Money) => swept.money += 1,
                Ok(sweep::Did::Stripes) => swept.stripes += 1,
                Ok(sweep::Did::Postponed) => swept.postponed += 1,
                // Somebody else changed it while it was looked at: it is still due, or its time was moved on.
                Err(sweep::Error::Ordering(ordering::Error::Store(store::Error::VersionConflict))) => {
                    swept.postponed += 1;
                }
                Err(error) => {
                    swept.failed += 1;
                    tracing::error!(what = ?item.what, error = &error as &dyn std::error::Error, "could not be swept");
                    let again = Some(deps.store().now() + AGAIN);
                    if let Err(error) = due::postpone(deps.store(), &item, again, None).await {
                        tracing::warn!(error = &error as &dyn std::error::Error, "it stays due");
                    }
                }
            }
        }
    }
    tracing::info!(
        swept.carts = swept.carts,
        swept.orders = swept.orders,
        swept.imports = swept.imports,
        swept.mails = swept.mails,
        swept.money = swept.money,
        swept.stripes = swept.stripes,
        swept.postponed = swept.postponed,
        swept.failed = swept.failed,
        "swept"
    );
    Ok(swept)
}
