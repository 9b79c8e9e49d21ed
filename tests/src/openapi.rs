//! Writes docs/openapi.json from the functions' routes; `--check` tells whether it is fresh instead.

use std::{error::Error, fs, path::Path, process::ExitCode};

use utoipa::openapi::OpenApi;
use web::openapi::NamedAlike;

/// The document of the whole marketplace.
fn document() -> Result<OpenApi, NamedAlike> {
    web::openapi::merge([
        accounts::openapi(),
        admin::openapi(),
        cart::openapi(),
        catalog::openapi(),
        checkout::openapi(),
        fulfilment::openapi(),
        imports::openapi(),
        inventory::openapi(),
        media::openapi(),
        orders::openapi(),
        payouts::openapi(),
        products::openapi(),
    ])
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let mut fresh = document()?.to_pretty_json()?;
    fresh.push('\n');
    if std::env::args().any(|argument| argument == "--check") {
        if fs::read_to_string(&path).unwrap_or_default() == fresh {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("docs/openapi.json is stale: run `make openapi-write` and look at what changed");
        return Ok(ExitCode::FAILURE);
    }
    fs::write(&path, fresh)?;
    Ok(ExitCode::SUCCESS)
}
