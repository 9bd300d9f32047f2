//! What a run has recorded so far, in memory: from its generators as it goes, or from its directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;

use super::collector::{Counted, Line, keep_examples, of_tag};
use super::directory::{Manifest, RunDirectory};
use super::log::{LogReader, damaged};
use crate::judge::{History, Population, Windows};
use crate::record::{Class, Counts, Example, Interval, Kind, Place, Selection, Series, Tally};
use crate::report::Timeline;
use crate::scenario::Warmup;
use crate::statistics::{Steady, warmup};

/// A run in memory whose size does not grow with it.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// What was counted in the whole run.
    pub counts: Counts,
    /// Counts and distributions from [`Recording::from`] on.
    pub tally: Tally,
    /// The same in order of time.
    pub history: History,
    /// The second with which the tally begins.
    pub from: u64,
    /// The first violations.
    pub examples: Vec<Example>,
    /// Seconds that it covers.
    pub seconds: u64,
    /// What was counted in the whole run, by place.
    pub by_place: BTreeMap<Place, Counts>,
    /// What thresholds with a window are judged by.
    pub windows: Windows,
    /// The whole run in order of time.
    pub timeline: Timeline,
}

impl Recording {
    /// An empty recording that leaves a fixed warm-up out of its tally.
    #[must_use]
    pub fn after(warmup: Warmup) -> Self {
        let from = if let Warmup::Seconds(seconds) = warmup { seconds } else { 0 };
        Self { from, ..Self::default() }
    }

    /// The same for a run that has these thresholds with windows.
    #[must_use]
    pub fn watching(self, windows: &Windows) -> Self {
        Self { windows: windows.from(self.from), ..self }
    }

    /// An empty recording of a run.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let timeline = Timeline::timing(manifest.places.of_kind(Kind::Execute));
        Self { timeline, ..Self::after(manifest.warmup) }.watching(&manifest.windows())
    }

    /// Takes the account of a second, and the processor time that it took, in nanoseconds.
    pub fn take(&mut self, interval: &Interval, cpu_ns: Option<u64>) {
        self.take_counts(&Line::of(interval, cpu_ns));
        // The counts are there already.
        for part in interval.tally.parts() {
            for series in Series::all() {
                if let Some(times) = part.histogram(series) {
                    self.take_times(interval.second, part.place, series, times);
                }
            }
        }
    }

    fn take_counts(&mut self, line: &Line) {
        self.counts.unsent += line.unsent_early;
        if line.second >= self.from {
            self.tally.unsent_early += line.unsent_early;
        }
        let mut all = Counts::default();
        for Counted { place, counts } in &line.parts {
            all += counts;
            *self.by_place.entry(*place).or_default() += counts;
            if line.second >= self.from {
                *self.tally.counts_mut(*place) += counts;
                self.history.add_counts(line.second - self.from, *place, counts);
                self.windows.add_counts(line.second, *place, counts);
            }
        }
        self.counts += &all;
        self.timeline.add_counts(line.second, &all, line.in_flight, line.cpu_ns);
        self.seconds = self.seconds.max(line.second + 1);
        keep_examples(&mut self.examples, &line.examples);
    }

    fn take_times(&mut self, second: u64, place: Place, series: Series, times: &Histogram<u64>) {
        self.timeline.add_times(second, place, series, times);
        if second >= self.from {
            self.tally.add_histogram(place, series, times);
            self.history.add_times(second - self.from, place, series, times);
            self.windows.add_times(second, place, series, times);
        }
    }

    /// What a run directory holds. Last lines that were cut off are left out.
    ///
    /// # Errors
    /// A file is missing or damaged.
    pub fn read(directory: &RunDirectory, manifest: &Manifest) -> io::Result<Self> {
        Self::of(manifest).and_read(directory)
    }

    /// The same run, read anew with a tally from second `from` on.
    fn reread(&self, directory: &RunDirectory, from: u64) -> io::Result<Self> {
        let empty = Self { from, timeline: self.timeline.emptied(), ..Self::default() };
        empty.watching(&self.windows).and_read(directory)
    }

    fn and_read(self, directory: &RunDirectory) -> io::Result<Self> {
        let mut recording = self;
        let text = fs::read_to_string(directory.file("counters.jsonl"))?;
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            recording.take_counts(&serde_json::from_str(line)?);
        }
        let mut log = LogReader(BufReader::new(File::open(directory.file("intervals.hlog"))?));
        let mut deserializer = Deserializer::new();
        while let Some(entry) = log.next()? {
            let (place, series) = of_tag(&entry.tag).ok_or_else(|| damaged(&format!("unknown tag `{}`", entry.tag)))?;
            recording.take_times(entry.second, place, series, &entry.histogram(&mut deserializer)?);
        }
        Ok(recording)
    }

    /// What was counted in the whole run of some requests.
    #[must_use]
    pub fn counts_of(&self, selection: &Selection) -> Counts {
        let mut sum = Counts::default();
        self.by_place.iter().filter(|(place, _)| selection.holds(**place)).for_each(|(_, counts)| sum += counts);
        sum
    }

    /// Requests in flight at the end of what was recorded, by place.
    #[must_use]
    pub fn in_flight(&self) -> Vec<(Place, u64)> {
        self.by_place.iter().map(|(place, counts)| (*place, counts.sent.saturating_sub(counts.concluded()))).collect()
    }

    /// The recording from where on the target was warm, and why that is not known if it is not.
    #[must_use]
    pub fn settled(self, directory: &RunDirectory, asked: Warmup) -> (Self, Option<String>) {
        match asked {
            Warmup::Seconds(_) if self.tally.counts().concluded() == 0 && self.counts.concluded() > 0 => {
                let why = "the run ended within its warm-up, so nothing of it is left to judge: run longer";
                let whole = self.reread(directory, 0);
                return (whole.unwrap_or(self), Some(why.into()));
            }
            Warmup::None | Warmup::Seconds(_) => return (self, None),
            Warmup::Auto => {}
        }
        match self.steady() {
            Err(why) => (self, Some(why)),
            Ok(0) => (self, None),
            Ok(from) => match self.reread(directory, from) {
                Ok(settled) => (settled, None),
                Err(e) => (self, Some(format!("the warm-up cannot be left out, for the run cannot be read back: {e}"))),
            },
        }
    }

    /// The second from which on the median response time of started executions is steady.
    fn steady(&self) -> Result<u64, String> {
        let started = Population::of(Series::response(Class::Started));
        let mut last = None;
        // A stretch in which nothing was answered is as slow as the one before, at least.
        let medians = self.history.stretches().iter().filter_map(|stretch| {
            last = started.outline(stretch).median().or(last);
            last.map(|micros| micros as f64)
        });
        let medians: Vec<f64> = medians.collect();
        let skipped = self.history.stretches().len() - medians.len();
        match warmup(&medians) {
            Steady::From(stretch) => {
                let cut = if stretch == 0 { 0 } else { stretch + skipped };
                Ok(cut as u64 * self.history.seconds_per_stretch())
            }
            Steady::Never => Err("warmup = \"auto\" found no steady state: the median response time still changes in \
                 the second half; run longer, or set warmup to a duration"
                .into()),
            Steady::TooShort(needs) => Err(format!(
                "warmup = \"auto\" needs {needs} seconds with answers, and this run has {}: run longer, or set warmup \
                 to a duration",
                medians.len()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second with a hundred executions that took so long.
    fn second(second: u64, milliseconds: u64) -> Interval {
        let mut interval = Interval { second, ..Interval::default() };
        for k in 0..100 {
            interval.tally.record(
                Place::default(),
                Series::response(Class::Started),
                (milliseconds * 1_000 + k) * 1_000,
            );
        }
        let counts = interval.tally.counts_mut(Place::default());
        counts.sent = 100;
        counts.ended[Class::Started as usize] = 100;
        interval
    }

    fn recording(seconds: u64, milliseconds: impl Fn(u64) -> u64) -> Recording {
        let mut recording = Recording::after(Warmup::Auto);
        (0..seconds).for_each(|s| recording.take(&second(s, milliseconds(s)), None));
        recording
    }

    #[test]
    fn a_slow_start_is_found() {
        let recording = recording(60, |s| if s < 10 { 90 } else { 40 + s % 3 });
        assert_eq!(recording.steady(), Ok(10));
        assert_eq!(self::recording(60, |s| 40 + s % 3).steady(), Ok(0));
    }

    #[test]
    fn a_run_without_a_steady_state_is_refused_with_the_remedy() {
        assert!(recording(60, |s| 40 + 5 * s).steady().unwrap_err().contains("no steady state"));
        assert!(recording(49, |_| 40).steady().unwrap_err().contains("needs 50 seconds"));
    }

    #[test]
    fn a_fixed_warm_up_counts_and_does_not_time() {
        let mut recording = Recording::after(Warmup::Seconds(2));
        (0..5).for_each(|s| recording.take(&second(s, if s < 2 { 900 } else { 10 }), None));
        assert_eq!((recording.counts.sent, recording.tally.counts().sent), (500, 300));
        let times = Population::started().series(&recording.tally, &recording.history);
        assert!(times.times().longest().unwrap().micros() < 11_000);
    }
}
