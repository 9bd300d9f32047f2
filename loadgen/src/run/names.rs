//! Whether names are distinct, exactly and in bounded memory: sorted runs on disk, merged at the end.
//!
//! `names/tail.run` takes entries as they come and is emptied when they have become a sorted `names/N.run`. A crash
//! between the two leaves entries in both; an entry holds its arrival, so that they are recognised as one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::record::{ENTRY_BYTES, Entry, Example, Violation};
use crate::report::Names;

/// Entries in a sorted run: 1.5 MiB.
const RUN: usize = 1 << 16;

/// Runs that are merged at a time, each with a descriptor and a buffer.
const FAN_IN: usize = 256;

/// Bytes of a run's buffer while merging.
const BUFFER: usize = 16 << 10;

/// Most examples of duplicates that are kept.
const EXAMPLES: usize = 5;

/// Takes entries.
#[derive(Debug)]
pub struct NameStore {
    folder: PathBuf,
    tail: File,
    pending: Vec<Entry>,
    runs: usize,
}

impl NameStore {
    /// A store in `folder`, which is made.
    ///
    /// # Errors
    /// The folder or the file cannot be made.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let tail = OpenOptions::new().append(true).create(true).open(folder.join("tail.run"))?;
        Ok(Self { folder: folder.into(), tail, pending: Vec::with_capacity(RUN), runs: 0 })
    }

    /// Adds entries; they are with the operating system when this returns.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn add(&mut self, mut entries: &[Entry]) -> io::Result<()> {
        while !entries.is_empty() {
            let (now, later) = entries.split_at(entries.len().min(RUN - self.pending.len()));
            let mut writer = BufWriter::with_capacity(BUFFER, &self.tail);
            now.iter().try_for_each(|entry| writer.write_all(&entry.to_bytes()))?;
            writer.flush()?;
            drop(writer);
            self.pending.extend_from_slice(now);
            if self.pending.len() == RUN {
                self.spill()?;
            }
            entries = later;
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.pending.sort_unstable();
        write_run(&self.folder.join(format!("{:06}.run", self.runs)), self.pending.iter().copied().map(Ok))?;
        self.runs += 1;
        self.pending.clear();
        self.tail.set_len(0)
    }
}

/// Names merged from a run's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedNames {
    /// The counts.
    pub names: Names,
    /// The first duplicates in the order of their bytes.
    pub examples: Vec<Example>,
}

/// Counts the names of `folder`.
///
/// # Errors
/// A file cannot be read, or one for an intermediate merge cannot be written.
pub fn count_names(folder: &Path) -> io::Result<MergedNames> {
    let mut runs: Vec<PathBuf> = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|e| e == "run") && path.file_name().is_some_and(|n| n != "tail.run") {
            runs.push(path);
        }
    }
    runs.sort();
    let mut generation = 0;
    while runs.len() > FAN_IN {
        let merged = folder.join(format!("merged-{generation:06}.run"));
        generation += 1;
        let group: Vec<PathBuf> = runs.drain(..FAN_IN).collect();
        write_run(&merged, Merge::open(&group, Vec::new())?)?;
        group.iter().try_for_each(fs::remove_file)?;
        runs.push(merged);
    }
    let mut tail = Vec::new();
    let mut reader = RunReader::open(&folder.join("tail.run"))?;
    while let Some(entry) = reader.next_entry()? {
        tail.push(entry);
    }
    tail.sort_unstable();
    let mut merged = MergedNames::default();
    let mut last: Option<Entry> = None;
    for entry in Merge::open(&runs, tail)? {
        let entry = entry?;
        if last == Some(entry) {
            continue;
        }
        merged.names.checked += 1;
        match last.filter(|last| last.id == entry.id) {
            None => merged.names.unique += 1,
            Some(first) if merged.examples.len() < EXAMPLES => merged.examples.push(Example {
                violation: Violation::Duplicate,
                k: entry.k,
                name: format!("{:016x}{:016x}", entry.id[0], entry.id[1]),
                expected: first.k.to_string(),
            }),
            Some(_) => {}
        }
        last = Some(entry);
    }
    Ok(merged)
}

fn write_run(path: &Path, entries: impl Iterator<Item = io::Result<Entry>>) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(BUFFER, File::create(path)?);
    for entry in entries {
        writer.write_all(&entry?.to_bytes())?;
    }
    writer.flush()
}

/// The entries of sorted runs, sorted.
struct Merge {
    runs: Vec<RunReader>,
    tail: std::vec::IntoIter<Entry>,
    heads: BinaryHeap<Reverse<(Entry, usize)>>,
}

impl Merge {
    fn open(paths: &[PathBuf], tail: Vec<Entry>) -> io::Result<Self> {
        let runs = paths.iter().map(|path| RunReader::open(path)).collect::<io::Result<Vec<_>>>()?;
        let mut merge = Self { runs, tail: tail.into_iter(), heads: BinaryHeap::new() };
        for run in 0..=merge.runs.len() {
            merge.advance(run)?;
        }
        Ok(merge)
    }

    /// Puts the next entry of a run on the heap; the run after the last file is the tail.
    fn advance(&mut self, run: usize) -> io::Result<()> {
        let next = match self.runs.get_mut(run) {
            Some(reader) => reader.next_entry()?,
            None => self.tail.next(),
        };
        if let Some(entry) = next {
            self.heads.push(Reverse((entry, run)));
        }
        Ok(())
    }
}

impl Iterator for Merge {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((entry, run)) = self.heads.pop()?;
        Some(self.advance(run).map(|()| entry))
    }
}

struct RunReader(BufReader<File>);

impl RunReader {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(BufReader::with_capacity(BUFFER, File::open(path)?)))
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
