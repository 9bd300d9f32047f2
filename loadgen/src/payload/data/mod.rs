//! Rows of data files: which row an arrival gets is a function of its number and its seed. However long a file is, it
//! takes at most three mebibytes of memory: the places of some rows, and the rows that were read last.

mod format;
mod index;
mod reader;
mod source;

use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::format::{Cells, Format, no_object};
use self::index::Index;
use self::reader::{Reader, Table};
pub(crate) use self::source::Source;
use self::source::SourceReader;
use crate::mistake::Mistake;
use crate::random::{Random, Stream};

/// Most bytes of a row: four times what an execution's input may be.
const LONGEST_ROW: usize = 1 << 20;

/// What some editors put before everything else.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Which row an arrival gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Arrival k gets row k, and the first one again after the last.
    #[default]
    Sequential,
    /// Any, with equal chances.
    Random,
    /// Arrival k gets row k; a run with more arrivals than rows is refused before it begins.
    Unique,
}

/// A table of data with the order in which its rows are dealt out.
pub struct Data {
    /// Its name in the scenario.
    pub name: String,
    /// Which row an arrival gets.
    pub order: Order,
    columns: Vec<String>,
    format: Format,
    index: Index,
    /// SHA-256 of columns and values.
    content: [u8; 32],
    source: Box<dyn Source>,
    reader: Mutex<Reader>,
}

/// Tables by name.
pub(super) type Tables = [std::sync::Arc<Data>];

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    /// A text of CSV.
    Text(&'a str),
    /// JSON, as it stands in the file.
    Json(&'a str),
}

/// The row of an arrival.
#[derive(Clone, Copy)]
pub(super) struct DataRow<'a> {
    cells: &'a Cells,
    format: Format,
}

impl<'a> DataRow<'a> {
    /// The value of a column.
    pub(super) fn get(self, column: usize) -> Cell<'a> {
        match self.format {
            Format::Csv => Cell::Text(self.cells.get(column)),
            Format::JsonLines => Cell::Json(self.cells.get(column)),
        }
    }
}

impl Data {
    /// Opens CSV (RFC 4180) whose first record names the columns. Every value is a text.
    ///
    /// # Errors
    /// The line that is wrong, in words.
    pub fn csv(name: &str, order: Order, source: Box<dyn Source>) -> Result<Self, Mistake> {
        refuse_utf16(&*source)?;
        let mut reader = csv::Reader::from_reader(SourceReader::new(&*source));
        let columns: Vec<String> = reader.headers().map_err(|e| unreadable(&e))?.iter().map(String::from).collect();
        // Columns without a name come from commas at the ends of lines: nobody can ask for them.
        let mut named = columns.iter().enumerate().filter(|(_, column)| !column.is_empty());
        if let Some(twice) = named.find(|(at, column)| columns[..*at].contains(column)) {
            return Err(Mistake::usage(format!(
                "the column `{}` is there twice: give each column a name of its own",
                twice.1
            )));
        }
        let (mut index, mut content) = (Index::default(), ContentHash::of(&columns));
        let mut record = csv::StringRecord::new();
        // Where the record before begins.
        let mut last = csv::Position::new();
        loop {
            let position = reader.position().clone();
            let place = position.byte();
            let read = reader.read_record(&mut record);
            // A quote that is never closed takes the rest of the file into its row.
            if !matches!(read, Ok(true)) {
                let from = if read.is_ok() { &last } else { &position };
                unclosed(&*source, from)?;
            }
            if !read.map_err(|e| unreadable(&e))? {
                index.close(place);
                break;
            }
            if record.as_slice().len() > LONGEST_ROW {
                unclosed(&*source, &position)?;
                return Err(Mistake::usage(format!("the row at byte {place} is longer than {LONGEST_ROW} bytes")));
            }
            last = position;
            index.push(place);
            record.iter().for_each(|cell| content.add(cell));
        }
        Self::checked(name, order, columns, Format::Csv, (index, content, source))
    }

    /// Opens JSON Lines: an object a line, all with the keys of the first.
    ///
    /// # Errors
    /// The line that is wrong, in words.
    pub fn json_lines(name: &str, order: Order, source: Box<dyn Source>) -> Result<Self, Mistake> {
        refuse_utf16(&*source)?;
        let mut reader = BufReader::with_capacity(64 << 10, SourceReader::new(&*source));
        let (mut columns, mut cells) = (Vec::new(), Cells::default());
        let (mut index, mut content) = (Index::default(), ContentHash::of(&[]));
        let (mut line, mut place) = (Vec::new(), 0);
        for number in 1_u64.. {
            line.clear();
            let limit = LONGEST_ROW as u64 + 1;
            let read = io::Read::take(&mut reader, limit)
                .read_until(b'\n', &mut line)
                .map_err(|e| Mistake::usage(e.to_string()))?;
            if read > LONGEST_ROW {
                return Err(Mistake::usage(format!("line {number} is longer than {LONGEST_ROW} bytes")));
            }
            if read == 0 {
                break;
            }
            if number == 1 && line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
                place += BYTE_ORDER_MARK.len() as u64;
            }
            if !line.trim_ascii().is_empty() {
                if columns.is_empty() {
                    columns = keys(&line).map_err(|e| Mistake::usage(format!("line {number} {}", no_object(&e))))?;
                    content = ContentHash::of(&columns);
                }
                cells
                    .read(Format::JsonLines, &columns, &line)
                    .map_err(|e| Mistake::usage(format!("line {number} {e}")))?;
                index.push(place);
                (0..columns.len()).for_each(|column| content.add(cells.get(column)));
            }
            place += line.len() as u64;
        }
        index.close(place);
        Self::checked(name, order, columns, Format::JsonLines, (index, content, source))
    }

    fn checked(
        name: &str,
        order: Order,
        columns: Vec<String>,
        format: Format,
        (index, content, source): (Index, ContentHash, Box<dyn Source>),
    ) -> Result<Self, Mistake> {
        if index.rows() == 0 {
            return Err(Mistake::usage("it has no rows"));
        }
        let (content, reader) = (content.0.finalize().into(), Mutex::default());
        Ok(Self { name: name.into(), order, columns, format, index, content, source, reader })
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.index.rows()
    }

    /// The columns, in order.
    #[must_use]
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Shows the row that arrival `k` gets.
    ///
    /// # Errors
    /// There is no row left for it, or the file cannot be read any more: in words.
    pub(super) fn look<T>(&self, k: u64, seed: u64, show: impl FnOnce(DataRow<'_>) -> T) -> Result<T, Mistake> {
        let row = match self.order {
            Order::Sequential => k % self.rows(),
            Order::Unique if k >= self.rows() => {
                return Err(Mistake::usage(format!(
                    "the table `{}` has {} rows, and none for arrival {k}",
                    self.name,
                    self.rows()
                )));
            }
            Order::Unique => k,
            Order::Random => Random::at(seed, Stream::Data, 0).below(self.rows()),
        };
        let table = Table {
            source: &*self.source,
            index: &self.index,
            format: self.format,
            columns: &self.columns,
            in_order: self.order != Order::Random,
        };
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let cells = reader
            .row(row, &table)
            .map_err(|e| Mistake::usage(format!("cannot read row {row} of `{}`: {e}", self.name)))?;
        Ok(show(DataRow { cells, format: self.format }))
    }

    /// What decides the bodies that are made of it.
    pub fn digest(&self, mut update: impl FnMut(&[u8])) {
        update(self.name.as_bytes());
        update(&[self.order as u8]);
        update(&self.content);
    }
}

/// Not the rows, which may be many and nobody's business.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data").field("name", &self.name).field("rows", &self.rows()).finish_non_exhaustive()
    }
}

/// A digest of texts, each told apart from the next.
struct ContentHash(Sha256);

impl ContentHash {
    fn of(columns: &[String]) -> Self {
        let mut content = Self(Sha256::new());
        for column in columns {
            content.add(column);
        }
        content
    }

    fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
    }
}

/// What spreadsheets call Unicode text is not what this reads.
fn refuse_utf16(source: &dyn Source) -> Result<(), Mistake> {
    let mut mark = [0; 2];
    let read = source.read_at(&mut mark, 0).map_err(|e| Mistake::usage(e.to_string()))?;
    if read == 2 && [[0xff, 0xfe], [0xfe, 0xff]].contains(&mark) {
        return Err(Mistake::usage("it is UTF-16: save it as UTF-8"));
    }
    Ok(())
}

/// Refuses CSV that ends within quotes, if the record that begins at `from` is the last one.
fn unclosed(source: &dyn Source, from: &csv::Position) -> Result<(), Mistake> {
    let mut reader = BufReader::with_capacity(64 << 10, SourceReader::from(source, from.byte()));
    let (mut line, mut opened, mut begins) = (from.line(), None, true);
    // Two quotes within quotes are one: the field ends with the first, and goes on with the second.
    let mut closed = None;
    loop {
        let bytes = reader.fill_buf().map_err(|e| Mistake::usage(e.to_string()))?;
        if bytes.is_empty() {
            break;
        }
        for byte in bytes {
            line += u64::from(*byte == b'\n');
            match (byte, opened) {
                (b'"', Some(since)) => (opened, closed, begins) = (None, Some(since), false),
                (b'"', None) if begins || closed.is_some() => opened = Some(closed.take().unwrap_or(line)),
                (_, Some(_)) => {}
                (b',' | b'\n' | b'\r', None) => (begins, closed) = (true, None),
                _ => (begins, closed) = (false, None),
            }
        }
        let length = bytes.len();
        reader.consume(length);
    }
    match opened {
        Some(line) => Err(Mistake::usage(format!("a quote that opens on line {line} is never closed"))),
        None => Ok(()),
    }
}

/// What is wrong with a CSV file.
fn unreadable(error: &csv::Error) -> Mistake {
    let line = |at: &Option<csv::Position>| at.as_ref().map_or(1, csv::Position::line);
    Mistake::usage(match error.kind() {
        csv::ErrorKind::Utf8 { pos, .. } => format!("line {} is not UTF-8: save the file as UTF-8", line(pos)),
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            format!("line {} has {len} columns, and the first line names {expected_len}", line(pos))
        }
        _ => error.to_string(),
    })
}

fn keys(line: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    let row: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line)?;
    Ok(row.into_iter().map(|(key, _)| key).collect())
}

#[cfg(test)]
mod tests;
