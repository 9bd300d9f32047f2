//! The client as somebody meets it who has only its README.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The client's features, each with the features that it brings.
fn features() -> BTreeMap<String, BTreeSet<String>> {
    let manifest: toml::Table = read("client/Cargo.toml").parse().unwrap();
    let features = manifest["features"].as_table().unwrap().iter().map(|(name, entries)| {
        let entries = entries.as_array().unwrap().iter().map(|entry| entry.as_str().unwrap());
        (name.clone(), entries.filter(|entry| !entry.contains([':', '/'])).map(str::to_owned).collect())
    });
    features.collect()
}

/// The words in backticks.
fn names(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A table of features: each with what it brings, and whether it is said to be a default.
fn table(page: &str) -> BTreeMap<String, (BTreeSet<String>, bool)> {
    let rows =
        page.lines().map(|line| line.trim_start_matches("//! ")).skip_while(|line| !line.starts_with("| feature |"));
    let rows = rows.skip(2).take_while(|line| line.starts_with('|')).map(|row| {
        let name = names(row).iter().find(|name| row.starts_with(&format!("| `{name}`"))).unwrap().clone();
        let brought = row.rsplit_once("brings ").map(|(_, brought)| names(brought)).unwrap_or_default();
        (name, (brought, row.contains("(default)") || row.contains("| yes |")))
    });
    rows.collect()
}

#[test]
fn every_feature_is_told_with_what_it_brings() {
    let mut features = features();
    let defaults = features.remove("default").unwrap();
    let expected: BTreeMap<_, _> = features
        .into_iter()
        .map(|(name, brought)| {
            let is_default = defaults.contains(&name);
            (name, (brought, is_default))
        })
        .collect();
    for page in ["client/README.md", "client/src/lib.rs"] {
        assert_eq!(table(&read(page)), expected, "{page}");
    }
}

#[test]
fn what_sends_requests_brings_the_clock() {
    let features = features();
    for name in ["hyper", "reqwest-0_13"] {
        let (mut brought, mut left) = (BTreeSet::new(), vec![name]);
        while let Some(name) = left.pop() {
            if brought.insert(name) {
                left.extend(features[name].iter().map(String::as_str));
            }
        }
        assert!(brought.contains("tokio"), "{name} alone could not be built into a client");
    }
}

/// The blocks of README in one language.
fn blocks<'a>(readme: &'a str, language: &'a str) -> impl Iterator<Item = &'a str> {
    readme.split("```").skip(1).step_by(2).filter_map(move |block| {
        let (head, block) = block.split_once('\n')?;
        (head.split(',').next() == Some(language)).then_some(block)
    })
}

#[test]
#[ignore = "builds every dependency anew: .ci/long does it"]
fn the_readme_compiles_in_a_crate_of_its_own() {
    let readme = read("client/README.md");
    let ours = format!("path = \"{}\"", root().join("client").display());
    let dependencies: String = blocks(&readme, "toml").collect();
    assert!(dependencies.contains("git = "));
    let dependencies = dependencies.replace("git = \"https://github.com/stepgate/stepgate\"", &ours);
    let package = "[package]\nname = \"newcomer\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";
    let [program, test] = blocks(&readme, "rust").collect::<Vec<_>>()[..] else { panic!("a program and a test") };

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("newcomer");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::create_dir_all(folder.join("tests")).unwrap();
    fs::write(folder.join("Cargo.toml"), format!("{package}{dependencies}")).unwrap();
    fs::write(folder.join("src/main.rs"), program).unwrap();
    fs::write(folder.join("tests/contract.rs"), test).unwrap();
    // The versions that this project is tested with.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let test = Command::new(env!("CARGO"))
        .args(["test", "--quiet"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .unwrap();
    assert!(
        test.status.success(),
        "{}{}",
        String::from_utf8_lossy(&test.stdout),
        String::from_utf8_lossy(&test.stderr)
    );
}
