//! A directory that holds no run: what it holds instead.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::mistake::Mistake;

/// Why there is no run to read, and what to do with what is there.
pub(super) fn no_run(directory: &Path, why: impl fmt::Display) -> Mistake {
    let shown = directory.display();
    if !directory.exists() {
        return Mistake::other(format!("there is no directory {shown}"));
    }
    let has = |file: &str| directory.join(file).is_file();
    let mistake = Mistake::other(format!("{shown} holds no run: {why}"));
    if has("levels.jsonl") || has("search.json") {
        let level = first_level(directory).map(|level| format!(", such as {shown}/{level}")).unwrap_or_default();
        mistake.with_help(format!("it holds a search, whose page is search.html; each of its levels is a run{level}"))
    } else if has("comparison.json") {
        mistake.with_help("it holds what `ab` found, in comparison.json; each of its folders is a run")
    } else if has("plan.json") {
        mistake.with_help("it holds a plan that was never run")
    } else {
        mistake
    }
}

fn first_level(directory: &Path) -> Option<String> {
    let names = fs::read_dir(directory).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.starts_with("level-")).min()
}
