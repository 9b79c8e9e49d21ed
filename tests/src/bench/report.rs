//! The table that is printed, and the packages' sizes in it.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use souk_lab::Fallible;

use super::{measure::Figures, subject::Subject};

/// A function beside the stock function that does the same.
pub(crate) struct Row {
    pub(crate) subject: &'static Subject,
    pub(crate) ours: Figures,
    pub(crate) stock: Figures,
}

/// Packs every function as it is deployed; answers their packages' bytes.
pub(crate) fn sizes(functions: &Path, scratch: &Path) -> Fallible<BTreeMap<String, u64>> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("functions");
    let mut sizes = BTreeMap::new();
    for folder in fs::read_dir(folders)? {
        let name = folder?.file_name().to_string_lossy().into_owned();
        let binary = functions.join(&name);
        if binary.is_file() {
            sizes.insert(name.clone(), zipped(&binary, &name, scratch)?);
        }
    }
    Ok(sizes)
}

/// Packs a binary; answers the package's bytes.
pub(crate) fn zipped(binary: &Path, name: &str, scratch: &Path) -> Fallible<u64> {
    let package = scratch.join(format!("{name}.zip"));
    let folder = scratch.join(name);
    fs::create_dir_all(&folder)?;
    let bootstrap = folder.join("bootstrap");
    fs::copy(binary, &bootstrap)?;
    let packed =
        Command::new("python3").args(["-m", "zipfile", "-c"]).arg(&package).arg(&bootstrap).status()?;
    fs::remove_dir_all(folder)?;
    if packed.success() { Ok(fs::metadata(package)?.len()) } else { Err("python3 could not pack".into()) }
}

/// Prints everything; answers whether no function is behind its stock row.
pub(crate) fn print(rows: &[Row], sizes: &BTreeMap<String, u64>) -> bool {
    println!(
        "{:<44} {:>6} {:>15} {:>15} {:>12} {:>8} {:>7}",
        "", "zip", "exec to /next", "first call", "warm call", "memory", "hellos"
    );
    println!(
        "{:<44} {:>6} {:>7} {:>7} {:>7} {:>7} {:>12} {:>8} {:>7}",
        "", "MB", "ms", "M instr", "ms", "M instr", "k instr", "MB", "at+in"
    );
    let mut behind = Vec::new();
    for row in rows {
        line(&format!("{} ({})", row.subject.function, row.subject.call), &row.ours);
        line("  stock", &row.stock);
        behind.extend(faults(row).into_iter().map(|what| format!("{}: {what}", row.subject.function)));
    }
    println!("\npackages, MB:");
    for (name, size) in sizes {
        println!("  {name:<20} {:>6.2}", mb(*size));
    }
    match behind.as_slice() {
        [] => println!(
            "\nnone is behind its stock row; one handshake before the first /next, none in the first call"
        ),
        behind => println!("\nbehind: {}", behind.join(", ")),
    }
    behind.is_empty()
}

fn line(name: &str, figures: &Figures) {
    println!(
        "{name:<44} {:>6.2} {:>7.2} {:>7.2} {:>7.2} {:>7.2} {:>12.0} {:>8.1} {:>5}+{}",
        mb(figures.zip),
        figures.start.as_secs_f64() * 1e3,
        figures.start_instructions as f64 / 1e6,
        figures.first_call.as_secs_f64() * 1e3,
        figures.first_call_instructions as f64 / 1e6,
        figures.warm_call_instructions as f64 / 1e3,
        figures.peak_kib as f64 * 1024.0 / 1e6,
        figures.hellos.0,
        figures.hellos.1,
    );
}

/// In what a function is behind its stock row. The start counts alone, and together with the first call: ours waits for a handshake before
/// `/next`, the stock function in the call, and a customer waits for both.
fn faults(row: &Row) -> Vec<&'static str> {
    let (ours, stock) = (&row.ours, &row.stock);
    let instructions = |figures: &Figures| figures.start_instructions + figures.first_call_instructions;
    [
        (ours.zip > stock.zip, "zip"),
        (ours.start + ours.first_call > stock.start + stock.first_call, "time to the first answer"),
        (instructions(ours) > instructions(stock), "instructions to the first answer"),
        (ours.start > stock.start, "time to /next"),
        (ours.start_instructions > stock.start_instructions, "instructions to /next"),
        (ours.warm_call_instructions > stock.warm_call_instructions, "warm call"),
        (ours.peak_kib > stock.peak_kib, "memory"),
        (ours.hellos.0 != 1, "handshakes at the start"),
        (ours.hellos.1 != 0, "handshakes in the first call"),
    ]
    .into_iter()
    .filter_map(|(is_behind, what)| is_behind.then_some(what))
    .collect()
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
