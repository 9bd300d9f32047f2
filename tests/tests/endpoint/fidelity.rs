//! `docs/fidelity.md` says what is true: its cases are the table's, and the tests that it names exist.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use stepgate_emulator::switches::{SWITCHES, SwitchRow};
use stepgate_loadgen::contract::{Case, Expectation, NameRule, Variant, cases};

const CASES: [&str; 2] = ["<!-- cases -->\n", "<!-- /cases -->"];
const OF_SWITCHES: [&str; 2] = ["<!-- switches -->\n", "<!-- /switches -->"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> String {
    fs::read_to_string(root().join("docs/fidelity.md")).unwrap()
}

/// One row of the list: name, evidence, and what each deployment answers.
fn row(case: &Case) -> String {
    let words = |expected: &Expectation| {
        let input = expected.input.as_ref().map(|input| format!(" with the input `{}`", input.replace('|', "\\|")));
        let started =
            expected.name.is_some() || expected.body.as_ref().is_some_and(|body| body.contains("executionArn"));
        let what = match expected.name {
            Some(NameRule::RequestId) => ", started and named by the request id",
            Some(NameRule::Uuid) => ", started and named by the caller's UUID",
            None if started => ", started",
            None => "",
        };
        format!("{}{what}{}", expected.status, input.unwrap_or_default())
    };
    let (corrected, as_posted) = (case.expectation(Variant::Corrected), case.expectation(Variant::AsPosted));
    let tag = case.evidence.tag();
    format!("| `{}` | {tag} | {} | {} |\n", case.name, words(corrected), words(as_posted))
}

#[test]
fn the_lists_of_the_document_are_those_of_the_programs() {
    let mut of_cases = String::from("| case | known | corrected | as posted |\n| --- | --- | --- | --- |\n");
    for case in cases().unwrap() {
        of_cases.push_str(&row(&case));
    }
    let mut of_switches = String::from("| what is inferred | default | switch |\n| --- | --- | --- |\n");
    for SwitchRow { name, ways, inferred, .. } in SWITCHES {
        writeln!(of_switches, "| {inferred} | {} | `{name}={}` |", ways[0], ways[1]).unwrap();
    }
    let mut renewed = document();
    for ([open, close], list) in [(CASES, of_cases), (OF_SWITCHES, of_switches)] {
        let (before, rest) = renewed.split_once(open).unwrap();
        let (listed, after) = rest.split_once(close).unwrap();
        if !overwrites() {
            assert_eq!(listed, list, "renew docs/fidelity.md with SNAPSHOTS=overwrite");
        }
        renewed = format!("{before}{open}{list}{close}{after}");
    }
    if overwrites() {
        fs::write(root().join("docs/fidelity.md"), renewed).unwrap();
    }
}

fn overwrites() -> bool {
    std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite")
}

#[test]
fn the_tests_that_the_document_names_exist() {
    let document = document();
    let (_, rest) = document.split_once("## The rest").unwrap();
    let (rest, _) = rest.split_once("## Inferred").unwrap();
    let rows = rest.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let named = rows.flat_map(|line| {
        let tests = line.trim_end_matches([' ', '|']).rsplit_once(" | ").unwrap().1;
        tests.split(", ").map(|name| name.trim_matches('`').to_owned())
    });
    let named: BTreeSet<String> = named.collect();
    let mut sources = String::new();
    for folder in ["emulator/src", "emulator/tests", "tests/tests"] {
        read(&root().join(folder), &mut sources);
    }
    let missing: Vec<_> = named.iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(named.len() > 30, "{named:?}");
    assert_eq!(missing, [""; 0]);
}

/// Appends every Rust source below a folder.
fn read(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}
