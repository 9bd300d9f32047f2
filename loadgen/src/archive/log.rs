//! `intervals.hlog`: the histograms of each second, in the log format of `HdrHistogram`.

use std::io::{self, BufRead, Write};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::{Decompress, FlushDecompress, Status};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::record::LONGEST;

/// The file's name in a run directory.
pub(super) const LOG: &str = "intervals.hlog";

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
    pub(super) fn copy(&mut self, entry: &LogEntry) -> io::Result<()> {
        self.out.write_all(&entry.line)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A line of a log: a histogram, not yet unpacked.
#[derive(Debug)]
pub(super) struct LogEntry {
    pub(super) second: u64,
    pub(super) tag: String,
    line: Vec<u8>,
}

/// The entries of a log, one at a time; a last line that was cut off is left out.
pub(super) struct LogReader<R> {
    inner: R,
    /// Lines so far.
    line: u64,
    /// Whether the last line was cut off.
    cut: bool,
}

impl<R: BufRead> LogReader<R> {
    pub(super) const fn new(inner: R) -> Self {
        Self { inner, line: 0, cut: false }
    }

    /// Whether the log ended within a line.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The next one.
    ///
    /// # Errors
    /// The log cannot be read, or holds something else.
    pub(super) fn next(&mut self) -> io::Result<Option<LogEntry>> {
        loop {
            let mut line = Vec::new();
            self.inner.read_until(b'\n', &mut line)?;
            self.line += 1;
            if line.last() != Some(&b'\n') {
                self.cut = !line.is_empty();
                return Ok(None);
            }
            // Comments, and the names of the columns.
            if line.starts_with(b"#") || line.starts_with(b"\"") {
                continue;
            }
            let Some((second, tag)) = head(&line) else {
                return Err(damaged(&format!("line {} is not an interval", self.line)));
            };
            let tag = tag.to_owned();
            return Ok(Some(LogEntry { second, tag, line }));
        }
    }
}

/// Second and tag of `Tag=started/0/1,12.000,1.000,0.123,HISTF…`.
fn head(line: &[u8]) -> Option<(u64, &str)> {
    let line = str::from_utf8(line).ok()?;
    let (tag, rest) = line.strip_prefix("Tag=")?.split_once(',')?;
    let seconds = rest.split_once('.')?.0.parse().ok()?;
    Some((seconds, tag))
}

/// Slots of a histogram for times up to the longest, with three digits: 2,048 for the first, 1,024 for each doubling.
const SLOTS: u64 = 24 * 1_024;

/// Most bytes of an unpacked histogram: its head, and at most nine for each slot.
const UNPACKED: usize = HEAD + 9 * 24 * 1_024;

/// Bytes before the counts: cookie, length, offset, digits, the bounds and a ratio.
const HEAD: usize = 40;

/// Begins what is unpacked, and what is packed (version 2 of the format).
const COOKIES: [u32; 2] = [0x1c84_9313, 0x1c84_9314];

/// Takes histograms out of lines, without memory of its own for each: a day of a run has a million of them, and nearly all
/// of their slots are empty.
pub(super) struct Unpacker {
    inflate: Decompress,
    packed: Vec<u8>,
    unpacked: Vec<u8>,
}

impl Default for Unpacker {
    fn default() -> Self {
        Self { inflate: Decompress::new(true), packed: Vec::new(), unpacked: vec![0; UNPACKED] }
    }
}

impl Unpacker {
    /// Adds the times of an entry to a histogram of our bounds, and tells how many they are. `each` gets the lowest time of
    /// each slot that is not empty, with its count.
    ///
    /// # Errors
    /// The entry holds no histogram of our bounds.
    pub(super) fn add(
        &mut self,
        entry: &LogEntry,
        sum: &mut Histogram<u64>,
        mut each: impl FnMut(u64, u64),
    ) -> io::Result<u64> {
        let line = entry.line.trim_ascii_end();
        let encoded = line.rsplit(|byte| *byte == b',').next().unwrap_or_default();
        let wrong = |what: &str| damaged(&format!("second {}, {}: {what}", entry.second, entry.tag));
        self.packed.clear();
        BASE64_STANDARD.decode_vec(encoded, &mut self.packed).map_err(|e| wrong(&e.to_string()))?;
        let counts = self.inflate().ok_or_else(|| wrong("it does not hold a histogram written by loadgen"))?;
        let counts = self.unpacked.get(counts).unwrap_or_default();
        let mut total = 0_u64;
        let whole = each_count(counts, |value, count| {
            total = total.saturating_add(count);
            each(value, count);
            sum.record_n(value, count).is_ok()
        });
        whole.map(|()| total).ok_or_else(|| wrong("its counts cannot be read"))
    }

    /// Unpacks what was decoded. Gives the range of the counts.
    fn inflate(&mut self) -> Option<std::ops::Range<usize>> {
        let zlib = self.packed.strip_prefix(&COOKIES[1].to_be_bytes())?.get(4..)?;
        self.inflate.reset(true);
        let status = self.inflate.decompress(zlib, &mut self.unpacked, FlushDecompress::Finish).ok()?;
        let length = usize::try_from(self.inflate.total_out()).ok()?;
        let unpacked = self.unpacked.get(..length)?;
        let number = |at: usize| Some(u32::from_be_bytes(unpacked.get(at..at + 4)?.try_into().ok()?));
        let bound = |at: usize| Some(u64::from_be_bytes(unpacked.get(at..at + 8)?.try_into().ok()?));
        let ours = number(0)? == COOKIES[0]
            && (number(8)?, number(12)?) == (0, 3)
            && (bound(16)?, bound(24)?) == (1, LONGEST)
            && usize::try_from(number(4)?).ok()? == length - HEAD;
        (status == Status::StreamEnd && ours).then_some(HEAD..length)
    }
}

/// Hands over each value that occurs with its count, as long as `take` says so. Counts are variable-length numbers with
/// their sign in the last bit; a negative one is a stretch of empty slots.
fn each_count(bytes: &[u8], mut take: impl FnMut(u64, u64) -> bool) -> Option<()> {
    let (mut slot, mut at) = (0_u64, 0);
    while at < bytes.len() {
        let (number, length) = variable(&bytes[at..])?;
        at += length;
        let count = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
        if count < 0 {
            slot = slot.checked_add(count.unsigned_abs())?;
        } else {
            if count > 0 && !(slot < SLOTS && take(lowest(slot), count.unsigned_abs())) {
                return None;
            }
            slot += 1;
        }
    }
    Some(())
}

/// Seven bits a byte, the last of nine bytes with eight.
fn variable(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (index, byte) in bytes.iter().take(9).enumerate() {
        if index == 8 {
            return Some((number | u64::from(*byte) << 56, 9));
        }
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, index + 1));
        }
    }
    None
}

/// The lowest time that belongs to a slot.
const fn lowest(slot: u64) -> u64 {
    if slot < 2_048 { slot } else { ((slot & 1_023) + 1_024) << ((slot >> 10) - 1) }
}

pub(super) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{LOG} is damaged: {what}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn histogram(times: &[(u64, u64)]) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_bounds(1, LONGEST, 3).unwrap();
        for (time, count) in times {
            histogram.record_n(*time, *count).unwrap();
        }
        histogram
    }

    fn logged(histogram: &Histogram<u64>) -> Vec<u8> {
        let mut log = Vec::new();
        LogWriter::begin(&mut log, true).unwrap().write(7, [("started/0/1".to_owned(), histogram)]).unwrap();
        log
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(times in prop::collection::vec((1..=LONGEST, 1_u64..1 << 40), 1..60)) {
            let written = histogram(&times);
            let log = logged(&written);
            let mut reader = LogReader::new(log.as_slice());
            let entry = reader.next().unwrap().unwrap();
            prop_assert_eq!((entry.second, entry.tag.as_str()), (7, "started/0/1"));
            let mut read = histogram(&[]);
            let total = Unpacker::default().add(&entry, &mut read, |_, _| ()).unwrap();
            prop_assert_eq!(total, written.len());
            prop_assert_eq!(read, written);
            prop_assert!(reader.next().unwrap().is_none() && !reader.is_cut());
        }

        #[test]
        fn no_line_makes_the_reader_panic_or_claim_memory(noise in prop::collection::vec(any::<u8>(), 0..80), at in 0_usize..200) {
            let mut log = logged(&histogram(&[(1, 1), (90_000, 3)]));
            let at = at % log.len();
            log.splice(at..at, noise);
            let (mut reader, mut unpacker, mut sum) =
                (LogReader::new(log.as_slice()), Unpacker::default(), histogram(&[]));
            while let Ok(Some(entry)) = reader.next() {
                let _ = unpacker.add(&entry, &mut sum, |_, _| ());
            }
        }
    }

    #[test]
    fn a_small_line_that_claims_a_large_histogram_is_refused() {
        let mut bomb = Vec::new();
        let mut encoder = flate2::write::ZlibEncoder::new(&mut bomb, flate2::Compression::best());
        encoder.write_all(&vec![0; 8 << 20]).unwrap();
        encoder.finish().unwrap();
        let packed = [&COOKIES[1].to_be_bytes()[..], &[0xff; 4], &bomb].concat();
        let line = format!("Tag=started,0.000,1.000,0.000,{}\n", BASE64_STANDARD.encode(packed));
        let entry = LogReader::new(line.as_bytes()).next().unwrap().unwrap();
        let refused = Unpacker::default().add(&entry, &mut histogram(&[]), |_, _| ()).unwrap_err();
        assert!(refused.to_string().contains("second 0, started"), "{refused}");
    }

    #[test]
    fn a_log_that_ends_within_a_line_is_cut() {
        let log = logged(&histogram(&[(5, 1)]));
        let mut reader = LogReader::new(&log[..log.len() - 1]);
        assert!(reader.next().unwrap().is_none() && reader.is_cut());
    }
}
