//! Files that are watched for changes, by looking at them now and then.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Most files below a folder that are looked at, so that a template at the root of a large tree costs little.
const MAX_FILES: usize = 5_000;

/// How long nothing must have changed before everything is loaded.
const SETTLED: Duration = Duration::from_millis(50);

/// What a file looked like.
type Look = Option<(SystemTime, u64)>;

/// Files, and how they looked last.
#[derive(Debug)]
pub(crate) struct Watch {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    seen: BTreeMap<PathBuf, Look>,
}

impl Watch {
    /// Watches these files, and all files below these folders but hidden ones and `node_modules`.
    pub(crate) fn new(folders: Vec<PathBuf>, files: Vec<PathBuf>) -> Self {
        let mut watch = Self { folders, files, seen: BTreeMap::new() };
        watch.seen = watch.look();
        watch
    }

    /// Watches these files as well, wherever they lie.
    pub(crate) fn also(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        for file in files {
            if !self.seen.contains_key(&file) {
                self.seen.insert(file.clone(), look_at(&file));
                self.files.push(file);
            }
        }
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
        let now = self.look();
        let changed = now != self.seen;
        self.seen = now;
        changed
    }

    fn look(&self) -> BTreeMap<PathBuf, Look> {
        let mut found = BTreeMap::new();
        for file in &self.files {
            found.insert(file.clone(), look_at(file));
        }
        let mut open = self.folders.clone();
        while let Some(folder) = open.pop() {
            // A folder that is gone has no files.
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let (name, path) = (entry.file_name(), entry.path());
                if name.as_encoded_bytes().starts_with(b".") || name == "node_modules" || found.len() >= MAX_FILES {
                    continue;
                }
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => open.push(path),
                    _ => drop(found.insert(path.clone(), look_at(&path))),
                }
            }
        }
        found
    }
}

fn look_at(file: &Path) -> Look {
    let known = fs::metadata(file).ok()?;
    Some((known.modified().ok()?, known.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_come_change_and_go_are_noticed() {
        let folder = std::env::temp_dir().join(format!("stepgate-watch-{}", std::process::id()));
        fs::create_dir_all(folder.join("handlers")).unwrap();
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        let mocks = folder.join("mocks.json");
        let mut watch = Watch::new(vec![folder.clone()], vec![mocks.clone()]);
        assert!(!watch.has_changed());
        fs::write(folder.join("handlers/a.mjs"), "a").unwrap();
        assert!(watch.has_changed() && !watch.has_changed());
        fs::write(folder.join("handlers/a.mjs"), "longer").unwrap();
        assert!(watch.has_changed());
        fs::write(folder.join("node_modules/x.js"), "x").unwrap();
        fs::write(folder.join(".hidden"), "x").unwrap();
        assert!(!watch.has_changed());
        fs::write(&mocks, "{}").unwrap();
        assert!(watch.has_changed());
        fs::remove_dir_all(&folder).unwrap();
        assert!(watch.has_changed());
        let elsewhere = folder.with_extension("json");
        watch.also([elsewhere.clone()]);
        assert!(!watch.has_changed());
        fs::write(&elsewhere, "{}").unwrap();
        assert!(watch.has_changed());
        fs::remove_file(&elsewhere).unwrap();
    }
}
