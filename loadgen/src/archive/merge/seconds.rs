//! Adds up what parts recorded of the same second, in memory that their length does not change.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use hdrhistogram::Histogram;

use super::part::Part;
use crate::archive::counters::{Counted, CountersReader, Line};
use crate::archive::examples::keep_examples;
use crate::archive::log::{LOG, LogEntry, LogReader, LogWriter, Unpacker};
use crate::record::{Answers, Counts, Example, Place, Violation, empty_histogram};

/// Bytes of a file's buffer.
const BUFFER: usize = 16 << 10;

/// Fails when nobody wants the merge any more.
pub(super) type GoOn<'g> = &'g dyn Fn() -> io::Result<()>;

/// What was recorded in order of time, one item after the other.
trait Recorded {
    type Item;

    fn next(&mut self) -> io::Result<Option<(u64, Self::Item)>>;
}

/// Hands over what all streams have of a second, in the order of the streams, second by second. Items that come out of
/// order are handed over later, on their own.
fn by_second<R: Recorded>(
    mut streams: Vec<R>,
    go_on: GoOn<'_>,
    mut take: impl FnMut(u64, Vec<(usize, R::Item)>) -> io::Result<()>,
) -> io::Result<()> {
    let mut ahead: Vec<Option<R::Item>> = Vec::with_capacity(streams.len());
    let mut next = BinaryHeap::new();
    for (stream, reader) in streams.iter_mut().enumerate() {
        let item = reader.next()?;
        ahead.push(item.map(|(second, item)| {
            next.push(Reverse((second, stream)));
            item
        }));
    }
    let mut group: Vec<(usize, R::Item)> = Vec::new();
    while let Some(Reverse((second, stream))) = next.pop() {
        group.extend(ahead[stream].take().map(|item| (stream, item)));
        if let Some((later, item)) = streams[stream].next()? {
            ahead[stream] = Some(item);
            next.push(Reverse((later, stream)));
        }
        if next.peek().is_none_or(|Reverse((later, _))| *later != second) {
            go_on()?;
            take(second, std::mem::take(&mut group))?;
        }
    }
    Ok(())
}

impl Recorded for CountersReader {
    type Item = Line;

    fn next(&mut self) -> io::Result<Option<(u64, Line)>> {
        Ok(Self::next(self)?.map(|line| (line.second, line)))
    }
}

impl Recorded for LogReader<BufReader<File>> {
    type Item = LogEntry;

    fn next(&mut self) -> io::Result<Option<(u64, LogEntry)>> {
        Ok(Self::next(self)?.map(|entry| (entry.second, entry)))
    }
}

/// Writes the counters of all parts.
pub(super) fn add_counters(parts: &[&Part], path: &Path, go_on: GoOn<'_>) -> io::Result<()> {
    let mut out = BufWriter::new(File::create_new(path)?);
    let mut write = |line: &Line| {
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n")
    };
    let streams = parts.iter().map(|part| CountersReader::open(&part.directory).map_err(|e| named(part, &e)));
    by_second(streams.collect::<io::Result<Vec<_>>>()?, go_on, |second, lines| {
        // One part's own lines, of several threads, stay as they are: its report is to be the same.
        if parts.len() == 1 { lines.iter().try_for_each(|(_, line)| write(line)) } else { write(&sum(second, lines)) }
    })?;
    parts.iter().filter_map(|part| part.open.as_ref()).try_for_each(&mut write)?;
    out.flush()
}

fn sum(second: u64, lines: Vec<(usize, Line)>) -> Line {
    let mut sum = Line { second, ..Line::default() };
    let mut parts: BTreeMap<Place, Counts> = BTreeMap::new();
    let mut examples: Vec<Example> = Vec::new();
    let mut answers = Answers::default();
    for (_, line) in lines {
        sum.in_flight += line.in_flight;
        sum.cpu_ns = sum.cpu_ns.map_or(line.cpu_ns, |sum| Some(sum + line.cpu_ns.unwrap_or(0)));
        sum.unsent_early += line.unsent_early;
        for Counted { place, counts } in line.parts {
            *parts.entry(place).or_default() += &counts;
        }
        examples.extend(line.examples);
        answers.add_all(&line.answers);
        sum.machines.extend(line.machines);
    }
    sum.machines.sort();
    sum.machines.dedup();
    sum.parts = parts.into_iter().map(|(place, counts)| Counted { place, counts }).collect();
    sum.answers = answers.all().to_vec();
    // The first by their arrivals, whoever saw them: so it does not matter what was merged with what before.
    examples.sort_by_key(|example| (example.violation == Violation::Illegal, example.k));
    keep_examples(&mut sum.examples, &examples);
    sum
}

/// Writes the histograms of all parts.
pub(super) fn add_histograms(parts: &[&Part], path: &Path, placed: bool, go_on: GoOn<'_>) -> io::Result<()> {
    let mut out = LogWriter::begin(BufWriter::new(File::create_new(path)?), placed)?;
    let mut unpacker = Unpacker::default();
    let streams = parts.iter().map(|part| Ok(LogReader::new(open(part)?)));
    by_second(streams.collect::<io::Result<Vec<_>>>()?, go_on, |second, entries| {
        if parts.len() == 1 {
            return entries.iter().try_for_each(|(_, entry)| out.copy(entry));
        }
        let mut tags: BTreeMap<&str, Vec<&LogEntry>> = BTreeMap::new();
        for (_, entry) in &entries {
            tags.entry(&entry.tag).or_default().push(entry);
        }
        let mut sums: Vec<(String, Histogram<u64>)> = Vec::new();
        for (tag, entries) in tags {
            match entries.as_slice() {
                [] => {}
                [one] => out.copy(one)?,
                several => {
                    let mut sum = empty_histogram();
                    for entry in several {
                        unpacker.add(entry, &mut sum, |_, _| ())?;
                    }
                    sums.push((tag.to_owned(), sum));
                }
            }
        }
        out.write(second, sums.iter().map(|(tag, sum)| (tag.clone(), sum)))
    })?;
    out.finish()
}

fn open(part: &Part) -> io::Result<BufReader<File>> {
    let file = File::open(part.directory.file(LOG)).map_err(|e| io::Error::new(e.kind(), format!("{LOG}: {e}")));
    Ok(BufReader::with_capacity(BUFFER, file.map_err(|e| named(part, &e))?))
}

/// The error with the run that it is about.
fn named(part: &Part, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{}: {e}", part.shown()))
}
