//! Takes the accounts of the generators second by second, writes them down and adds them up.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::counters::Line;
use super::directory::{COUNTERS, Manifest, RunDirectory};
use super::log::{LOG, LogWriter};
use super::names::NameStore;
use super::recording::Recording;
use super::tag::tag;
use crate::authorization::Secrets;
use crate::record::{Interval, Series};

/// Adds up a run and keeps it on disk.
pub struct Collector {
    /// The run so far.
    pub(crate) recording: Recording,
    histograms: LogWriter<File>,
    counters: File,
    names: NameStore,
    /// What nothing that is kept may hold, as of now: keys may be renewed during a run.
    secrets: Box<dyn Fn() -> Secrets>,
    /// Whether tags tell the place.
    placed: bool,
    path: PathBuf,
    /// Why nothing is written any more.
    failure: Option<io::Error>,
}

impl Collector {
    /// A collector that writes into a run directory.
    ///
    /// # Errors
    /// The files cannot be made.
    pub fn create(directory: &RunDirectory, manifest: &Manifest) -> io::Result<Self> {
        let placed = !manifest.places.is_one();
        Ok(Self {
            recording: Recording::of(manifest),
            histograms: LogWriter::begin(File::create_new(directory.file(LOG))?, placed)?,
            counters: File::create_new(directory.file(COUNTERS))?,
            names: NameStore::create(&directory.file("names"))?,
            secrets: Box::new(Secrets::default),
            placed,
            path: directory.path().into(),
            failure: None,
        })
    }

    /// The same, leaving secrets out of all that it keeps.
    #[must_use]
    pub(crate) fn hiding(self, secrets: impl Fn() -> Secrets + 'static) -> Self {
        Self { secrets: Box::new(secrets), ..self }
    }

    /// Takes the account of a second, and the processor time that the process took since the last one, in nanoseconds.
    /// A full disk does not end the run: the figures go on in memory, and [`Collector::failure`] tells.
    pub fn take(&mut self, interval: &Interval, cpu_ns: Option<u64>) {
        let secrets = OnceCell::new();
        let line = Line::of(interval, cpu_ns, &|said| secrets.get_or_init(|| (self.secrets)()).scrub(said));
        if self.failure.is_none() {
            self.failure = self.write(interval, &line).err();
        }
        self.recording.take_line(&line, interval);
    }

    /// The run directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the run directory is incomplete, if it is.
    #[must_use]
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    fn write(&mut self, interval: &Interval, line: &Line) -> io::Result<()> {
        self.names.add(&interval.names)?;
        let placed = self.placed;
        let parts = interval.tally.parts().iter();
        let histograms = parts.flat_map(|part| {
            Series::all().filter_map(move |series| Some((tag(part.place, series, placed), part.histogram(series)?)))
        });
        self.histograms.write(interval.second, histograms)?;
        let mut json = serde_json::to_vec(line)?;
        json.push(b'\n');
        self.counters.write_all(&json)
    }
}
