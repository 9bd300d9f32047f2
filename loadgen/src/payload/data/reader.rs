//! Rows on demand: the stretches of a table that were read last, and the row that was asked for last.

use std::io;
use std::ops::Range;

use super::format::{Cells, Format};
use super::index::{Index, Stretch};
use super::source::{Source, read_into};

/// Bytes that are read at a time, more only where a single stretch of the index is longer.
const CHUNK: u64 = 256 << 10;

/// Stretches that are kept. Generators take rows from almost the same place, but not at the same moment.
const KEPT: usize = 4;

/// Reads rows, and keeps at most a mebibyte of them.
#[derive(Debug, Default)]
pub(super) struct Reader {
    loaded: Vec<Loaded>,
    /// Which of them makes room for the next.
    next: usize,
    /// The row whose cells these are.
    row: Option<u64>,
    cells: Cells,
}

/// Consecutive rows in memory.
#[derive(Debug)]
struct Loaded {
    rows: Range<u64>,
    bytes: Vec<u8>,
    /// Where rows begin, as far as somebody has looked; the last one is where the next row begins.
    starts: Vec<usize>,
}

/// What a reader reads.
pub(super) struct Table<'t> {
    pub(super) source: &'t dyn Source,
    pub(super) index: &'t Index,
    pub(super) format: Format,
    pub(super) columns: &'t [String],
    /// Whether rows are asked for in order.
    pub(super) in_order: bool,
}

impl Reader {
    /// The values of a row.
    ///
    /// # Errors
    /// The row cannot be read, or is no row any more.
    pub(super) fn row(&mut self, row: u64, table: &Table<'_>) -> io::Result<&Cells> {
        if self.row != Some(row) {
            self.row = None;
            let at = match self.loaded.iter().position(|loaded| loaded.rows.contains(&row)) {
                Some(at) => at,
                None => self.load(row, table)?,
            };
            self.loaded[at].find(row, table, &mut self.cells)?;
            self.row = Some(row);
        }
        Ok(&self.cells)
    }

    /// Reads the stretch that holds a row, in the place of the oldest one.
    fn load(&mut self, row: u64, table: &Table<'_>) -> io::Result<usize> {
        // A small table is one stretch in any order; rows that are drawn from a large one are read alone.
        let most = if table.in_order || table.index.fits(CHUNK) { CHUNK } else { 0 };
        let Stretch { rows, bytes } = table.index.stretch(row, most);
        let at = self.next;
        if self.loaded.len() == at {
            self.loaded.push(Loaded { rows: 0..0, bytes: Vec::new(), starts: Vec::new() });
        }
        self.next = (at + 1) % KEPT;
        let loaded = &mut self.loaded[at];
        loaded.rows = 0..0;
        let length = usize::try_from(bytes.end - bytes.start).unwrap_or(usize::MAX);
        read_into(table.source, &mut loaded.bytes, bytes.start, length)?;
        if table.in_order {
            table.source.will_need(bytes.end, CHUNK);
        }
        loaded.starts.clear();
        loaded.starts.push(0);
        loaded.rows = rows;
        Ok(at)
    }
}

impl Loaded {
    /// Takes a row apart, passing over those before it that nobody has asked for.
    fn find(&mut self, row: u64, table: &Table<'_>, cells: &mut Cells) -> io::Result<()> {
        let wanted = usize::try_from(row - self.rows.start).unwrap_or(usize::MAX);
        let known = wanted.min(self.starts.len() - 1);
        for number in known..=wanted {
            let start = self.starts[number];
            let read = cells.read(table.format, table.columns, &self.bytes[start..]);
            let read = read.ok().filter(|read| *read > 0 && cells.len() == table.columns.len());
            let read = read.ok_or_else(|| io::Error::other("the file has changed since it was opened"))?;
            if number + 1 == self.starts.len() {
                self.starts.push(start + read);
            }
        }
        Ok(())
    }
}
