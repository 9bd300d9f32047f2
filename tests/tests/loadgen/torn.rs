//! Run directories that were cut: whatever is missing, no report passes, and it names the file.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::loadgen::{Run, output};
use super::server::Server;

/// What `report` says of a directory: its exit code, verdict and reason, or its error.
fn report(directory: &Path) -> (i32, String) {
    let ended = output(&["report", directory.to_str().unwrap(), "--output-format", "json"]);
    let said = match serde_json::from_slice::<Value>(&ended.stdout) {
        Ok(summary) => format!("{} {}", summary["verdict"], summary["reason"]),
        Err(_) => String::from_utf8(ended.stderr).unwrap(),
    };
    (ended.status.code().unwrap(), said)
}

/// With `STEPGATE_TORN=every-byte` files are cut at each of their bytes, which takes minutes; else at some.
fn every_byte() -> bool {
    std::env::var_os("STEPGATE_TORN").is_some_and(|value| value == "every-byte")
}

#[test]
fn a_file_that_was_cut_anywhere_is_told_and_named() {
    let server = Server::healthy();
    let run = Run::of(&["--rps", "100", "-d", "3s", "--url", &server.url]);
    assert_eq!((run.exit, report(&run.directory).0), (0, 0), "{}", run.stdout);
    for name in ["counters.jsonl", "intervals.hlog"] {
        let path = run.directory.join(name);
        let whole = fs::read(&path).unwrap();
        // Every place near the ends of lines, and some within them.
        let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
        let near = ends.iter().flat_map(|end| [end.saturating_sub(1), *end, end + 1]).filter(|at| *at < whole.len());
        let mut all: Vec<usize> = (0..whole.len()).step_by(whole.len() / 7).chain(near).collect();
        let mut stride = all.len().div_ceil(24);
        if every_byte() {
            (all, stride) = ((0..whole.len()).collect(), 1);
        }
        for at in all.iter().step_by(stride) {
            fs::write(&path, &whole[..*at]).unwrap();
            let (exit, said) = report(&run.directory);
            assert!(exit == 1 && said.contains(name), "{name} cut at {at} of {}: {exit} {said}", whole.len());
        }
        fs::write(&path, &whole).unwrap();
    }
    let names = run.directory.join("names/tail.run");
    let whole = fs::read(&names).unwrap();
    fs::write(&names, &whole[..whole.len() - 24]).unwrap();
    let (exit, said) = report(&run.directory);
    assert!(exit == 1 && said.contains("torn") && said.contains("names holds"), "{exit} {said}");
    fs::write(&names, &whole).unwrap();
    for name in ["manifest.json", "DONE"] {
        let path = run.directory.join(name);
        let whole = fs::read(&path).unwrap();
        let some = vec![0, 1, whole.len() / 2, whole.len() - 2];
        for at in if every_byte() { (0..whole.len() - 1).collect() } else { some } {
            fs::write(&path, &whole[..at]).unwrap();
            let (exit, said) = report(&run.directory);
            assert!(exit != 0 && said.contains(name), "{name} cut at {at}: {exit} {said}");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(report(&run.directory).0, 0, "whole again, it passes as before");
}

#[test]
fn what_was_changed_without_being_cut_does_not_add_up() {
    let server = Server::healthy();
    let run = Run::of(&["--rps", "100", "-d", "2s", "--url", &server.url]);
    // An archive of old has no lengths: the accounts themselves have to show what is missing.
    let done = run.directory.join("DONE");
    let mut ending: Value = serde_json::from_slice(&fs::read(&done).unwrap()).unwrap();
    ending.as_object_mut().unwrap().remove("bytes");
    fs::write(&done, ending.to_string()).unwrap();
    assert_eq!(report(&run.directory).0, 0);
    for name in ["counters.jsonl", "intervals.hlog"] {
        let path = run.directory.join(name);
        let whole = fs::read_to_string(&path).unwrap();
        let is_head = |line: &&str| line.starts_with(['#', '"']);
        let (head, lines): (Vec<&str>, Vec<&str>) = whole.split_inclusive('\n').partition(is_head);
        fs::write(&path, [head.concat(), lines[1..].concat()].concat()).unwrap();
        let (exit, said) = report(&run.directory);
        assert!(exit == 1 && said.contains("torn") && said.contains(name), "{name}: {exit} {said}");
        fs::write(&path, &whole).unwrap();
    }
}
