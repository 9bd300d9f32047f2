//! Takes the accounts of the generators second by second, writes them down and adds them up.

use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;

use hdrhistogram::serialization::V2Serializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use serde::{Deserialize, Serialize};

use super::directory::RunDirectory;
use super::names::NameStore;
use super::recording::Recording;
use crate::record::{Counts, Example, Interval, Series, Violation};
use crate::scenario::Warmup;

/// Most examples of a kind of violation that a summary shows.
const EXAMPLES: usize = 5;

/// A line of `counters.jsonl`: what was counted in one second by one generator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    /// The second, from the start.
    pub(super) second: u64,
    /// Requests in flight at its end.
    pub(super) in_flight: u64,
    /// What was counted.
    pub(super) counts: Counts,
    /// The first violations of the second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) examples: Vec<Example>,
}

impl Line {
    /// What a generator has to tell of a second, but for its times and names.
    pub(super) fn of(interval: &Interval) -> Self {
        Self {
            second: interval.second,
            in_flight: interval.in_flight as u64,
            counts: interval.tally.counts.clone(),
            examples: interval.examples.clone(),
        }
    }
}

/// Adds up a run and keeps it on disk.
pub struct Collector {
    /// The run so far.
    pub recording: Recording,
    histograms: File,
    counters: File,
    names: NameStore,
    /// Why nothing is written any more.
    failure: Option<io::Error>,
}

impl Collector {
    /// A collector that writes into a run directory.
    ///
    /// # Errors
    /// The files cannot be made.
    pub fn create(directory: &RunDirectory, warmup: Warmup) -> io::Result<Self> {
        let mut histograms = File::create_new(directory.file("intervals.hlog"))?;
        let mut serializer = V2Serializer::new();
        // The head alone; each interval then adds its lines.
        let mut builder = IntervalLogWriterBuilder::new();
        builder.add_comment("loadgen: microseconds; a tag is an outcome class or what is timed");
        builder.with_max_value_divisor(1_000.0);
        drop(builder.begin_log_with(&mut histograms, &mut serializer).map_err(io::Error::other)?);
        Ok(Self {
            recording: Recording::after(warmup),
            histograms,
            counters: File::create_new(directory.file("counters.jsonl"))?,
            names: NameStore::create(&directory.file("names"))?,
            failure: None,
        })
    }

    /// Takes the account of a second. A full disk does not end the run: the figures go on in memory, and
    /// [`Collector::failure`] tells.
    pub fn take(&mut self, interval: &Interval) {
        if self.failure.is_none() {
            self.failure = self.write(interval).err();
        }
        self.recording.take(interval);
    }

    /// Why the run directory is incomplete, if it is.
    #[must_use]
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    fn write(&mut self, interval: &Interval) -> io::Result<()> {
        self.names.add(&interval.names)?;
        let mut text = Vec::new();
        let mut serializer = V2Serializer::new();
        let mut builder = IntervalLogWriterBuilder::new();
        builder.with_max_value_divisor(1_000.0);
        let mut log = builder.begin_log_with(&mut text, &mut serializer).map_err(io::Error::other)?;
        for series in Series::all() {
            if let Some(histogram) = interval.tally.histogram(series) {
                let start = Duration::from_secs(interval.second);
                log.write_histogram(histogram, start, Duration::from_secs(1), Tag::new(series.tag()))
                    .map_err(|e| io::Error::other(format!("{e:?}")))?;
            }
        }
        drop(log);
        // The head is in the file already: only the lines of histograms follow it.
        let lines = text.split_inclusive(|b| *b == b'\n').filter(|line| line.starts_with(b"Tag="));
        self.histograms.write_all(&lines.collect::<Vec<_>>().concat())?;
        let line = Line::of(interval);
        let mut json = serde_json::to_vec(&line)?;
        json.push(b'\n');
        self.counters.write_all(&json)
    }
}

/// Keeps the first examples of each kind.
pub(super) fn keep_examples(kept: &mut Vec<Example>, new: &[Example]) {
    for violation in [Violation::Mismatched, Violation::Illegal, Violation::Duplicate] {
        let missing = EXAMPLES.saturating_sub(kept.iter().filter(|e| e.violation == violation).count());
        kept.extend(new.iter().filter(|e| e.violation == violation).take(missing).cloned());
    }
}
