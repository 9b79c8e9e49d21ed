//! How a function's program is linked: at a fixed address, as Go's are, and with the unwinder in it (decision 9).
//!
//! The loader then has no 24,000 addresses to correct before `main`, no hundred pages to copy for it, and one library less to find and to map:
//! an eighth of each cold start, and 5% of the package.

#![allow(clippy::disallowed_methods, reason = "what cargo tells a build script is in its environment")]

use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=../../infra/link.rs");
    println!("cargo::rustc-link-arg-bins=-no-pie");
    // Whoever brings a linker (zig, for another processor) brings an unwinder too.
    if env::var_os("RUSTC_LINKER").is_none()
        && let Some(out) = env::var_os("OUT_DIR").map(PathBuf::from)
    {
        // rustc asks for the shared library by its name; found here first, it is the archive that gcc has of it.
        fs::write(out.join("libgcc_s.so"), "INPUT(-lgcc_eh -lgcc)\n")?;
        println!("cargo::rustc-link-search=native={}", out.display());
    }
    Ok(())
}
