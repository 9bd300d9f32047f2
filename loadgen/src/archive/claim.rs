//! A run directory that is taken before anything is sent, and given back when the run does not begin.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::directory::{LOCK, holds_a_run, taken};

/// Where a run directory is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// There, and nowhere else.
    Named(PathBuf),
    /// Below a folder, under a name that is still free: `stem`, or `stem-2`, or `stem-3`, …
    Fresh {
        /// The folder.
        parent: PathBuf,
        /// What the name begins with.
        stem: String,
        /// Whether the link `latest` beside it is to point to it.
        latest: bool,
    },
}

/// A directory that belongs to one run. Other processes that want it are refused as long as the value lives.
///
/// Dropped before [`Claim::keep`] was called, it takes away whatever came into being meanwhile: files, the directory, and
/// the folders above it.
#[derive(Debug)]
pub(crate) struct Claim {
    path: PathBuf,
    /// Locked while the process lives, so that others can tell a run in progress from one that was killed.
    lock: File,
    /// Folders that were not there before, the innermost last.
    made: Vec<PathBuf>,
    /// What was in the directory before.
    before: BTreeSet<OsString>,
    /// Where a link to the directory is set once it is kept.
    latest: Option<PathBuf>,
    kept: bool,
}

impl Claim {
    /// Takes a directory, which is made if it is not there.
    ///
    /// # Errors
    /// It holds a run, another process has it, or it cannot be made.
    pub(crate) fn of(location: &Location) -> io::Result<Self> {
        match location {
            Location::Named(path) => {
                let mut made = Vec::new();
                make_folders(path, &mut made)?;
                Self::take(path.clone(), made, None)
            }
            Location::Fresh { parent, stem, latest } => {
                let (path, made) = fresh(parent, stem)?;
                Self::take(path, made, latest.then(|| parent.join("latest")))
            }
        }
    }

    fn take(path: PathBuf, made: Vec<PathBuf>, latest: Option<PathBuf>) -> io::Result<Self> {
        let taken_from = |path: &Path| -> io::Result<(File, BTreeSet<OsString>)> {
            let names = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name()));
            let mut before = names.collect::<io::Result<BTreeSet<_>>>()?;
            before.remove(&OsString::from(LOCK));
            let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK))?;
            // Some file systems of the network have no locks. Two runs are still kept apart by their manifests.
            if let Err(TryLockError::WouldBlock) = lock.try_lock() {
                let message = "another run is in progress there: name another directory with -o";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, message));
            }
            Ok((lock, before))
        };
        match taken_from(&path) {
            Ok((lock, before)) => {
                let claim = Self { lock, made, before, latest, kept: false, path };
                // Asked only now: a run that has just ended has let go of its lock.
                if holds_a_run(&claim.path) {
                    return Err(taken());
                }
                match in_the_way(&claim.before) {
                    Some(name) => Err(io::Error::new(
                        io::ErrorKind::AlreadyExists,
                        format!(
                            "{name} is in it already, and no run wrote it: name another directory with -o, or move it away"
                        ),
                    )),
                    None => Ok(claim),
                }
            }
            Err(e) => {
                remove_folders(&made);
                Err(e)
            }
        }
    }

    /// The directory.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Says that the run has begun, so that whatever is there stays. Where `latest` could not be made to point to it, that is
    /// told: the run goes on without.
    pub(crate) fn keep(&mut self) -> Option<String> {
        self.kept = true;
        let latest = self.latest.as_ref()?;
        let failure = link(&self.path, latest).err()?;
        Some(format!("{} does not point to this run: {failure}", latest.display()))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // What cannot be removed stays in somebody's way, and is said when it is.
        let _ = fs::remove_file(self.path.join(LOCK));
        // Unlocked by being closed in any case; on a shared descriptor only by this.
        let _ = self.lock.unlock();
        if self.kept {
            return;
        }
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            if !self.before.contains(&entry.file_name()) {
                let path = entry.path();
                let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            }
        }
        remove_folders(&self.made);
    }
}

/// Makes a folder below `parent` with a name that nothing else has.
///
/// # Errors
/// It cannot be made.
pub(crate) fn fresh(parent: &Path, stem: &str) -> io::Result<(PathBuf, Vec<PathBuf>)> {
    let mut made = Vec::new();
    make_folders(parent, &mut made)?;
    for number in 1_u32.. {
        let name = if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") };
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Ok(()) => {
                made.push(path.clone());
                return Ok((path, made));
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => {
                remove_folders(&made);
                return Err(e);
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Makes a folder and those above it, and notes the ones that were not there.
fn make_folders(path: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let made_here = (|| {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir()) {
            make_folders(parent, made)?;
        }
        match fs::create_dir(path) {
            Ok(()) => made.push(path.into()),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                let message = format!("{} is a file: name a directory", path.display());
                return Err(io::Error::new(io::ErrorKind::NotADirectory, message));
            }
            Err(e) => return Err(e),
        }
        Ok(())
    })();
    if made_here.is_err() {
        remove_folders(made);
        made.clear();
    }
    made_here
}

/// Removes folders that are empty.
pub(crate) fn remove_folders(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        // One that somebody has put something into stays.
        let _ = fs::remove_dir(folder);
    }
}

/// What a run writes into its directory beside the manifest, or somebody after it.
const WRITTEN: [&str; 12] = [
    "summary.json",
    "junit.xml",
    "report.html",
    "requests.csv",
    "requests.parquet",
    "counters.jsonl",
    "intervals.hlog",
    "names",
    "names-discarded",
    "workflows.json",
    "cost.json",
    "DONE",
];

/// What is there that a run would write over, or take for its own.
fn in_the_way(before: &BTreeSet<OsString>) -> Option<&'static str> {
    WRITTEN.into_iter().find(|name| before.contains(OsStr::new(name)))
}

/// Lets `latest` point to a directory beside it, at once: there is always one or the other.
fn link(directory: &Path, latest: &Path) -> io::Result<()> {
    let Some(name) = directory.file_name() else { return Ok(()) };
    if fs::symlink_metadata(latest).is_ok_and(|found| !found.is_symlink()) {
        // Whoever has something else there keeps it.
        let message = "it is a file or a folder of somebody's: move it away for a link to the latest run";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
    }
    let unfinished = latest.with_file_name(format!(".latest-{}", std::process::id()));
    std::os::unix::fs::symlink(name, &unfinished)?;
    fs::rename(&unfinished, latest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::Folder;

    fn entries(path: &Path) -> usize {
        fs::read_dir(path).map_or(0, Iterator::count)
    }

    #[test]
    fn default_names_never_collide() {
        let folder = Folder::new("claim-fresh");
        let parent = folder.path().join("runs");
        let location = Location::Fresh { parent: parent.clone(), stem: "now-basic".into(), latest: true };
        let mut claims: Vec<Claim> = (0..3).map(|_| Claim::of(&location).unwrap()).collect();
        let names: Vec<_> = claims.iter().map(|claim| claim.path().file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["now-basic", "now-basic-2", "now-basic-3"]);
        claims[1].keep();
        drop(claims);
        assert_eq!(fs::read_link(parent.join("latest")).unwrap(), Path::new("now-basic-2"));
        assert_eq!(entries(&parent), 2, "the one that began, and the link to it");
    }

    #[test]
    fn what_does_not_begin_leaves_nothing_behind() {
        let folder = Folder::new("claim-refused");
        let path = folder.path().join("a/b/run");
        let claim = Claim::of(&Location::Named(path.clone())).unwrap();
        fs::create_dir(path.join("names")).unwrap();
        fs::write(path.join("manifest.json"), "{}").unwrap();
        drop(claim);
        assert!(!folder.path().exists(), "with every folder that was made for it");
        // Somebody else's files stay where they are.
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("notes.txt"), "mine").unwrap();
        let claim = Claim::of(&Location::Named(path.clone())).unwrap();
        fs::write(path.join("manifest.json"), "{}").unwrap();
        drop(claim);
        assert_eq!((entries(&path), fs::read_to_string(path.join("notes.txt")).unwrap()), (1, "mine".into()));
    }

    #[test]
    fn files_of_somebody_else_are_not_written_over() {
        let folder = Folder::new("claim-files");
        let path = folder.path().join("mine");
        for name in WRITTEN {
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join(name), "mine").unwrap();
            let refused = Claim::of(&Location::Named(path.clone())).unwrap_err().to_string();
            assert!(refused.starts_with(name) && refused.contains("-o"), "{refused}");
            assert_eq!((entries(&path), fs::read_to_string(path.join(name)).unwrap()), (1, "mine".into()));
            fs::remove_dir_all(&path).unwrap();
        }
    }

    #[test]
    fn somebody_elses_latest_stays_and_that_is_told() {
        let folder = Folder::new("claim-latest");
        fs::create_dir_all(folder.path().join("latest")).unwrap();
        let location = Location::Fresh { parent: folder.path().into(), stem: "now".into(), latest: true };
        let told = Claim::of(&location).unwrap().keep().unwrap();
        assert!(told.contains("latest") && told.contains("move it away"), "{told}");
        assert!(folder.path().join("latest").is_dir());
    }

    #[test]
    fn a_file_in_the_place_of_a_directory_is_named() {
        let folder = Folder::new("claim-file");
        fs::create_dir_all(folder.path()).unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "mine").unwrap();
        for path in [file.clone(), file.join("run")] {
            let refused = Claim::of(&Location::Named(path)).unwrap_err().to_string();
            assert_eq!(refused, format!("{} is a file: name a directory", file.display()));
        }
    }

    #[test]
    fn a_directory_in_use_is_refused_and_left_as_it_is() {
        let folder = Folder::new("claim-twice");
        let location = Location::Named(folder.path().join("run"));
        let mut first = Claim::of(&location).unwrap();
        let refused = Claim::of(&location).unwrap_err();
        assert!(refused.to_string().contains("in progress"), "{refused}");
        fs::write(first.path().join("manifest.json"), "{}").unwrap();
        first.keep();
        drop(first);
        let refused = Claim::of(&location).unwrap_err();
        assert!(refused.to_string().contains("holds a run already"), "{refused}");
        assert_eq!(entries(&folder.path().join("run")), 1);
    }
}
