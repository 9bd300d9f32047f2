//! `docs/fidelity.md` says what is true: its cases are the table's, and the tests that it names exist.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use stepgate_loadgen::contract::{Case, Expectation, NameRule, Variant, cases};

const OPEN: &str = "<!-- cases -->\n";
const CLOSE: &str = "<!-- /cases -->";

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
fn the_cases_of_the_document_are_those_of_the_table() {
    let document = document();
    let (before, rest) = document.split_once(OPEN).unwrap();
    let (listed, after) = rest.split_once(CLOSE).unwrap();
    let mut list = String::from("| case | known | corrected | as posted |\n| --- | --- | --- | --- |\n");
    for case in cases().unwrap() {
        list.push_str(&row(&case));
    }
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        let mut renewed = String::new();
        write!(renewed, "{before}{OPEN}{list}{CLOSE}{after}").unwrap();
        fs::write(root().join("docs/fidelity.md"), renewed).unwrap();
        return;
    }
    assert_eq!(listed, list, "renew docs/fidelity.md with SNAPSHOTS=overwrite");
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
