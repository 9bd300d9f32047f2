//! Rows as text with commas.

use std::fs::File;
use std::io::{self, BufWriter};

use super::{COLUMNS, Sink};
use crate::record::{Places, Rows};

/// A file of rows, complete up to the last second that was handed over.
pub(super) struct Csv {
    writer: csv::Writer<BufWriter<File>>,
}

impl Csv {
    /// A file with its head.
    pub(super) fn begin(file: File) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        writer.write_record(COLUMNS)?;
        writer.flush()?;
        Ok(Self { writer })
    }
}

/// What keeps a spreadsheet from taking a text for a formula: names come from outside, and `=cmd|…` would be run.
fn mark(text: &str) -> &'static str {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" }
}

impl Sink for Csv {
    fn write(&mut self, rows: &Rows, places: &Places) -> io::Result<()> {
        let mut field = String::new();
        for (row, name) in rows.iter() {
            let mut write = |args: std::fmt::Arguments<'_>| {
                field.clear();
                // Writing to a `String` cannot fail.
                let _ = std::fmt::Write::write_fmt(&mut field, args);
                self.writer.write_field(&field)
            };
            write(format_args!("{}", row.k))?;
            write(format_args!("{}{}", mark(places.stage(row.place)), places.stage(row.place)))?;
            write(format_args!("{}{}", mark(places.payload(row.place)), places.payload(row.place)))?;
            write(format_args!("{}", row.intended))?;
            write(format_args!("{}", row.released))?;
            match row.first_byte {
                Some(first_byte) => write(format_args!("{first_byte}"))?,
                None => write(format_args!(""))?,
            }
            write(format_args!("{}", row.end))?;
            write(format_args!("{}", row.fate.as_str()))?;
            match row.status {
                Some(status) => write(format_args!("{status}"))?,
                None => write(format_args!(""))?,
            }
            write(format_args!("{}{name}", mark(name)))?;
            self.writer.write_record(None::<&[u8]>)?;
        }
        // A reader of a pipe gets a second at a time, and a killed run loses no more than one.
        self.writer.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.writer.flush()
    }
}
