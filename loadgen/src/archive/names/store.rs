//! Takes names as they come and leaves them in sorted runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::RUN;
use super::sorted::{TAIL, write_run};
use crate::record::Entry;

/// Bytes that are written at a time.
const BUFFER: usize = 16 << 10;

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
        let tail = OpenOptions::new().append(true).create(true).open(folder.join(TAIL))?;
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
