//! Lists what can be fuzzed, a name on each line; with a folder, writes the seeds of each into a folder of its name there.
//!
//! `cargo run -p contract-tests --bin fuzz-targets [FOLDER]`

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::fs;
use std::path::PathBuf;

use contract_tests::fuzz::TARGETS;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    for target in TARGETS {
        println!("{}", target.name);
        let Some(folder) = &folder else { continue };
        let own = folder.join(target.name);
        fs::create_dir_all(&own)?;
        for (number, seed) in target.seeds().iter().enumerate() {
            fs::write(own.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
