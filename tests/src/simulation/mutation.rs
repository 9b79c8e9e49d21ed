//! Ways to break the marketplace, each of which the rules have to notice: what looks after them is looked after.
//!
//! The product knows nothing of them: they lie between it and its engines, and make what it does there come out as if it had been written wrong.

mod bank;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bank::{NeverCancels, TooEarly, WrongReversals, rounded};
use domain::Timestamp;
use payments::{Stripe, Transfers};
use platform::{Bus, BusEvent, Clock, Mail, Mailer, Queue};
use stripe_fake::InProcessStripe;
use table::{Condition, Error, Item, Key, Page, Query, Table, Update, Write};

/// A way in which the code could be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Carts and orders are saved whatever was saved meanwhile.
    DropTheVersionCondition,
    /// Units are taken whether they are there or not.
    DropTheAvailableCondition,
    /// What is released from a cart or an order is released once more.
    ReleaseTwice,
    /// The sweeper does not look whether a hold's time is over.
    ReleaseWithoutTheDueCheck,
    /// An order is confirmed whatever has become of it.
    ConfirmWithoutTheStatusCondition,
    /// Goods are released while their intent can still be paid.
    ReleaseBeforeTheIntentIsCancelled,
    /// Money that comes after the end stays.
    IgnoreACaptureAfterCancel,
    /// Each mail is sent twice.
    DoubleMail,
    /// Entries that the bus did not take are not published again.
    LoseTheFailedEntries,
    /// A message that could not be handled is acknowledged.
    AcknowledgeAFailedMessage,
    /// A change of a cart keeps what had lapsed.
    SlideALapsedHold,
    /// One line of several moves no stock.
    ForgetALine,
    /// What Stripe says of a payment is recorded whatever amount it is of, and in whichever state the order is.
    RecordAnyPayment,
    /// A vendor's statement is not written.
    ForgetTheStatement,
    /// Nobody is reminded of a mail whose event was lost.
    ForgetTheReminder,
    /// The vendor's and the platform's share are rounded each by itself.
    RoundEachShareByItself,
    /// A vendor gets money of an order that nobody has paid.
    TransferBeforeCapture,
    /// More is taken back of a vendor than was refunded.
    ReverseMoreThanWasRefunded,
    /// Nothing is taken back of a vendor.
    RefundWithoutReversal,
    /// What is posted is posted twice.
    PostTwice,
    /// What a vendor owes is not written down.
    LoseADebt,
}

impl Mutation {
    pub const ALL: [Self; 21] = [
        Self::DropTheVersionCondition,
        Self::DropTheAvailableCondition,
        Self::ReleaseTwice,
        Self::ReleaseWithoutTheDueCheck,
        Self::ConfirmWithoutTheStatusCondition,
        Self::ReleaseBeforeTheIntentIsCancelled,
        Self::IgnoreACaptureAfterCancel,
        Self::DoubleMail,
        Self::LoseTheFailedEntries,
        Self::AcknowledgeAFailedMessage,
        Self::SlideALapsedHold,
        Self::ForgetALine,
        Self::RecordAnyPayment,
        Self::ForgetTheStatement,
        Self::ForgetTheReminder,
        Self::RoundEachShareByItself,
        Self::TransferBeforeCapture,
        Self::ReverseMoreThanWasRefunded,
        Self::RefundWithoutReversal,
        Self::PostTwice,
        Self::LoseADebt,
    ];

    /// How far a function's clock is off: ahead for the sweeper, behind for the carts.
    fn clock(self, function: &str) -> Option<i64> {
        let hour = 3_600_000;
        match (self, function) {
            (Self::ReleaseWithoutTheDueCheck, "reservation-expiry") => Some(hour),
            (Self::SlideALapsedHold, "cart") => Some(-hour),
            _ => None,
        }
    }
}

/// What a mutation makes of the engines; of none, what they are.
pub(super) struct Mutant(pub(super) Option<Mutation>);

impl Mutant {
    pub(super) fn table(&self, table: Arc<dyn Table>) -> Arc<dyn Table> {
        match self.0 {
            Some(mutation) => Arc::new(Mutated { inner: table, mutation }),
            None => table,
        }
    }

    /// The clock that a function has instead of this one, if it is a wrong one.
    pub(super) fn clock(&self, clock: Arc<dyn Clock>, function: &str) -> Option<Arc<dyn Clock>> {
        let ms = self.0.and_then(|mutation| mutation.clock(function))?;
        Some(Arc::new(Wrong { clock, ms }))
    }

    /// `at_stripe` is what stands behind it.
    pub(super) fn stripe(&self, stripe: Arc<dyn Stripe>, at_stripe: &InProcessStripe) -> Arc<dyn Stripe> {
        match self.0 {
            Some(Mutation::TransferBeforeCapture) => Arc::new(TooEarly(stripe, at_stripe.clone())),
            Some(Mutation::ReleaseBeforeTheIntentIsCancelled) => Arc::new(NeverCancels(stripe)),
            _ => stripe,
        }
    }

    pub(super) fn transfers(&self, transfers: Arc<dyn Transfers>) -> Arc<dyn Transfers> {
        match self.0 {
            Some(Mutation::ReverseMoreThanWasRefunded) => Arc::new(WrongReversals(transfers, 1)),
            Some(Mutation::RefundWithoutReversal) => Arc::new(WrongReversals(transfers, 0)),
            _ => transfers,
        }
    }

    pub(super) fn bus(&self, bus: Arc<dyn Bus>) -> Arc<dyn Bus> {
        match self.0 {
            Some(Mutation::LoseTheFailedEntries) => Arc::new(NeverFails(bus)),
            _ => bus,
        }
    }

    /// The queue by which the notifier is reminded.
    pub(super) fn reminders(&self, queue: Arc<dyn Queue>) -> Arc<dyn Queue> {
        match self.0 {
            Some(Mutation::ForgetTheReminder) => Arc::new(Deaf),
            _ => queue,
        }
    }

    pub(super) fn mailer(&self, mailer: Arc<dyn Mailer>) -> Arc<dyn Mailer> {
        match self.0 {
            Some(Mutation::DoubleMail) => Arc::new(Twice(mailer)),
            _ => mailer,
        }
    }
}

struct Mutated {
    inner: Arc<dyn Table>,
    mutation: Mutation,
}

fn is_variant(write: &Write) -> bool {
    write.key().sk.starts_with("VARIANT#")
}

fn entity(write: &Write) -> &str {
    &write.key().sk
}

impl Mutated {
    /// The condition without what the mutation leaves out.
    fn weakened(&self, sk: &str, condition: Condition) -> Option<Condition> {
        let dropped = match (self.mutation, &condition) {
            (Mutation::DropTheVersionCondition, Condition::Equals(name, _)) => {
                name == "version" && matches!(sk, "CART" | "ORDER")
            }
            (Mutation::ConfirmWithoutTheStatusCondition, Condition::Equals(name, _)) => {
                matches!(&**name, "version" | "status") && sk == "ORDER"
            }
            (Mutation::DropTheAvailableCondition, Condition::AtLeast(name, _)) => name == "available",
            (Mutation::RecordAnyPayment, Condition::OneOf(..)) => sk == "ORDER",
            (Mutation::RecordAnyPayment, Condition::Equals(name, _)) => sk == "ORDER" && name == "total",
            _ => false,
        };
        match condition {
            _ if dropped => None,
            Condition::All(parts) => {
                Some(Condition::All(parts.into_iter().filter_map(|part| self.weakened(sk, part)).collect()))
            }
            other => Some(other),
        }
    }

    fn mutated(&self, write: Write) -> Write {
        let sk = write.key().sk.clone();
        let weaker =
            |condition: Option<Condition>| condition.and_then(|condition| self.weakened(&sk, condition));
        match write {
            Write::Put { item, condition } if self.mutation == Mutation::RoundEachShareByItself => {
                Write::Put { item: rounded(item), condition }
            }
            Write::Put { item, condition } => Write::Put { item, condition: weaker(condition) },
            Write::Update { key, update, condition } => {
                Write::Update { key, update, condition: weaker(condition) }
            }
            Write::Delete { key, condition } => Write::Delete { key, condition: weaker(condition) },
            check @ Write::Check { .. } => check,
        }
    }

    /// What is posted, under an id of its own.
    fn posted_again(&self, writes: &[Write]) -> Option<Write> {
        let posted = writes.iter().find_map(|write| match write {
            Write::Put { item, .. } if item.str("entity") == Some("ledger") => Some(item),
            _ => None,
        });
        let mut item = posted.filter(|_| self.mutation == Mutation::PostTwice)?.clone();
        let id = item.str("id")?.replace("ltx_0", "ltx_1");
        item.key.sk = format!("LEDGER#{id}");
        item.doc_mut().insert("id".to_owned(), id.into());
        Some(Write::create(item))
    }

    /// Whether the write is left out altogether.
    fn is_forgotten(&self, write: &Write) -> bool {
        match self.mutation {
            Mutation::IgnoreACaptureAfterCancel => {
                let text = format!("{write:?}");
                entity(write) == "ORDER"
                    && text.contains("CAPTURED")
                    && text.contains("DUEPK")
                    && matches!(write, Write::Update { .. })
            }
            Mutation::ForgetTheStatement => write.key().pk.contains("#LEDGER#"),
            Mutation::LoseADebt => entity(write).starts_with("DEBT#"),
            _ => false,
        }
    }
}

#[async_trait]
impl Table for Mutated {
    async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        self.inner.get(key).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Error> {
        self.inner.batch_get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, Error> {
        self.inner.query(query).await
    }

    async fn write(&self, write: Write) -> Result<(), Error> {
        if self.is_forgotten(&write) {
            return Ok(());
        }
        self.inner.write(self.mutated(write)).await
    }

    async fn update(&self, key: Key, update: Update, condition: Option<Condition>) -> Result<Item, Error> {
        let condition = condition.and_then(|condition| self.weakened(&key.sk.clone(), condition));
        self.inner.update(key, update, condition).await
    }

    async fn transact(&self, writes: Vec<Write>, token: Option<&str>) -> Result<(), Error> {
        let kept = writes.into_iter().filter(|write| !self.is_forgotten(write));
        let mut writes: Vec<Write> = kept.map(|write| self.mutated(write)).collect();
        writes.extend(self.posted_again(&writes));
        let moves: Vec<Write> = writes.iter().filter(|write| is_variant(write)).cloned().collect();
        if self.mutation == Mutation::ForgetALine && moves.len() > 1 {
            let last = writes.iter().rposition(is_variant);
            last.map(|at| writes.remove(at));
        }
        self.inner.transact(writes, token).await?;
        if self.mutation == Mutation::ReleaseTwice {
            for again in moves {
                // Where there is nothing left to release, nothing is.
                let _refused = self.inner.write(again).await;
            }
        }
        Ok(())
    }
}

struct Wrong {
    clock: Arc<dyn Clock>,
    ms: i64,
}

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.clock.now().ms() + self.ms)
    }
}

struct Deaf;

#[async_trait]
impl Queue for Deaf {
    async fn send(&self, _: Vec<String>) -> Result<Vec<usize>, platform::Error> {
        Ok(Vec::new())
    }
}

struct NeverFails(Arc<dyn Bus>);

#[async_trait]
impl Bus for NeverFails {
    async fn publish(&self, events: &[BusEvent]) -> Result<Vec<usize>, platform::Error> {
        self.0.publish(events).await.map(|_| Vec::new())
    }
}

struct Twice(Arc<dyn Mailer>);

#[async_trait]
impl Mailer for Twice {
    async fn send(&self, mail: &Mail) -> Result<(), platform::Error> {
        self.0.send(mail).await?;
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.0.send(mail).await
    }
}
