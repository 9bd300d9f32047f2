//! Run directories that were cut: whatever is missing, no report passes, and it names the file.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::loadgen::{Run, Scratch, output};
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
    assert!(exit == 1 && said.contains("torn") && said.contains("names/tail.run has"), "{exit} {said}");
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
    for since in ["bytes", "sha256", "seal"] {
        ending.as_object_mut().unwrap().remove(since);
    }
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

#[test]
fn a_bit_that_flipped_anywhere_is_told_and_named() {
    let server = Server::healthy();
    let run = Run::of(&["--rps", "100", "-d", "2s", "--url", &server.url]);
    for name in ["names/tail.run", "counters.jsonl", "intervals.hlog", "manifest.json", "DONE"] {
        let path = run.directory.join(name);
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 7) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(&path, &flipped).unwrap();
            let (exit, said) = report(&run.directory);
            assert!(exit == 1 && said.contains(name), "{name} at {at}: {exit} {said}");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(report(&run.directory).0, 0);
}

#[test]
fn a_file_of_names_that_is_missing_is_named_with_what_to_do_and_merge_names_the_shard_as_well() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let all = scratch.path("all");
    for shard in ["0/2", "1/2"] {
        let ended = output(&[
            "--rps",
            "100",
            "-d",
            "2s",
            "--url",
            &server.url,
            "--shard",
            shard,
            "-o",
            all.to_str().unwrap(),
            "--quiet",
        ]);
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    let folder = fs::read_dir(&all).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    let names = folder.join("names/tail.run");
    let shard = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let merge = |into: &str| {
        let ended = output(&["merge", all.to_str().unwrap(), "-o", scratch.path(into).to_str().unwrap()]);
        let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
        (ended.status.code().unwrap(), said)
    };
    let whole = fs::read(&names).unwrap();
    let mut flipped = whole.clone();
    flipped[3] ^= 1;
    fs::write(&names, &flipped).unwrap();
    let (exit, said) = merge("flipped");
    assert!(exit == 1 && [&shard, "names/tail.run", "copy"].iter().all(|word| said.contains(*word)), "{exit} {said}");
    fs::remove_file(&names).unwrap();
    let (exit, said) = report(&folder);
    assert!(exit == 1 && said.contains("names/tail.run is missing; copy"), "{exit} {said}");
    let (exit, said) = merge("missing");
    assert!(exit == 1 && [&shard, "names/tail.run", "copy"].iter().all(|word| said.contains(*word)), "{exit} {said}");
    fs::write(&names, &whole[..whole.len() - 24]).unwrap();
    let (exit, said) = merge("cut");
    assert!(exit == 96 && said.contains("of shard 1, names/tail.run has"), "{exit} {said}");
}

#[test]
fn a_report_that_cannot_be_written_is_printed_all_the_same() {
    let server = Server::healthy();
    let run = Run::of(&["--rps", "100", "-n", "50", "--url", &server.url]);
    assert_eq!(run.exit, 0, "{}", run.stdout);
    let in_the_way = run.directory.join("junit.xml");
    fs::remove_file(&in_the_way).unwrap();
    fs::create_dir_all(in_the_way.join("something")).unwrap();
    let ended = output(&["report", run.directory.to_str().unwrap(), "--output-format", "json"]);
    let (summary, said) =
        (serde_json::from_slice::<Value>(&ended.stdout).unwrap(), String::from_utf8_lossy(&ended.stderr));
    assert_eq!((ended.status.code(), &summary["exit_code"], &summary["verdict"]), (Some(1), &1.into(), &"pass".into()));
    assert!(said.contains("cannot write into"), "{said}");
}
