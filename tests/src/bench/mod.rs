//! The parts: a market to sell from, AWS behind TLS, Lambda's Runtime API, a process under measurement, a table of what came out.

mod aws;
mod market;
mod measure;
mod process;
mod report;
mod runtime_api;
mod subject;
mod table;
#[path = "../../simulation/world.rs"]
#[allow(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the simulation's world, a test's: here it is only furnished"
)]
mod world;

use std::path::Path;

use aws::Aws;
use market::Market;
use measure::measure;
use process::Lab;
use subject::SUBJECTS;

pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures and prints everything; answers whether no function is behind its stock row.
pub(crate) async fn run(functions: &Path, stock: &Path) -> Fallible<bool> {
    let scratch = functions.join("bench");
    std::fs::create_dir_all(&scratch)?;
    let sizes = report::sizes(functions, &scratch)?;
    let market = Market::furnished().await?;
    let aws = Aws::start(market.items.clone(), &scratch).await?;
    let lab = Lab::new(&aws)?;
    let mut rows = Vec::new();
    for subject in &SUBJECTS {
        eprintln!("measuring {}", subject.function);
        let size = sizes.get(subject.function).copied().ok_or("a function was not built")?;
        let theirs = stock.join(subject.function);
        let stock_size = report::zipped(&theirs, "stock", &scratch)?;
        let keys = subject.keys(&market);
        let ours = measure(&lab, &functions.join(subject.function), &keys, || subject.event(&market)).await?;
        let theirs = measure(&lab, &theirs, &keys, || subject.event(&market)).await?;
        rows.push(report::Row { subject, ours: ours.with_size(size), stock: theirs.with_size(stock_size) });
    }
    Ok(report::print(&rows, &sizes))
}
