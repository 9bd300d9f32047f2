//! The account of a run from its directory, also after the run was killed.

use std::fs;
use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use super::collector::{Line, keep_examples};
use super::directory::{Ending, Manifest, RunDirectory};
use super::names::count_names;
use crate::judge::{Circumstances, Metric, Threshold};
use crate::record::{Series, Tally};
use crate::report::{Account, Summary};

/// The summary of the run in a directory, equal to the run's own.
///
/// A run that was killed is told as interrupted: what it had handed over by then, at most a second before its end.
///
/// # Errors
/// A file is missing or damaged.
pub fn rebuild(directory: &RunDirectory, manifest: &Manifest) -> io::Result<Summary> {
    let mut account = Account { planned: manifest.planned, window: manifest.window_ns, ..Account::default() };
    let seconds = read_counters(directory, &mut account)?;
    read_histograms(directory, &mut account.tally)?;
    let merged = count_names(&directory.file("names"))?;
    account.names = merged.names;
    keep_examples(&mut account.examples, &merged.examples);
    let ending = directory.ending()?.unwrap_or_else(|| killed(&mut account, seconds));
    account.arrivals_sha256 = ending.arrivals_sha256;
    account.elapsed = ending.elapsed_ns;
    account.circumstances = Circumstances { interrupted: ending.interrupted, aborted: ending.aborted };
    let thresholds: Vec<Threshold> = manifest
        .thresholds
        .iter()
        .filter_map(|(metric, expression)| Threshold::parse(Metric::parse(metric)?, expression).ok())
        .collect();
    Ok(Summary::of(&account, &thresholds, manifest.run.clone(), ending.workflows))
}

/// Adds up `counters.jsonl`; a last line that was cut off is left out. Returns the seconds that it covers.
fn read_counters(directory: &RunDirectory, account: &mut Account) -> io::Result<u64> {
    let mut seconds = 0;
    let text = fs::read_to_string(directory.file("counters.jsonl"))?;
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let line: Line = serde_json::from_str(line)?;
        account.tally.counts += &line.counts;
        account.most_in_flight = account.most_in_flight.max(line.in_flight);
        keep_examples(&mut account.examples, &line.examples);
        seconds = seconds.max(line.second + 1);
    }
    Ok(seconds)
}

fn read_histograms(directory: &RunDirectory, tally: &mut Tally) -> io::Result<()> {
    let bytes = fs::read(directory.file("intervals.hlog"))?;
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
    let mut deserializer = Deserializer::new();
    for entry in IntervalLogIterator::new(&bytes[..whole]) {
        let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("intervals.hlog: {what}"));
        let LogEntry::Interval(interval) = entry.map_err(|e| damaged(&format!("{e:?}")))? else { continue };
        let tag = interval.tag().map(|tag| tag.as_str()).unwrap_or_default();
        let series = Series::all().find(|s| s.tag() == tag).ok_or_else(|| damaged(&format!("unknown tag `{tag}`")))?;
        let raw = BASE64_STANDARD.decode(interval.encoded_histogram()).map_err(|e| damaged(&e.to_string()))?;
        let histogram: Histogram<u64> =
            deserializer.deserialize(&mut raw.as_slice()).map_err(|e| damaged(&e.to_string()))?;
        tally.add_histogram(series, &histogram);
    }
    Ok(())
}

/// How a run without an end is to be read: requests in flight are unfinished, arrivals not sent are unsent.
fn killed(account: &mut Account, seconds: u64) -> Ending {
    let counts = &mut account.tally.counts;
    counts.unfinished = counts.sent - counts.ended.iter().sum::<u64>();
    counts.unsent = account.planned.map_or(0, |planned| planned.saturating_sub(counts.sent + counts.dropped));
    Ending {
        elapsed_ns: seconds * 1_000_000_000,
        interrupted: true,
        aborted: false,
        arrivals_sha256: None,
        workflows: None,
    }
}
