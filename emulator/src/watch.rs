//! Files that are watched for changes, by looking at them now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Most files below a folder that are looked for, so that a template at the root of a large tree costs little.
const MAX_FILES: usize = 5_000;

/// How long nothing must have changed before everything is loaded.
const SETTLED: Duration = Duration::from_millis(50);

/// What a file looked like; `None` where there is none.
type Look = Option<(SystemTime, u64)>;

/// Files that were read, and how they looked last. What else lies beside them is nobody's business: logs and results of runs
/// are written there all the time.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    seen: BTreeMap<PathBuf, Look>,
    /// Folders where what is missing may come to lie, and what lies below them.
    awaited: Option<(Vec<PathBuf>, BTreeSet<PathBuf>)>,
}

impl Watch {
    /// Watches these files as well, wherever they lie. They were read after `begun`: what has changed since then counts as a
    /// change.
    pub(crate) fn also(&mut self, files: impl IntoIterator<Item = PathBuf>, begun: SystemTime) {
        for file in files {
            let look = look_at(&file).filter(|(modified, _)| *modified < begun);
            self.seen.entry(file).or_insert(look);
        }
    }

    /// A new file below these folders counts as a change, until [`Watch::found`].
    pub(crate) fn await_files(&mut self, folders: Vec<PathBuf>) {
        let below = files_below(&folders);
        self.awaited = Some((folders, below));
    }

    /// Nothing is missing any more.
    pub(crate) fn found(&mut self) {
        self.awaited = None;
    }

    /// Waits until nothing changes any more: editors write in several steps, some by putting another file in the place of
    /// the one that was there.
    pub(crate) fn settle(&mut self) {
        loop {
            std::thread::sleep(SETTLED);
            if !self.has_changed() {
                break;
            }
        }
    }

    /// Whether something has changed since the last look.
    pub(crate) fn has_changed(&mut self) -> bool {
        let mut changed = false;
        for (file, seen) in &mut self.seen {
            let now = look_at(file);
            changed |= now != *seen;
            *seen = now;
        }
        if let Some((folders, below)) = &mut self.awaited {
            let now = files_below(folders);
            changed |= !now.is_subset(below);
            *below = now;
        }
        changed
    }
}

/// All files below these folders but hidden ones and `node_modules`. A folder that is gone has none.
fn files_below(folders: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = folders.to_vec();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") || name == "node_modules" || found.len() >= MAX_FILES {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                _ => drop(found.insert(entry.path())),
            }
        }
    }
    found
}

fn look_at(file: &Path) -> Look {
    let known = fs::metadata(file).ok()?;
    Some((known.modified().ok()?, known.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_were_read_are_noticed_when_they_come_change_and_go_and_no_others() {
        let folder = std::env::temp_dir().join(format!("stepgate-watch-{}", std::process::id()));
        fs::create_dir_all(folder.join("handlers")).unwrap();
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        let [mocks, handler, log] = ["mocks.json", "handlers/a.mjs", "access.log"].map(|name| folder.join(name));
        fs::write(&handler, "a").unwrap();
        let mut watch = Watch::default();
        watch.also([mocks.clone(), handler.clone()], SystemTime::now() + Duration::from_secs(1));
        assert!(!watch.has_changed());
        fs::write(&handler, "longer").unwrap();
        assert!(watch.has_changed() && !watch.has_changed());
        fs::write(&mocks, "{}").unwrap();
        assert!(watch.has_changed());
        fs::write(&log, "a line").unwrap();
        assert!(!watch.has_changed());
        // Something is missing: a new file may be it, another line of the log is not.
        watch.await_files(vec![folder.clone()]);
        fs::write(&log, "a line\nanother").unwrap();
        fs::write(folder.join("node_modules/x.js"), "x").unwrap();
        fs::write(folder.join(".hidden"), "x").unwrap();
        assert!(!watch.has_changed());
        fs::write(folder.join("handlers/b.mjs"), "b").unwrap();
        assert!(watch.has_changed() && !watch.has_changed());
        watch.found();
        fs::write(folder.join("handlers/c.mjs"), "c").unwrap();
        assert!(!watch.has_changed());
        fs::remove_dir_all(&folder).unwrap();
        assert!(watch.has_changed());
    }

    #[test]
    fn what_changed_while_it_was_read_counts_as_a_change() {
        let file = std::env::temp_dir().join(format!("stepgate-watch-{}.json", std::process::id()));
        fs::write(&file, "{}").unwrap();
        let mut watch = Watch::default();
        watch.also([file.clone()], SystemTime::UNIX_EPOCH);
        assert!(watch.has_changed() && !watch.has_changed());
        fs::remove_file(&file).unwrap();
    }
}
