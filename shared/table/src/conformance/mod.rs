//! What every engine of the table does alike, as one suite: run in memory, on an emulator and on DynamoDB itself.
//!
//! Cases are named sentences, each under a prefix of its own, so that a table may hold other things and other runs.

mod batches;
mod bench;
mod conditions;
mod documents;
mod expiry;
mod indexes;
mod queries;
mod refusals;
mod transactions;
mod updates;

use std::fmt;

use futures::future::BoxFuture;

pub use bench::Bench;

/// What went wrong in a case: an error of the table, or a sentence about what was found.
pub type Verdict = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// What an engine may lack though DynamoDB has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// Transactions of more than ten actions.
    BigTransactions,
    /// Empty strings outside of keys.
    EmptyStrings,
    /// The item that a failed single write met.
    FailedItems,
    /// Refuses to append to what is no list.
    StrictAppends,
}

impl Ability {
    pub const ALL: [Self; 4] =
        [Self::BigTransactions, Self::EmptyStrings, Self::FailedItems, Self::StrictAppends];
}

/// One sentence about tables, and the code that checks it.
pub struct Case {
    pub name: &'static str,
    pub needs: &'static [Ability],
    run: fn(Bench) -> BoxFuture<'static, Verdict>,
}

impl Case {
    /// Runs the case on a bench of its own.
    ///
    /// # Errors
    /// What the case found.
    pub async fn run(&self, bench: &Bench) -> Verdict {
        (self.run)(bench.of_case(self.name)).await
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).field("needs", &self.needs).finish_non_exhaustive()
    }
}

/// The suite, in its order.
pub fn cases() -> Vec<Case> {
    [
        documents::cases(),
        batches::cases(),
        conditions::cases(),
        updates::cases(),
        transactions::cases(),
        queries::cases(),
        indexes::cases(),
        expiry::cases(),
        refusals::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a run of the suite found.
#[derive(Debug, Default)]
pub struct Report {
    pub passed: Vec<&'static str>,
    pub skipped: Vec<&'static str>,
    pub failed: Vec<(&'static str, Box<dyn std::error::Error + Send + Sync>)>,
}

/// Runs all cases that the engine is able to, one after the other.
pub async fn run(bench: &Bench, abilities: &[Ability]) -> Report {
    let mut report = Report::default();
    for case in cases() {
        if !case.needs.iter().all(|need| abilities.contains(need)) {
            report.skipped.push(case.name);
            continue;
        }
        match case.run(bench).await {
            Ok(()) => report.passed.push(case.name),
            Err(error) => report.failed.push((case.name, error)),
        }
    }
    report
}
