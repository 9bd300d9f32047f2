//! Prints which top-level module of a crate uses which, in Mermaid's notation, as ARCHITECTURE.md shows it, and on stderr
//! what `architecture` would complain of: circles of modules, names of several types.
//!
//! `cargo run -p contract-tests --bin module-graph emulator`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is what it is for")]

use std::path::Path;

use contract_tests::modules::Graph;
use contract_tests::names::shared_names;
use contract_tests::source::Source;

fn main() {
    let member = std::env::args().nth(1).expect("the crate's folder: client, emulator or loadgen");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(member).join("src");
    let source = Source::read(&folder);
    println!("{}", Graph::below(&source, &[]).to_mermaid());
    for parent in source.0.keys() {
        for circle in Graph::below(&source, parent).circles() {
            eprintln!("circle in crate::{}: {circle:?}", parent.join("::"));
        }
    }
    for (name, definitions) in shared_names(&source) {
        let places: Vec<_> = definitions.iter().map(|(path, _)| path.join("::")).collect();
        eprintln!("{name} is a type of {}", places.join(" and of "));
    }
}
