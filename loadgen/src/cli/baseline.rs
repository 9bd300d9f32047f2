//! Named baselines: a name is a list of run directories, in a file that anybody can read and edit.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::judge::Verdict;
use crate::mistake::Mistake;
use crate::report::Summary;

/// Where the lists are, below the working directory.
const FOLDER: &str = "runs/baselines";

/// Reads the name of a baseline, which becomes that of a file.
pub(super) fn name(text: &str) -> Result<String, Mistake> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.starts_with('.') || !text.chars().all(plain) {
        return Err(Mistake::usage("a name consists of letters, digits, `-`, `_` and `.`"));
    }
    Ok(text.into())
}

/// Refuses a baseline to which no run can be added, before there is one. It leaves nothing behind but the folder.
pub(super) fn check(name: &str) -> Result<(), Mistake> {
    let file = Path::new(FOLDER).join(name);
    let checked = fs::create_dir_all(FOLDER).and_then(|()| {
        let there = file.exists();
        File::options().create(true).append(true).open(&file)?;
        if there { Ok(()) } else { fs::remove_file(&file) }
    });
    checked.map_err(|e| Mistake::other(format!("cannot write the baseline {}: {e}", file.display())))
}

/// Adds a run to a baseline. One that says nothing of its target is not added.
pub(super) fn save(name: &str, directory: &Path, summary: &Summary) -> Result<String, Mistake> {
    if !matches!(summary.verdict, Verdict::Pass | Verdict::Fail | Verdict::Inconclusive) {
        return Err(Mistake::other(format!(
            "the run is {} and not added to the baseline `{name}`",
            summary.verdict.as_str()
        )));
    }
    let added = add(Path::new(FOLDER), name, directory);
    let count = added.map_err(|e| Mistake::other(format!("cannot add the run to the baseline `{name}`: {e}")))?;
    let runs = if count == 1 { "run" } else { "runs" };
    Ok(format!("{name}: {count} {runs} in {FOLDER}/{name}"))
}

fn add(folder: &Path, name: &str, directory: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let file = folder.join(name);
    let mut list = File::options().create(true).append(true).open(&file)?;
    // From the list's own folder, so that all of it can be moved; from elsewhere, in full.
    let directory = directory.canonicalize()?;
    let beside = folder.canonicalize()?;
    let shown = match beside.parent().and_then(|runs| directory.strip_prefix(runs).ok()) {
        Some(below) => Path::new("..").join(below),
        None => directory,
    };
    writeln!(list, "{}", shown.display())?;
    Ok(runs(folder, name)?.len())
}

/// The run directories of a baseline.
fn runs(folder: &Path, name: &str) -> io::Result<Vec<PathBuf>> {
    let text = fs::read_to_string(folder.join(name))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(|line| folder.join(line)).collect())
}

/// The run directories that words stand for: each is one itself, or the name of a baseline.
pub(super) fn resolve(words: &[PathBuf]) -> Result<Vec<PathBuf>, Mistake> {
    let mut found = Vec::new();
    for word in words {
        let listed =
            word.to_str().filter(|word| name(word).is_ok()).and_then(|name| runs(Path::new(FOLDER), name).ok());
        match listed {
            _ if word.is_dir() => found.push(word.clone()),
            Some(runs) => found.extend(runs),
            None => return Err(Mistake::other(unknown(word))),
        }
    }
    Ok(found)
}

fn unknown(word: &Path) -> String {
    let entries = fs::read_dir(FOLDER).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let known = match names.as_slice() {
        [] => format!("{FOLDER} has none; a run makes one with --save-baseline NAME"),
        names => format!("{FOLDER} has {}", names.join(", ")),
    };
    format!("`{}` is neither a run directory nor a baseline: {known}", word.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_moves_with_its_runs() {
        let root = std::env::temp_dir().join(format!("stepgate-{}-baseline", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let (run, elsewhere) = (root.join("runs/one"), root.join("elsewhere"));
        fs::create_dir_all(&run).unwrap();
        fs::create_dir_all(&elsewhere).unwrap();
        let folder = root.join("runs/baselines");
        assert_eq!(add(&folder, "main", &run).unwrap(), 1);
        assert_eq!(add(&folder, "main", &elsewhere).unwrap(), 2);
        let text = fs::read_to_string(folder.join("main")).unwrap();
        assert_eq!(text, format!("../one\n{}\n", elsewhere.canonicalize().unwrap().display()));
        assert_eq!(runs(&folder, "main").unwrap(), [folder.join("../one"), elsewhere.canonicalize().unwrap()]);
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_name_is_that_of_a_file_and_of_no_path() {
        assert_eq!(name("main-2"), Ok("main-2".into()));
        for wrong in ["", "../x", "a/b", ".hidden", "a b"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }
}
