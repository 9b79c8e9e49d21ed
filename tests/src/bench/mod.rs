//! The parts: a market to sell from, what is measured of a process in the lab, a table of what came out.

mod market;
mod measure;
mod report;
mod subject;

use std::path::Path;

use market::Market;
use measure::measure;
use souk_lab::{Aws, Fallible, Lab};
use subject::SUBJECTS;

/// Measures and prints everything; answers whether no function is behind its stock row.
pub(crate) async fn run(functions: &Path, stock: &Path) -> Fallible<bool> {
    let scratch = functions.join("bench");
    std::fs::create_dir_all(&scratch)?;
    let sizes = report::sizes(functions, &scratch)?;
    let market = Market::furnished().await?;
    let aws = Aws::start(market.items.clone(), &scratch)?;
    let lab = Lab::new(&aws)?;
    let mut rows = Vec::new();
    for subject in &SUBJECTS {
        eprintln!("measuring {}", subject.function);
        let size = sizes.get(subject.function).copied().ok_or("a function was not built")?;
        let theirs = stock.join(subject.function);
        let stock_size = report::zipped(&theirs, "stock", &scratch)?;
        let keys = subject.keys(&market);
        let ours = functions.join(subject.function);
        let (ours, theirs) = measure(&lab, &ours, &theirs, &keys, || subject.event(&market)).await?;
        rows.push(report::Row { subject, ours: ours.with_size(size), stock: theirs.with_size(stock_size) });
    }
    Ok(report::print(&rows, &sizes))
}
