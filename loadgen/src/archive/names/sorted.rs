//! The entries of many sorted runs as one sorted stream, in memory that does not grow with them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::record::{ENTRY_BYTES, Entry};

/// Most runs that are merged at a time; fewer where the operating system gives fewer descriptors.
const FAN_IN: usize = 4_096;

/// Descriptors that are left for everything else.
const OTHER_FILES: usize = 64;

/// The file of a folder whose entries have no order yet.
pub(super) const TAIL: &str = "tail.run";

/// Bytes of the buffers of all runs that are merged at a time; those of one run of ten million requests take 2.5 MB.
const MEMORY: usize = 64 << 20;

/// Most entries without an order that are held in memory: 6 MiB.
const UNSORTED: usize = 1 << 18;

/// Bytes that are written at a time.
const BUFFER: usize = 64 << 10;

/// The sorted entries of folders that stores have filled.
pub(crate) struct Sorted {
    runs: Vec<RunReader>,
    tail: std::vec::IntoIter<Entry>,
    heads: BinaryHeap<Reverse<(Entry, usize)>>,
    /// Runs made on the way, which are removed at the end.
    scratch: Vec<PathBuf>,
}

impl Sorted {
    /// The entries of `folders`; what has to be written for that goes to `scratch`, and is removed at the end.
    ///
    /// # Errors
    /// A file cannot be read, or one for an intermediate merge cannot be written.
    pub(crate) fn open(folders: &[PathBuf], scratch: &Path) -> io::Result<Self> {
        Self::merging(folders, scratch, fan_in())
    }

    fn empty() -> Self {
        Self { runs: Vec::new(), tail: Vec::new().into_iter(), heads: BinaryHeap::new(), scratch: Vec::new() }
    }

    fn merging(folders: &[PathBuf], scratch: &Path, fan_in: usize) -> io::Result<Self> {
        let mut merge = Self::empty();
        let mut runs: Vec<PathBuf> = Vec::new();
        let mut unsorted = Vec::new();
        for folder in folders {
            runs.extend(runs_of(folder)?);
            let mut tail = RunReader::open(&folder.join(TAIL), BUFFER)?;
            while let Some(entry) = tail.next_entry()? {
                unsorted.push(entry);
            }
            if unsorted.len() >= UNSORTED {
                unsorted.sort_unstable();
                runs.push(merge.write(scratch, unsorted.drain(..).map(Ok))?);
            }
        }
        while runs.len() > fan_in {
            let group: Vec<PathBuf> = runs.drain(..fan_in).collect();
            let mut part = Self::empty();
            part.begin(&group, Vec::new())?;
            runs.push(merge.write(scratch, &mut part)?);
            let (done, kept): (Vec<_>, Vec<_>) =
                std::mem::take(&mut merge.scratch).into_iter().partition(|path| group.contains(path));
            merge.scratch = kept;
            remove(&done);
        }
        unsorted.sort_unstable();
        merge.begin(&runs, unsorted)?;
        Ok(merge)
    }

    fn begin(&mut self, paths: &[PathBuf], tail: Vec<Entry>) -> io::Result<()> {
        let buffer = (MEMORY / paths.len().max(1)).clamp(4 << 10, 16 << 10);
        self.runs = paths.iter().map(|path| RunReader::open(path, buffer)).collect::<io::Result<_>>()?;
        self.tail = tail.into_iter();
        for run in 0..=self.runs.len() {
            if let Some(entry) = self.head(run)? {
                self.heads.push(Reverse((entry, run)));
            }
        }
        Ok(())
    }

    /// Writes a run of its own.
    fn write(&mut self, scratch: &Path, entries: impl Iterator<Item = io::Result<Entry>>) -> io::Result<PathBuf> {
        // A number that no other stream with the same scratch folder has.
        let path = (0..u64::MAX)
            .map(|n| scratch.join(format!("merging-{}-{n}.part", std::process::id())))
            .find(|path| !path.exists())
            .unwrap_or_default();
        self.scratch.push(path.clone());
        write_run(&path, entries)?;
        Ok(path)
    }

    /// The next entry of a run; the run after the last file is the tail.
    fn head(&mut self, run: usize) -> io::Result<Option<Entry>> {
        match self.runs.get_mut(run) {
            Some(reader) => reader.next_entry(),
            None => Ok(self.tail.next()),
        }
    }
}

impl Iterator for Sorted {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((_, run)) = *self.heads.peek()?;
        let next = match self.head(run) {
            Ok(next) => next,
            Err(e) => return Some(Err(e)),
        };
        // The next entry takes the place of this one: one way down the heap instead of one up and one down.
        let mut top = self.heads.peek_mut()?;
        let Reverse((entry, _)) = *top;
        match next {
            Some(next) => *top = Reverse((next, run)),
            None => drop(PeekMut::pop(top)),
        }
        Some(Ok(entry))
    }
}

impl Drop for Sorted {
    fn drop(&mut self) {
        remove(&self.scratch);
    }
}

/// A file that stays is only in the way of the disk's other users.
fn remove(paths: &[PathBuf]) {
    for path in paths {
        let _ = fs::remove_file(path);
    }
}

/// The sorted runs of a folder.
fn runs_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut runs = Vec::new();
    for file in fs::read_dir(folder).map_err(|e| about(folder, &e))? {
        let path = file?.path();
        if path.extension().is_some_and(|e| e == "run") && path.file_name().is_some_and(|n| n != TAIL) {
            runs.push(path);
        }
    }
    runs.sort();
    Ok(runs)
}

/// Makes the names of a folder, if it is there, part of another one as its number `number`. Sorted runs never change, so
/// they are linked where the file system can do that; what has no order yet is sorted.
pub(in crate::archive) fn adopt(from: &Path, into: &Path, number: usize) -> io::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(into)?;
    // Empty: nothing is added here any more.
    File::create(into.join(TAIL))?;
    for run in runs_of(from)? {
        let name = run.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let target = into.join(format!("{number:05}-{name}"));
        if fs::hard_link(&run, &target).is_err() {
            fs::copy(&run, &target)?;
        }
    }
    let mut tail = Vec::new();
    let mut reader = RunReader::open(&from.join(TAIL), BUFFER)?;
    while let Some(entry) = reader.next_entry()? {
        tail.push(entry);
    }
    if tail.is_empty() {
        return Ok(());
    }
    tail.sort_unstable();
    write_run(&into.join(format!("{number:05}-sorted.run")), tail.into_iter().map(Ok))
}

/// An error with the file that it is about, and the folder in which that is.
fn about(path: &Path, error: &io::Error) -> io::Error {
    let mut parts: Vec<_> = path.components().rev().take(2).map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.reverse();
    io::Error::new(error.kind(), format!("{}: {error}", parts.join("/")))
}

/// Writes entries, which are sorted, as a run.
pub(super) fn write_run(path: &Path, entries: impl Iterator<Item = io::Result<Entry>>) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(BUFFER, File::create(path)?);
    for entry in entries {
        writer.write_all(&entry?.to_bytes())?;
    }
    writer.flush()
}

/// How many runs can be read at a time. A process may have as many descriptors as its hard limit says.
fn fan_in() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = (FAN_IN + OTHER_FILES) as u64;
    let allowed = limit.maximum.unwrap_or(wanted).min(wanted);
    if limit.current.is_some_and(|current| current < allowed) {
        // Refused, it stays as it was.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum: limit.maximum });
    }
    let current = getrlimit(Resource::Nofile).current.unwrap_or(wanted);
    usize::try_from(current).unwrap_or(FAN_IN).saturating_sub(OTHER_FILES).clamp(2, FAN_IN)
}

struct RunReader(BufReader<File>);

impl RunReader {
    fn open(path: &Path, buffer: usize) -> io::Result<Self> {
        let file = File::open(path).map_err(|e| about(path, &e))?;
        Ok(Self(BufReader::with_capacity(buffer, file)))
    }

    /// The next entry; an entry cut off by a crash is the end.
    fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let mut bytes = [0; ENTRY_BYTES];
        match self.0.read_exact(&mut bytes) {
            Ok(()) => Ok(Some(Entry::from_bytes(&bytes))),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(e) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::names::NameStore;
    use crate::archive::tests::Folder;

    #[test]
    fn passes_of_any_width_give_the_same_stream_and_leave_nothing_behind() {
        let folder = Folder::new("passes");
        let folders: Vec<PathBuf> = (0..7).map(|n| folder.path().join(format!("{n}"))).collect();
        let mut all = Vec::new();
        for (n, folder) in (0..).zip(&folders) {
            let mut store = NameStore::create(folder).unwrap();
            let entries: Vec<Entry> = (0..140_000_u64)
                .map(|k| Entry { id: [(k * 7 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15), k], k: k * 7 + n })
                .collect();
            store.add(&entries).unwrap();
            all.extend(entries);
        }
        all.sort_unstable();
        for fan_in in [2, 3, 5, 64] {
            let merged = Sorted::merging(&folders, folder.path(), fan_in).unwrap();
            assert!(merged.map(Result::unwrap).eq(all.iter().copied()), "by {fan_in}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 7, "by {fan_in}");
        }
    }
}
