//! Takes the accounts of the generators second by second, writes them down and adds them up.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::counters::{COUNTERS, Line};
use super::directory::{Manifest, RunDirectory};
use super::log::{LOG, LogWriter};
use super::names::NameStore;
use super::recording::Recording;
use crate::authorization::Secrets;
use crate::record::{Example, Interval, Place, Series, Violation};

/// Most examples of a kind of violation that a summary shows.
const EXAMPLES: usize = 5;

/// Adds up a run and keeps it on disk.
pub struct Collector {
    /// The run so far.
    pub recording: Recording,
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
    pub fn hiding(self, secrets: impl Fn() -> Secrets + 'static) -> Self {
        Self { secrets: Box::new(secrets), ..self }
    }

    /// Takes the account of a second, and the processor time that the process took since the last one, in nanoseconds.
    /// A full disk does not end the run: the figures go on in memory, and [`Collector::failure`] tells.
    pub fn take(&mut self, interval: &Interval, cpu_ns: Option<u64>) {
        let line = Line::of(interval, cpu_ns, &|sample| (self.secrets)().scrub(sample));
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

/// The tag of a series of a place.
fn tag(place: Place, series: Series, placed: bool) -> String {
    let tag = series.tag();
    if placed { format!("{tag}/{}/{}", place.stage, place.payload) } else { tag }
}

/// The place and the series of a tag.
pub(super) fn of_tag(tag: &str) -> Option<(Place, Series)> {
    let mut words = tag.split('/');
    let series = Series::of_tag(words.next()?)?;
    let place = match (words.next(), words.next(), words.next()) {
        (None, ..) => Place::default(),
        (Some(stage), Some(payload), None) => Place { stage: stage.parse().ok()?, payload: payload.parse().ok()? },
        _ => return None,
    };
    Some((place, series))
}

/// Keeps the first examples of each kind.
pub(super) fn keep_examples(kept: &mut Vec<Example>, new: &[Example]) {
    for violation in [Violation::Mismatched, Violation::Illegal, Violation::Duplicate] {
        let missing = EXAMPLES.saturating_sub(kept.iter().filter(|e| e.violation == violation).count());
        kept.extend(new.iter().filter(|e| e.violation == violation).take(missing).cloned());
    }
}
