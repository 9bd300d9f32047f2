//! `counters.jsonl`: what was counted in each second, a line for each handover of a generator.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::value::RawValue;

use super::directory::{COUNTERS, RunDirectory};
use crate::record::{Counts, Example, FailedAnswers, Interval, Place, StateMachine};

/// A line: what was counted in one second by one generator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    /// The second, from the start.
    pub(super) second: u64,
    /// Requests in flight at its end.
    pub(super) in_flight: u64,
    /// Nanoseconds of processor time that the process took since the line before; absent from runs of old.
    #[serde(default)]
    pub(super) cpu_ns: Option<u64>,
    /// What was counted of each place.
    pub(super) parts: Vec<Counted>,
    /// Arrivals that were not sent because the run ended first they were due.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) unsent_early: u64,
    /// The first violations of the second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) examples: Vec<Example>,
    /// How failed requests of the second were answered, without secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) answers: Vec<FailedAnswers>,
    /// State machines of which a first execution was started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) machines: Vec<StateMachine>,
}

/// What was counted of a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counted {
    #[serde(flatten)]
    pub(super) place: Place,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

/// Both read the same object, each what is its own: serde's `flatten` would copy every member first, of which a day of a
/// run has millions.
impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let place = serde_json::from_str(text).map_err(de::Error::custom)?;
        let counts = serde_json::from_str(text).map_err(de::Error::custom)?;
        Ok(Self { place, counts })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Line {
    /// What a generator has to tell of a second, but for its times and names.
    /// `scrub` takes secrets out of what was answered.
    pub(super) fn of(interval: &Interval, cpu_ns: Option<u64>, scrub: &dyn Fn(&str) -> String) -> Self {
        let answers = interval.answers.all().iter();
        let answers = answers.map(|answers| FailedAnswers {
            sample: answers.sample.as_deref().map(scrub),
            location: answers.location.as_deref().map(scrub),
            ..answers.clone()
        });
        let counted = interval.tally.parts().iter().filter(|part| part.counts != Counts::default());
        Self {
            second: interval.second,
            // More is to come of the second, and then they are told once.
            in_flight: if interval.partial { 0 } else { interval.in_flight as u64 },
            cpu_ns,
            parts: counted.map(|part| Counted { place: part.place, counts: part.counts.clone() }).collect(),
            unsent_early: interval.tally.unsent_early,
            examples: interval.examples.iter().map(|example| example.scrubbed(scrub)).collect(),
            answers: answers.collect(),
            machines: interval.machines.clone(),
        }
    }
}

/// The lines of a file, one at a time; a last one that was cut off is left out.
pub(super) struct CountersReader {
    inner: BufReader<File>,
    text: Vec<u8>,
    number: u64,
    cut: bool,
}

impl CountersReader {
    /// Opens the file of a run directory.
    pub(super) fn open(directory: &RunDirectory) -> io::Result<Self> {
        let file =
            File::open(directory.file(COUNTERS)).map_err(|e| io::Error::new(e.kind(), format!("{COUNTERS}: {e}")))?;
        Ok(Self { inner: BufReader::with_capacity(16 << 10, file), text: Vec::new(), number: 0, cut: false })
    }

    /// Whether the file ended within a line.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The next line.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it cannot be understood.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        self.text.clear();
        self.inner.read_until(b'\n', &mut self.text)?;
        self.number += 1;
        if self.text.last() != Some(&b'\n') {
            self.cut = !self.text.is_empty();
            return Ok(None);
        }
        let line = serde_json::from_slice(&self.text).map_err(|e| {
            let number = self.number;
            io::Error::new(io::ErrorKind::InvalidData, format!("{COUNTERS} is damaged: line {number}: {e}"))
        })?;
        Ok(Some(line))
    }
}

/// What was counted in each second of a run.
///
/// # Errors
/// The file cannot be read, or a line of it cannot be understood.
pub(crate) fn counts_by_second(directory: &RunDirectory) -> io::Result<BTreeMap<u64, Counts>> {
    let mut seconds: BTreeMap<u64, Counts> = BTreeMap::new();
    let mut counters = CountersReader::open(directory)?;
    while let Some(line) = counters.next()? {
        let counts = seconds.entry(line.second).or_default();
        line.parts.iter().for_each(|part| *counts += &part.counts);
    }
    Ok(seconds)
}
