//! How a function's program is linked: at a fixed address, as Go's are. The loader then has no 24,000 addresses to correct before `main`
//! and no hundred pages to copy for it: about a tenth of each cold start, and 5% of the package (decision 9).

fn main() {
    println!("cargo::rerun-if-changed=../../infra/link.rs");
    println!("cargo::rustc-link-arg-bins=-no-pie");
}
