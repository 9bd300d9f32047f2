//! What a run has recorded so far, in memory: from its generators as it goes, or from its directory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader};

use hdrhistogram::Histogram;

use super::counters::{Counted, CountersReader, Line};
use super::directory::{COUNTERS, Manifest, RunDirectory};
use super::examples::keep_examples;
use super::log::{LOG, LogEntry, LogReader, Unpacker, damaged};
use super::tag::of_tag;
use crate::judge::{History, Population, Windows};
use crate::record::{
    Answers, Counts, Example, Fate, Interval, Place, Series, StateMachine, Tally, Timing, Violation, empty_histogram,
};
use crate::report::{BinTimes, Timeline};
use crate::scenario::Warmup;
use crate::statistics::{Steady, warmup};

/// A run in memory whose size does not grow with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recording {
    /// What was counted in the whole run.
    pub(crate) counts: Counts,
    /// Counts and distributions from [`Recording::from`] on.
    pub(crate) tally: Tally,
    /// The same in order of time.
    pub(crate) history: History,
    /// The second with which the tally begins.
    pub(crate) from: u64,
    /// The first violations.
    pub(crate) examples: Vec<Example>,
    /// How failed requests were answered in the whole run.
    pub(crate) answers: Answers,
    /// Seconds that it covers.
    pub(crate) seconds: u64,
    /// What was counted in the whole run, by place.
    pub(crate) by_place: BTreeMap<Place, Counts>,
    /// What thresholds with a window are judged by.
    pub(crate) windows: Windows,
    /// The whole run in order of time.
    pub(crate) timeline: Timeline,
    /// State machines whose executions were started.
    pub(crate) machines: BTreeSet<StateMachine>,
    /// How many times a directory's log holds, by place and series.
    timed: BTreeMap<(Place, usize), u64>,
    /// Whether a file ended within a line, or one of them before the other.
    cut: bool,
    /// Room for the times of an entry of the log, with their counts.
    values: Vec<(u64, u64)>,
}

/// Stretches of time in what keeps its order: of the plots, and of the judgement.
type BinIndexes = (u64, Option<u64>);

/// Times of neighbouring seconds that nothing tells apart: added up first, a day of them is read in seconds.
struct Group {
    row: BinIndexes,
    second: u64,
    series: Series,
    times: Histogram<u64>,
}

impl Group {
    fn new(row: BinIndexes, second: u64, series: Series) -> Self {
        Self { row, second, series, times: empty_histogram() }
    }
}

impl Recording {
    /// An empty recording that leaves a fixed warm-up out of its tally.
    #[must_use]
    pub(crate) fn after(warmup: Warmup) -> Self {
        let from = if let Warmup::Seconds(seconds) = warmup { seconds } else { 0 };
        Self { from, ..Self::default() }
    }

    /// The same for a run that has these thresholds with windows.
    #[must_use]
    pub(crate) fn watching(self, windows: &Windows) -> Self {
        Self { windows: windows.from(self.from), ..self }
    }

    /// An empty recording of a run.
    #[must_use]
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let timeline = Timeline::timing(manifest.places.starts());
        Self { timeline, ..Self::after(manifest.warmup) }.watching(&manifest.windows())
    }

    /// Takes the account of a second, its counts being those of a line.
    pub(super) fn take_line(&mut self, line: &Line, interval: &Interval) {
        self.take_counts(line);
        // The counts are there already.
        for part in interval.tally.parts() {
            for series in Series::all() {
                if let Some(times) = part.histogram(series) {
                    self.take_times(interval.second, part.place, series, times);
                    if interval.second >= self.from {
                        self.windows.add_times(interval.second, part.place, series, times);
                    }
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
        self.answers.add_all(&line.answers);
        self.machines.extend(line.machines.iter().cloned());
    }

    fn take_times(&mut self, second: u64, place: Place, series: Series, times: &Histogram<u64>) {
        // Gone through once for both, since most slots of a histogram are empty.
        let bin = BinTimes::of(times);
        self.timeline.add_times(second, place, series, &bin);
        if second >= self.from {
            self.tally.add_histogram(place, series, times);
            self.history.add_times(second - self.from, place, series, bin.histogram);
        }
    }

    /// What a run directory holds. Last lines that were cut off are left out, and so are times of seconds whose counts are
    /// not there. Memory does not grow with the run.
    ///
    /// # Errors
    /// A file is missing or damaged.
    pub(crate) fn read(directory: &RunDirectory, manifest: &Manifest) -> io::Result<Self> {
        Self::of(manifest).and_read(directory)
    }

    /// The same run, read anew with a tally from second `from` on.
    fn reread(&self, directory: &RunDirectory, from: u64) -> io::Result<Self> {
        let empty = Self { from, timeline: self.timeline.emptied(), ..Self::default() };
        empty.watching(&self.windows).and_read(directory)
    }

    fn and_read(mut self, directory: &RunDirectory) -> io::Result<Self> {
        let mut counters = CountersReader::open(directory)?;
        while let Some(line) = counters.next()? {
            self.take_counts(&line);
        }
        self.cut = counters.is_cut();
        let log = File::open(directory.file(LOG)).map_err(|e| io::Error::new(e.kind(), format!("{LOG}: {e}")))?;
        let mut log = LogReader::new(BufReader::new(log));
        let (mut unpacker, mut groups, mut tags) = (Unpacker::default(), BTreeMap::new(), BTreeMap::new());
        while let Some(entry) = log.next()? {
            if entry.second >= self.seconds {
                self.cut = true;
                continue;
            }
            let of = if let Some(of) = tags.get(&entry.tag) {
                *of
            } else {
                let of = of_tag(&entry.tag).ok_or_else(|| damaged(&format!("unknown tag `{}`", entry.tag)))?;
                *tags.entry(entry.tag.clone()).or_insert(of)
            };
            self.group(of, &entry, &mut unpacker, &mut groups)?;
        }
        self.cut |= log.is_cut();
        for ((place, _), Group { second, series, times, .. }) in groups {
            self.take_times(second, place, series, &times);
        }
        Ok(self)
    }

    /// Adds an entry to its group, and takes the group before it when this is the first entry of another.
    fn group(
        &mut self,
        (place, series): (Place, Series),
        entry: &LogEntry,
        unpacker: &mut Unpacker,
        groups: &mut BTreeMap<(Place, usize), Group>,
    ) -> io::Result<()> {
        let row = self.row(entry.second);
        let group = groups.entry((place, series.index())).or_insert_with(|| Group::new(row, entry.second, series));
        if group.row != row {
            let times = std::mem::replace(&mut group.times, empty_histogram());
            self.take_times(group.second, place, series, &times);
            *group = Group { row, second: entry.second, series, times };
            group.times.reset();
        }
        self.values.clear();
        let values = &mut self.values;
        let total = unpacker.add(entry, &mut group.times, |value, count| values.push((value, count)))?;
        *self.timed.entry((place, series.index())).or_default() += total;
        // Windows look at every second by itself.
        if entry.second >= self.from {
            self.windows.add_values(entry.second, place, series, &group.times, &self.values);
        }
        Ok(())
    }

    /// What does not add up in a run that has ended: as many times as requests, as many requests as were planned.
    pub(super) fn lacking(&self, manifest: &Manifest) -> Option<String> {
        if self.cut {
            return Some(format!("{COUNTERS} and {LOG} do not end together, each with a whole line"));
        }
        let counts = &self.counts;
        let accounted = counts.sent + counts.dropped + counts.unsent;
        if let Some(planned) = manifest.planned.filter(|planned| *planned != accounted) {
            return Some(format!("{COUNTERS} accounts for {accounted} of {planned} planned arrivals"));
        }
        if counts.sent != counts.concluded() {
            return Some(format!("{COUNTERS} tells what became of {} of {} requests", counts.concluded(), counts.sent));
        }
        for (place, counts) in &self.by_place {
            for (timing, fate) in Timing::ALL.into_iter().flat_map(|timing| Fate::all().map(move |fate| (timing, fate)))
            {
                let counted = match fate {
                    Fate::Ended(class) => counts.ended_in(class),
                    Fate::Unfinished => counts.unfinished,
                };
                let series = Series::Times(timing, fate);
                let timed = self.timed.get(&(*place, series.index())).copied().unwrap_or(0);
                if timed != counted {
                    return Some(format!("{LOG} holds {timed} times of `{}` for {counted} requests", series.tag()));
                }
            }
        }
        None
    }

    /// Seconds of the same row go to the same place in everything that keeps the order of time.
    fn row(&self, second: u64) -> BinIndexes {
        let judged = second.checked_sub(self.from).map(|second| second / self.history.seconds_per_bin());
        (second / self.timeline.seconds_per_bin(), judged)
    }

    /// Takes names for the service's own choice: none is wrong for being another than the expected one.
    pub(super) fn accept_names(&mut self) {
        let all = self.by_place.values_mut().chain(self.tally.all_counts_mut()).chain([&mut self.counts]);
        all.for_each(|counts| counts.mismatched = 0);
        self.examples.retain(|example| example.violation != Violation::Mismatched);
    }

    /// Requests in flight at the end of what was recorded, by place.
    #[must_use]
    pub(crate) fn in_flight(&self) -> Vec<(Place, u64)> {
        self.by_place.iter().map(|(place, counts)| (*place, counts.sent.saturating_sub(counts.concluded()))).collect()
    }

    /// The recording from where on the target was warm, and why that is not known if it is not.
    #[must_use]
    pub(crate) fn settled(self, directory: &RunDirectory, asked: Warmup) -> (Self, Option<String>) {
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
        let started = Population::starts();
        let mut last = None;
        // A stretch in which nothing was answered is as slow as the one before, at least.
        let medians = self.history.bins().iter().filter_map(|bin| {
            last = started.histogram(bin).median().or(last);
            last.map(|micros| micros as f64)
        });
        let medians: Vec<f64> = medians.collect();
        let skipped = self.history.bins().len() - medians.len();
        match warmup(&medians) {
            Steady::From(bin) => {
                let cut = if bin == 0 { 0 } else { bin + skipped };
                Ok(cut as u64 * self.history.seconds_per_bin())
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
    use crate::record::{Class, Kind};

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
        (0..seconds).for_each(|s| take(&mut recording, &second(s, milliseconds(s))));
        recording
    }

    fn take(recording: &mut Recording, interval: &Interval) {
        recording.take_line(&Line::of(interval, None, &str::to_owned), interval);
    }

    #[test]
    fn a_second_that_is_handed_over_in_parts_has_its_requests_in_flight_once() {
        let mut recording = Recording::after(Warmup::None);
        for partial in [true, true, false] {
            take(&mut recording, &Interval { in_flight: 7, partial, ..second(0, 40) });
        }
        assert_eq!(recording.timeline.bins()[0].in_flight, 7);
        assert_eq!(recording.counts.sent, 300);
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
        (0..5).for_each(|s| take(&mut recording, &second(s, if s < 2 { 900 } else { 10 })));
        assert_eq!((recording.counts.sent, recording.tally.counts().sent), (500, 300));
        let times = Population::succeeded(Kind::Execute).series(&recording.tally, &recording.history);
        assert!(times.times().longest().unwrap().micros() < 11_000);
    }
}
