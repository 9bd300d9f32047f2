//! Folders in the place of S3 buckets: what distributed Map states read their items from and write their results to.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

/// The largest object that is read, in bytes.
const MAX_OBJECT: u64 = 256 * 1024 * 1024;
/// Most objects that are listed.
const MAX_OBJECTS: usize = 1_000_000;

/// The folders that were declared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buckets {
    /// By the name or the logical id of the bucket.
    named: BTreeMap<String, PathBuf>,
    /// A folder with one below it for every other bucket.
    root: Option<PathBuf>,
    /// Held by whoever reads many objects or a large one.
    turn: Arc<Mutex<()>>,
}

impl Buckets {
    /// One bucket.
    #[cfg(test)]
    pub(crate) fn of(name: &str, folder: PathBuf) -> Self {
        Self { named: BTreeMap::from([(name.to_owned(), folder)]), ..Self::default() }
    }

    /// A folder for one bucket, or, without a name, a folder of folders.
    pub(super) fn add(&mut self, name: Option<String>, folder: PathBuf) {
        match name {
            Some(name) => drop(self.named.insert(name, folder)),
            None => self.root = Some(folder),
        }
    }

    /// The turn of one who reads much: others wait until it is dropped.
    pub(crate) fn turn_to_read(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder of a bucket. A name that CloudFormation would make up is also found by the logical id in it.
    pub(crate) fn find(&self, name: &str) -> Option<BucketFolder> {
        let named = || {
            let (front, suffix) = name.rsplit_once('-')?;
            let made_up = suffix.len() == 12 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let id = front.rsplit_once('-').map_or(front, |(_, id)| id);
            let same = |(known, _): &(&String, &PathBuf)| made_up && known.eq_ignore_ascii_case(id);
            self.named.iter().find(same).map(|(_, folder)| folder.clone())
        };
        let below = || Some(self.root.as_ref()?.join(parts(name)?)).filter(|folder| folder.is_dir());
        self.named.get(name).cloned().or_else(named).or_else(below).map(BucketFolder)
    }
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredObject {
    pub(crate) key: String,
    /// In bytes.
    pub(crate) size: u64,
    /// In seconds since the Unix epoch.
    pub(crate) modified: u64,
}

/// A folder in the place of a bucket: its files are the objects, their paths below it the keys.
#[derive(Debug, Clone)]
pub(crate) struct BucketFolder(PathBuf);

impl BucketFolder {
    /// The bytes of an object.
    #[cfg(test)]
    pub(crate) fn get(&self, key: &str) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut self.open(key)?, &mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// An object, to be read.
    pub(crate) fn open(&self, key: &str) -> Result<fs::File, String> {
        let path = self.path(key)?;
        let folder = self.0.canonicalize().map_err(|error| self.cannot("read", key, &error.to_string()))?;
        // A link may lead out of the folder although its path does not.
        match path.canonicalize() {
            Ok(path) if path.starts_with(&folder) => {}
            Ok(_) => return Err(self.cannot("read", key, "it leads out of the bucket's folder")),
            Err(_) => return Err(format!("The specified key does not exist: {key} in {}", self.0.display())),
        }
        match fs::metadata(&path) {
            // Whoever reads a pipe waits for whoever writes.
            Ok(known) if !known.is_file() => Err(self.cannot("read", key, "it is no file")),
            Ok(known) if known.len() > MAX_OBJECT => Err(self.cannot("read", key, "it is larger than 256 MiB")),
            _ => fs::File::open(&path).map_err(|error| self.cannot("read", key, &error.to_string())),
        }
    }

    /// The objects whose keys begin with `prefix`, in the order of their keys.
    pub(crate) fn list(&self, prefix: &str) -> Result<Vec<StoredObject>, String> {
        let mut found = Vec::new();
        let mut open = vec![(self.0.clone(), String::new())];
        while let Some((folder, below)) = open.pop() {
            let entries = fs::read_dir(&folder).map_err(|error| self.cannot("list", &below, &error.to_string()))?;
            for entry in entries.flatten() {
                let key = format!("{below}{}", entry.file_name().to_string_lossy());
                let Ok(kind) = entry.file_type() else { continue };
                let folder_key = format!("{key}/");
                if kind.is_dir() && (folder_key.starts_with(prefix) || prefix.starts_with(&folder_key)) {
                    open.push((entry.path(), folder_key));
                } else if kind.is_file() && key.starts_with(prefix) {
                    let Ok(known) = entry.metadata() else { continue };
                    let modified = known.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
                    let modified = modified.unwrap_or_default().as_secs();
                    found.push(StoredObject { key, size: known.len(), modified });
                    if found.len() > MAX_OBJECTS {
                        return Err(self.cannot("list", prefix, "it has more than a million objects"));
                    }
                }
            }
        }
        found.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(found)
    }

    /// Writes an object, and the folders that its key names.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) -> Result<(), String> {
        self.write(key, |out| out.write_all(bytes)).map(drop)
    }

    /// Writes an object as `fill` does; how many bytes that were.
    pub(crate) fn write(
        &self,
        key: &str,
        fill: impl FnOnce(&mut BufWriter<fs::File>) -> io::Result<()>,
    ) -> Result<u64, String> {
        let path = self.path(key)?;
        let folder = path.parent().unwrap_or(&self.0);
        // As for reading: no link may lead out of the folder. What is not there yet can be no link.
        let existing = folder.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(&self.0);
        let inside = match (existing.canonicalize(), self.0.canonicalize()) {
            (Ok(existing), Ok(root)) => existing.starts_with(root),
            _ => false,
        };
        if !inside || path.is_symlink() {
            return Err(self.cannot("write", key, "it leads out of the bucket's folder"));
        }
        if fs::metadata(&path).is_ok_and(|known| !known.is_file()) {
            return Err(self.cannot("write", key, "it is no file"));
        }
        let written = || {
            fs::create_dir_all(folder)?;
            let mut out = BufWriter::new(fs::File::create(&path)?);
            fill(&mut out)?;
            Ok(out.into_inner().map_err(io::IntoInnerError::into_error)?.metadata()?.len())
        };
        written().map_err(|error: io::Error| self.cannot("write", key, &error.to_string()))
    }

    /// An empty file in the folder that has no name, so that it is gone with whoever has it.
    pub(crate) fn unnamed_file(&self) -> Result<fs::File, String> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let name = format!(".stepgate-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = self.0.join(&name);
        let made = || {
            let file = fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
            fs::remove_file(&path)?;
            Ok(file)
        };
        made().map_err(|error: io::Error| self.cannot("write", &name, &error.to_string()))
    }

    fn path(&self, key: &str) -> Result<PathBuf, String> {
        let parts = parts(key).ok_or_else(|| self.cannot("use", key, "it is not a path below a folder"))?;
        Ok(self.0.join(parts))
    }

    fn cannot(&self, what: &str, key: &str, why: &str) -> String {
        format!("cannot {what} `{key}` in {}: {why}", self.0.display())
    }
}

/// A key as a path that stays where it begins.
fn parts(key: &str) -> Option<PathBuf> {
    let legal = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    key.split('/').all(legal).then(|| Path::new(key).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_files_below_the_folder_and_nothing_leads_out_of_it() {
        let root = std::env::temp_dir().join(format!("stepgate-bucket-{}", std::process::id()));
        fs::create_dir_all(root.join("named")).unwrap();
        let mut buckets = Buckets::default();
        buckets.add(Some("Data".to_owned()), root.join("named"));
        buckets.add(None, root.clone());
        let bucket = buckets.find("Data").unwrap();
        for (key, text) in [("b.txt", "bb"), ("a/2", "2"), ("a/1", "1"), ("ab/x", "x")] {
            bucket.put(key, text.as_bytes()).unwrap();
        }
        let keys = |prefix| bucket.list(prefix).unwrap().into_iter().map(|it| it.key).collect::<Vec<_>>();
        assert_eq!(keys(""), ["a/1", "a/2", "ab/x", "b.txt"]);
        assert_eq!(keys("a"), ["a/1", "a/2", "ab/x"]);
        assert_eq!(keys("a/"), ["a/1", "a/2"]);
        assert_eq!(bucket.get("b.txt").unwrap(), b"bb");
        assert!(bucket.unnamed_file().unwrap().write_all(b"x").is_ok() && keys("").len() == 4);
        let pipe = root.join("named/pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        for key in ["a", "pipe"] {
            assert!(bucket.get(key).unwrap_err().ends_with(": it is no file"), "{key}");
            assert!(bucket.put(key, b"").unwrap_err().ends_with(": it is no file"), "{key}");
        }
        for key in ["../named/b.txt", "/etc/hostname", "a/../b.txt", "", "a//1"] {
            assert!(bucket.get(key).is_err() && bucket.put(key, b"").is_err(), "{key}");
        }
        std::os::unix::fs::symlink("/", root.join("named/out")).unwrap();
        assert!(bucket.get("out/etc/passwd").is_err() && bucket.put("out/srv/x/y", b"").is_err());
        // By a name that was made up of the logical id, and by the folder of folders.
        assert!(buckets.find("stack-data-0a1b2c3d4e5f").is_some() && buckets.find("named").is_some());
        assert!(buckets.find("gone").is_none() && buckets.find("..").is_none());
        fs::remove_dir_all(&root).unwrap();
    }
}
