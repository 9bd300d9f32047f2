//! Prints the bill of materials of this workspace, all features included, as `CycloneDX` 1.6 in JSON.
//!
//! `cargo run -p contract-tests --bin bill-of-materials > stepgate.cdx.json`

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let told = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--all-features", "--locked"])
        .current_dir(workspace)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo is there: it has built this");
    assert!(told.status.success(), "cargo metadata failed: what it says is above");
    let metadata = serde_json::from_slice(&told.stdout).expect("cargo metadata prints JSON");
    println!("{:#}", contract_tests::bill::of(&metadata));
}
