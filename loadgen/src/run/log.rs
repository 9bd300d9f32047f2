//! `intervals.hlog`: the histograms of each second, in the log format of `HdrHistogram`.

use std::io::{self, BufRead, Write};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, IntervalLogWriterBuilder, LogEntry, Tag};
use hdrhistogram::serialization::{Deserializer, V2DeflateSerializer};

/// Writes a log.
#[derive(Debug)]
pub(super) struct LogWriter<W> {
    out: W,
}

impl<W: Write> LogWriter<W> {
    /// Writes the head. `placed` is whether tags tell the place.
    pub(super) fn begin(mut out: W, placed: bool) -> io::Result<Self> {
        let mut serializer = V2DeflateSerializer::new();
        let mut builder = IntervalLogWriterBuilder::new();
        builder.add_comment("loadgen: microseconds; a tag is a class (response times) or what is timed");
        if placed {
            builder.add_comment("and then the stage and the payload, numbered as in manifest.json: started/0/1");
        }
        builder.with_max_value_divisor(1_000.0);
        drop(builder.begin_log_with(&mut out, &mut serializer).map_err(io::Error::other)?);
        Ok(Self { out })
    }

    /// Adds the histograms of a second, each with its tag, in one piece.
    pub(super) fn write<'h>(
        &mut self,
        second: u64,
        histograms: impl IntoIterator<Item = (String, &'h Histogram<u64>)>,
    ) -> io::Result<()> {
        let mut text = Vec::new();
        let mut serializer = V2DeflateSerializer::new();
        let mut builder = IntervalLogWriterBuilder::new();
        builder.with_max_value_divisor(1_000.0);
        let mut log = builder.begin_log_with(&mut text, &mut serializer).map_err(io::Error::other)?;
        let start = Duration::from_secs(second);
        for (tag, histogram) in histograms {
            log.write_histogram(histogram, start, Duration::from_secs(1), Tag::new(&tag))
                .map_err(|e| io::Error::other(format!("{e:?}")))?;
        }
        drop(log);
        // The head is written already: only the lines of histograms follow it.
        let lines = text.split_inclusive(|b| *b == b'\n').filter(|line| line.starts_with(b"Tag="));
        self.out.write_all(&lines.collect::<Vec<_>>().concat())
    }

    /// Adds a line of another log as it is.
    pub(super) fn copy(&mut self, entry: &Entry) -> io::Result<()> {
        self.out.write_all(&entry.line)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A line of a log: a histogram, not yet unpacked.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) second: u64,
    pub(super) tag: String,
    line: Vec<u8>,
}

impl Entry {
    /// The histogram.
    pub(super) fn histogram(&self, deserializer: &mut Deserializer) -> io::Result<Histogram<u64>> {
        let Some(Ok(LogEntry::Interval(interval))) = IntervalLogIterator::new(&self.line).next() else {
            return Err(damaged("a line is no interval"));
        };
        let raw = BASE64_STANDARD.decode(interval.encoded_histogram()).map_err(|e| damaged(&e.to_string()))?;
        deserializer.deserialize(&mut raw.as_slice()).map_err(|e| damaged(&e.to_string()))
    }
}

/// The entries of a log, one at a time; a last line that was cut off is left out.
pub(super) struct LogReader<R>(pub(super) R);

impl<R: BufRead> LogReader<R> {
    /// The next one.
    ///
    /// # Errors
    /// The log cannot be read, or holds something else.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        loop {
            let mut line = Vec::new();
            self.0.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                return Ok(None);
            }
            let (second, tag) = match IntervalLogIterator::new(&line).next() {
                Some(Err(e)) => return Err(damaged(&format!("{e:?}"))),
                Some(Ok(LogEntry::Interval(interval))) => (
                    interval.start_timestamp().as_secs(),
                    interval.tag().map(|tag| tag.as_str().to_owned()).unwrap_or_default(),
                ),
                None | Some(Ok(_)) => continue,
            };
            return Ok(Some(Entry { second, tag, line }));
        }
    }
}

pub(super) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("intervals.hlog: {what}"))
}
