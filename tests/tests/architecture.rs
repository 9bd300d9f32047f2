//! The invariants of ARCHITECTURE.md that a reader of the sources can check: who may depend on whom, which modules
//! stay pure, and how large a file may grow.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use contract_tests::modules::Graph;
use contract_tests::names::shared_names;
use contract_tests::source::Source;

const MEMBERS: [&str; 5] = ["client", "deploy", "emulator", "loadgen", "tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The crates named under `[dependencies]` of a member.
fn dependencies(member: &str) -> BTreeSet<String> {
    let manifest: toml::Table = read(&root().join(member).join("Cargo.toml")).parse().unwrap();
    let table = manifest.get("dependencies").and_then(toml::Value::as_table);
    table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

/// Every Rust file below a folder (or the file itself), in a stable order.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    found.sort();
    found
}

/// The numbered lines of a file outside its tests and comments. Tests stand last in a file, or in a file `tests.rs`.
fn code(path: &Path) -> Vec<(usize, String)> {
    if path.ends_with("tests.rs") {
        return Vec::new();
    }
    read(path)
        .lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line.to_owned()))
        .collect()
}

fn all_sources() -> Vec<PathBuf> {
    MEMBERS.iter().flat_map(|member| sources(&root().join(member))).collect()
}

#[test]
fn the_client_and_the_emulator_know_nothing_of_each_other() {
    let client = dependencies("client");
    for neighbour in ["stepgate-emulator", "stepgate-loadgen", "stepgate-deploy"] {
        assert!(!client.contains(neighbour), "client depends on {neighbour}");
    }
    let emulator = dependencies("emulator");
    for neighbour in ["stepgate", "stepgate-loadgen"] {
        assert!(!emulator.contains(neighbour), "emulator depends on {neighbour}");
    }
    for signer in ["aws-sigv4", "aws-credential-types", "aws-config"] {
        assert!(!emulator.contains(signer), "the emulator verifies signatures by itself, without {signer}");
    }
    assert!(dependencies("deploy").is_empty(), "deploy is data and depends on nothing");
}

#[test]
fn loadgen_touches_the_emulator_only_to_serve_it() {
    let names_the_emulator = |path: &PathBuf| code(path).iter().any(|(_, line)| line.contains("stepgate_emulator"));
    let users: Vec<_> = sources(&root().join("loadgen/src")).into_iter().filter(names_the_emulator).collect();
    assert!(users.len() <= 2, "only the command line and its serve command name the emulator, not {users:?}");
    assert!(!dependencies("loadgen").contains("reqwest"), "the engine owns its connections");
}

#[test]
fn pure_modules_read_no_clock_no_socket_no_environment() {
    let modules = [
        "client/src/wire",
        "client/src/error",
        "client/src/retry",
        "emulator/src/budget.rs",
        "emulator/src/document",
        "emulator/src/faults",
        "emulator/src/java",
        "emulator/src/jsonata",
        "emulator/src/jsonpath",
        "emulator/src/schema",
        "emulator/src/signature",
        "emulator/src/vtl",
        "loadgen/src/schedule",
        "loadgen/src/shard",
        "loadgen/src/record",
        "loadgen/src/judge",
        "loadgen/src/statistics",
        "loadgen/src/aws",
        "loadgen/src/forecast",
        "loadgen/src/search",
        "loadgen/src/compare",
        "loadgen/src/report/page",
        "loadgen/src/report/timeline.rs",
    ];
    let impurities = [
        "Instant::now",
        "SystemTime::now",
        "TcpListener",
        "TcpStream",
        "ToSocketAddrs",
        "UdpSocket",
        "std::env",
        "env::var",
        "std::thread",
        "tokio::",
        "reqwest::",
        "hyper::",
        "mio::",
        "fastrand::Rng::new",
        "Uuid::new_v4",
    ];
    for module in modules {
        let folder = root().join(module);
        let path = if folder.is_dir() { folder } else { folder.with_extension("rs") };
        for file in sources(&path) {
            for (number, line) in code(&file) {
                let impurity = impurities.iter().find(|impurity| line.contains(*impurity));
                // A generator with a seed is pure, the functions that draw from the thread's own are not.
                let mut drawn = line.split("fastrand::").skip(1);
                let drawn = drawn.any(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()));
                assert!(!drawn, "{}:{number}: {module} is pure", file.display());
                assert_eq!(impurity, None, "{}:{number}: {module} is pure", file.display());
            }
        }
    }
}

#[test]
fn no_file_outgrows_five_hundred_lines_and_no_main_does_work() {
    for file in all_sources() {
        let lines = read(&file).lines().count();
        let limit = if file.ends_with("src/main.rs") { 24 } else { 500 };
        assert!(lines <= limit, "{} has {lines} lines, {limit} at most: split it by noun", file.display());
    }
}

#[test]
fn no_file_is_a_grab_bag() {
    for file in all_sources() {
        let grab_bag = file.components().find(|part| {
            let stem = Path::new(part).file_stem().unwrap_or_default();
            ["utils", "util", "common", "helpers", "misc"].iter().any(|name| stem == *name)
        });
        assert_eq!(grab_bag, None, "{}: name it after what it holds", file.display());
    }
}

/// The crates whose architecture is kept.
const LIBRARIES: [&str; 3] = ["client", "emulator", "loadgen"];

fn source_of(member: &str) -> Source {
    Source::read(&root().join(member).join("src"))
}

#[test]
fn modules_form_no_circle() {
    for member in LIBRARIES {
        let source = source_of(member);
        for parent in source.0.keys() {
            let circles = Graph::below(&source, parent).circles();
            assert!(circles.is_empty(), "{member}, in crate::{}: {circles:?}", parent.join("::"));
        }
    }
}

#[test]
fn a_types_name_is_unique_in_its_crate() {
    for member in LIBRARIES {
        let shared = shared_names(&source_of(member));
        assert!(shared.is_empty(), "{member}: names of more than one type: {shared:?}");
    }
}

#[test]
fn the_pictures_of_the_modules_are_todays() {
    let page = read(&root().join("ARCHITECTURE.md"));
    for member in LIBRARIES {
        let graph = Graph::below(&source_of(member), &[]).to_mermaid();
        let command = format!("cargo run -p contract-tests --bin module-graph {member}");
        let shown = page.contains(&format!("```mermaid\n{graph}\n```"));
        assert!(shown, "ARCHITECTURE.md shows other modules of {member}: put in what `{command}` prints");
    }
}

#[test]
fn every_dependency_is_justified() {
    let manifest: toml::Table = read(&root().join("Cargo.toml")).parse().unwrap();
    let page = read(&root().join("docs/dependencies.md"));
    let rows: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|names| names.split(", "))
        .collect();
    let ours = ["stepgate", "stepgate-deploy", "stepgate-emulator", "stepgate-loadgen"];
    for name in manifest["workspace"]["dependencies"].as_table().unwrap().keys() {
        assert!(ours.contains(&name.as_str()) || rows.contains(name.as_str()), "docs/dependencies.md: why {name}?");
    }
}

#[test]
fn documents_name_only_tests_that_are_there() {
    let cases = root().join("loadgen/contract/cases.toml");
    let known: String = all_sources().iter().chain([&cases]).map(|path| read(path)).collect();
    let pages = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    for path in pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        // A claim has more words than other names; a metric's begins with the program's. What `…` leaves out may be anything.
        let is_claim = |name: &&str| {
            let letters = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_' | '…');
            name.matches('_').count() > 3 && name.chars().all(letters) && !name.starts_with("loadgen_")
        };
        for name in read(&path).split('`').filter(is_claim) {
            let is_there = name.split('…').all(|part| known.contains(part));
            assert!(is_there, "{}: there is no test `{name}`", path.display());
        }
    }
}

#[test]
fn a_circle_of_modules_is_found_however_it_is_closed() {
    let ways = [
        ("use crate::b::B;", "use super::a::A;"),
        ("fn f() { crate::b::g() }", "use crate::{a::A, std::mem};"),
        ("use crate::B;", "impl Into<crate::A> for B {}"),
        ("fn f() { println!(\"{}\", crate::b::g()) }", "fn h() -> super::a::A { todo!() }"),
    ];
    let root = "mod a; mod b; pub use a::A; pub use b::B;";
    for (a, b) in ways {
        let a = format!("pub struct A; {a}");
        let b = format!("pub struct B; pub fn g() {{}} {b}");
        let source = Source::parse(&[("", root), ("a", &a), ("b", &b)]);
        let circles = Graph::below(&source, &[]).circles();
        assert_eq!(circles, [BTreeSet::from(["a".to_owned(), "b".to_owned()])], "{a} and {b}");
    }
    let one_way = Source::parse(&[("", root), ("a", "pub struct A; use crate::B;"), ("b", "pub struct B;")]);
    assert!(Graph::below(&one_way, &[]).circles().is_empty());
}

#[test]
fn there_is_one_tls_provider() {
    // `Cargo.lock` also lists what nothing builds, so `cargo tree` is asked. Offline it knows only what the build has
    // fetched: default features, this host. `.ci/run` asks for all features, after `cargo fetch`.
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--prefix", "none", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let crates: BTreeSet<&str> =
        str::from_utf8(&tree.stdout).unwrap().lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains("aws-lc-rs"), "aws-lc-rs is the TLS provider: {crates:?}");
    for banned in ["ring", "openssl-sys", "native-tls"] {
        assert!(!crates.contains(banned), "{banned} is built; see deny.toml");
    }
}
