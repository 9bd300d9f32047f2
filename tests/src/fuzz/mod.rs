//! All that reads bytes from outside, as functions that must come back whatever the bytes are: within a bounded time, and
//! without a panic.
//!
//! `cargo test` runs them on every seed and on seeded mutations; `tests/referees/fuzz` has libFuzzer search. Seeds are the
//! repository's own files and those in `fuzz/corpus`, where an input that stopped one of them becomes a test.

mod emulator;
mod load;
mod mutation;

use std::fs;
use std::path::{Path, PathBuf};

pub use mutation::Mutations;
use stepgate_emulator::fuzzing;

/// A reader of bytes from outside.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder of seeds.
    pub name: &'static str,
    /// Reads bytes, and says whether it understood them; must come back.
    pub run: fn(&[u8]) -> bool,
    /// Files of the repository that are seeds too.
    files: &'static [&'static str],
}

/// Every one.
pub const TARGETS: &[Target] = &[
    Target { name: "classify", run: load::classify, files: &[] },
    Target { name: "response", run: load::response, files: &[] },
    Target {
        name: "scenario",
        run: load::scenario,
        files: &["scenarios/basic.toml", "scenarios/spike.toml", "scenarios/sync.toml", "scenarios/signed.toml"],
    },
    Target { name: "thresholds", run: load::thresholds, files: &[] },
    Target { name: "table", run: load::table, files: &[] },
    Target { name: "run-directory", run: load::run_directory, files: &[] },
    Target { name: "yaml", run: emulator::yaml, files: &["deploy/openapi.yaml"] },
    Target { name: "json", run: emulator::json, files: &["deploy/workflow.asl.json"] },
    Target { name: "template", run: emulator::template, files: &["deploy/as-posted/template.yaml"] },
    Target {
        name: "openapi",
        run: emulator::openapi,
        files: &["deploy/openapi.yaml", "deploy/as-posted/swagger.yaml"],
    },
    Target { name: "velocity", run: emulator::velocity, files: &[] },
    Target { name: "jsonpath", run: emulator::jsonpath, files: &[] },
    Target { name: "jsonata", run: emulator::jsonata, files: &[] },
    Target { name: "states", run: emulator::states, files: &["deploy/workflow.asl.json"] },
    Target { name: "signature", run: fuzzing::signature, files: &[] },
    Target { name: "request", run: fuzzing::request, files: &[] },
    Target { name: "mocks", run: emulator::mocks, files: &["emulator/examples/mocks.json"] },
    Target { name: "faults", run: emulator::faults, files: &["scenarios/faults/chaos.toml"] },
];

impl Target {
    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Inputs to begin with, in the order of their names.
    ///
    /// # Panics
    /// When a file of the repository is missing.
    #[must_use]
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = fs::read_dir(root.join("fuzz/corpus").join(self.name));
        let own = folder.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let mut files: Vec<PathBuf> = own.chain(self.files.iter().map(|file| root.join(file))).collect();
        files.sort();
        files.iter().map(|file| fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))).collect()
    }
}

/// A folder for files of this process and thread.
fn scratch(name: &str) -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
    std::env::temp_dir().join(format!("stepgate-fuzz-{}-{thread}-{name}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    /// Mutations of each target; `STEPGATE_FUZZ_RUNS` asks for more.
    const RUNS: usize = 60;

    /// Mutations of what a reader refuses at its door would never come further.
    #[test]
    fn every_reader_understands_one_of_its_seeds() {
        let blind = TARGETS.iter().filter(|target| !target.seeds().iter().any(|seed| (target.run)(seed)));
        let blind: Vec<_> = blind.map(|target| target.name).collect();
        assert!(blind.is_empty(), "{blind:?}");
    }

    #[test]
    fn nothing_that_comes_from_outside_stops_a_reader() {
        let runs = std::env::var("STEPGATE_FUZZ_RUNS").map_or(RUNS, |runs| runs.parse().expect("a number"));
        let seed = std::env::var("STEPGATE_FUZZ_SEED").map_or(1, |seed| seed.parse().expect("a number"));
        println!("STEPGATE_FUZZ_SEED={seed}");
        for target in TARGETS {
            let seeds = target.seeds();
            assert!(!seeds.is_empty(), "{} has no seed", target.name);
            let mutations = Mutations::new(seeds.clone(), seed).take(runs);
            for input in seeds.into_iter().chain(mutations) {
                let came_back = catch_unwind(|| (target.run)(&input));
                assert!(came_back.is_ok(), "{} panics at {:?}", target.name, String::from_utf8_lossy(&input));
            }
        }
    }
}
