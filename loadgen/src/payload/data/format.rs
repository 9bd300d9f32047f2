//! One row of a table, taken apart.

use std::fmt;
use std::ops::Range;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::mistake::Mistake;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 4180; the first record names the columns. Every value is a text.
    Csv,
    /// An object a line, all with the keys of the first.
    JsonLines,
}

/// The values of one row: texts of CSV, or JSON as it was written.
#[derive(Debug, Default)]
pub(super) struct Cells {
    text: Vec<u8>,
    /// Where the fields of CSV end in it.
    ends: Vec<usize>,
    /// Where each value stands in it.
    places: Vec<Range<usize>>,
    /// Made once: its tables take longer to build than a row takes to read.
    csv: Csv,
}

#[derive(Debug)]
struct Csv(Box<csv_core::Reader>);

impl Default for Csv {
    fn default() -> Self {
        // The reader's own default has empty tables.
        Self(Box::new(csv_core::Reader::new()))
    }
}

impl Cells {
    /// The value of a column.
    pub(super) fn get(&self, column: usize) -> &str {
        let bytes = self.places.get(column).and_then(|range| self.text.get(range.clone()));
        // Rows were checked when the table was opened, and a file that has changed since shows no half characters.
        bytes.and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Reads the row that `bytes` begin with and returns how many of them it took; 0 when there is none.
    pub(super) fn read(&mut self, format: Format, columns: &[String], bytes: &[u8]) -> Result<usize, Mistake> {
        match format {
            Format::Csv => Ok(self.read_csv(bytes)),
            Format::JsonLines => self.read_json(columns, bytes),
        }
    }

    fn read_csv(&mut self, bytes: &[u8]) -> usize {
        use csv_core::ReadRecordResult::{End, InputEmpty, OutputEndsFull, OutputFull, Record};
        self.csv.0.reset();
        let (mut taken, mut written, mut fields) = (0, 0, 0);
        self.text.resize(self.text.capacity().max(256), 0);
        self.ends.resize(self.ends.capacity().max(16), 0);
        loop {
            // Without input left the reader is told that it is the end.
            let (result, read, wrote, ended) =
                self.csv.0.read_record(&bytes[taken..], &mut self.text[written..], &mut self.ends[fields..]);
            (taken, written, fields) = (taken + read, written + wrote, fields + ended);
            match result {
                Record => break,
                End => {
                    fields = 0;
                    break;
                }
                InputEmpty => {}
                OutputFull => self.text.resize(2 * self.text.len(), 0),
                OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
            }
        }
        self.places.clear();
        let starts = [0].into_iter().chain(self.ends[..fields].iter().copied());
        self.places.extend(starts.zip(&self.ends[..fields]).map(|(start, end)| start..*end));
        if fields == 0 { 0 } else { taken }
    }

    fn read_json(&mut self, columns: &[String], bytes: &[u8]) -> Result<usize, Mistake> {
        let mut taken = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            taken += line.len();
            if line.trim_ascii().is_empty() {
                continue;
            }
            self.text.clear();
            self.text.extend_from_slice(line);
            self.places.clear();
            self.places.resize(columns.len(), 0..0);
            let found = Found { columns, line: line.as_ptr() as usize, cells: &mut self.places };
            let mut reader = serde_json::Deserializer::from_slice(line);
            let read = reader.deserialize_map(found).and_then(|()| reader.end());
            read.map_err(|e| Mistake::usage(no_object(&e)))?;
            // No JSON value is empty.
            return match self.places.iter().position(Range::is_empty) {
                Some(missing) => Err(Mistake::usage(format!("has no `{}`", columns[missing]))),
                None => Ok(taken),
            };
        }
        Ok(0)
    }
}

/// What is wrong with a line that holds no object.
pub(super) fn no_object(error: &serde_json::Error) -> String {
    // Each line is read by itself, so the reader's own count of lines says nothing.
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("is not a JSON object: {what} (column {})", error.column())
}

/// Notes where the values of the columns stand in a line.
struct Found<'a> {
    columns: &'a [String],
    /// Where the line is in memory.
    line: usize,
    cells: &'a mut [Range<usize>],
}

impl<'de> Visitor<'de> for Found<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(column) = map.next_key_seed(Column(self.columns))? {
            let raw: &RawValue = map.next_value()?;
            let start = raw.get().as_ptr() as usize - self.line;
            if let Some(column) = column {
                self.cells[column] = start..start + raw.get().len();
            }
        }
        Ok(())
    }
}

/// Which column a key is.
struct Column<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for Column<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Column<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|column| column == key))
    }
}
