//! `make bench-functions`: what a function costs before its first call and in each call, beside a function of the stock SDK that
//! asks the table for the same. docs/PERFORMANCE.md tells how it is measured and what was found.

#![allow(clippy::indexing_slicing, reason = "a JSON value answers null for what it lacks")]

mod bench;

use std::{path::PathBuf, process::ExitCode};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(functions), Some(stock)) = (arguments.next(), arguments.next()) else {
        eprintln!(
            "usage: bench-functions <folder of release binaries> <folder of the stock functions' binaries>"
        );
        return ExitCode::FAILURE;
    };
    match bench::run(&functions, &stock).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench-functions: {error}");
            ExitCode::FAILURE
        }
    }
}
