//! What a search leaves in its folder, so that one that was interrupted can go on.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::mistake::Mistake;
use crate::search::LevelResult;

const SUBJECT: &str = "subject.json";
const LEVELS: &str = "levels.jsonl";

/// What a search is about: one that goes on has to be about the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SearchSubject {
    pub(super) target: Option<String>,
    pub(super) thresholds: Vec<String>,
    pub(super) payloads: String,
    pub(super) seed: u64,
    pub(super) from: f64,
    pub(super) level_seconds: u64,
}

/// The levels that have been run, each kept when it has ended.
pub(super) struct Journal {
    pub(super) folder: PathBuf,
}

impl Journal {
    /// The journal in this folder, with the levels that an earlier search about the same left there.
    pub(super) fn open(folder: PathBuf, subject: &SearchSubject) -> Result<(Self, Vec<LevelResult>), Mistake> {
        let file = folder.join(SUBJECT);
        let text = serde_json::to_string_pretty(subject).expect("a subject has a form in JSON");
        match fs::read_to_string(&file) {
            Ok(before) if before == text => {}
            Ok(_) => {
                return Err(Mistake::usage(format!(
                    "{} holds a search of another target, scenario, threshold, --from or --level-time: name another with -o",
                    folder.display()
                )));
            }
            Err(_) => fs::write(&file, text).map_err(|e| cannot(&file, &e))?,
        }
        let lines = fs::read_to_string(folder.join(LEVELS)).unwrap_or_default();
        // A last line that was cut off is a level that is tried again.
        let levels = lines.lines().map_while(|line| serde_json::from_str(line).ok()).collect();
        Ok((Self { folder }, levels))
    }

    /// Adds a level.
    pub(super) fn keep(&self, level: &LevelResult) -> Result<(), Mistake> {
        let file = self.folder.join(LEVELS);
        let line = serde_json::to_string(level).expect("a level has a form in JSON") + "\n";
        let opened = fs::OpenOptions::new().append(true).create(true).open(&file);
        opened.and_then(|mut opened| opened.write_all(line.as_bytes())).map_err(|e| cannot(&file, &e))
    }
}

/// The mistake of a file that cannot be written.
pub(super) fn cannot(file: &Path, e: &io::Error) -> Mistake {
    Mistake::other(format!("cannot write {}: {e}", file.display()))
}
