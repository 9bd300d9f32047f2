//! What the items of a map run may take while they are read: memory, counted before they are made, and bytes, as they come.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use serde_json::Value;

/// Bytes that the items of one map run may take here. AWS keeps them elsewhere, and is not known to have such a limit.
const MOST_HELD: usize = 256 << 20;
/// Bytes that may be read for them: an object may be named again and again.
const MOST_READ: u64 = 1 << 30;
/// Bytes that each object counts for at least, since opening it takes time.
const OPENING: u64 = 4 << 10;
/// Longest row or line, in bytes. The input of an execution has at most 256 KiB.
const MOST_OF_RECORD: usize = 8 << 20;
/// What an item of a list takes besides its text, in bytes.
const ITEM: usize = size_of::<Value>();
/// What a field of an object takes besides its name and the text of its value, in bytes: it stands in a list and in a table.
const FIELD: usize = size_of::<(String, Value)>() + 32;

/// Why a reading was broken off.
const TOO_MUCH_HELD: &str =
    "the items take more than 256 MiB of memory here: read fewer with `MaxItems`, or put them into several objects";
const TOO_MUCH_READ: &str = "more than 1 GiB is to be read for one map run: read fewer or smaller objects";
const TOO_LONG: &str = "a row or line has more than 8 MiB: no execution takes such an input";

/// What one reading may still take.
#[derive(Debug)]
pub(super) struct Measure {
    room: Cell<usize>,
    unread: Cell<u64>,
    /// Bytes that came since the last row was complete.
    record: Cell<usize>,
    refused: Cell<Option<&'static str>>,
}

impl Measure {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            room: Cell::new(MOST_HELD),
            unread: Cell::new(MOST_READ),
            record: Cell::new(0),
            refused: Cell::new(None),
        })
    }

    fn refuse<T>(&self, why: &'static str) -> Result<T, &'static str> {
        self.refused.set(Some(why));
        Err(why)
    }

    /// Room for a value with so many bytes of text.
    pub(super) fn item(&self, text: usize) -> Result<(), &'static str> {
        self.hold(ITEM.saturating_add(text))
    }

    /// Room for a field with a name of so many bytes, beside that for its value.
    pub(super) fn field(&self, name: usize) -> Result<(), &'static str> {
        self.hold((FIELD - ITEM).saturating_add(name))
    }

    fn hold(&self, bytes: usize) -> Result<(), &'static str> {
        let Some(rest) = self.room.get().checked_sub(bytes) else { return self.refuse(TOO_MUCH_HELD) };
        self.room.set(rest);
        Ok(())
    }

    fn read(&self, bytes: u64) -> Result<(), &'static str> {
        let Some(rest) = self.unread.get().checked_sub(bytes) else { return self.refuse(TOO_MUCH_READ) };
        self.unread.set(rest);
        Ok(())
    }

    /// A row or line is complete.
    pub(super) fn record_ends(&self) {
        self.record.set(0);
    }

    /// Bytes of a row or line have come.
    pub(super) fn record_goes_on(&self, bytes: usize) -> Result<(), &'static str> {
        self.record.set(self.record.get().saturating_add(bytes));
        if self.record.get() > MOST_OF_RECORD { self.refuse(TOO_LONG) } else { Ok(()) }
    }

    /// Why a reading has failed, whatever the reader has made of it.
    pub(super) fn told(&self, otherwise: impl FnOnce() -> String) -> String {
        self.refused.get().map_or_else(otherwise, str::to_owned)
    }
}

/// Bytes that are counted as they come.
#[derive(Debug)]
pub(super) struct Measured<R> {
    from: R,
    measure: Rc<Measure>,
    /// Whether they are rows.
    in_records: bool,
}

impl<R> Measured<R> {
    /// An object that has been opened; `in_records` says whether somebody tells where its rows end.
    pub(super) fn new(from: R, measure: &Rc<Measure>, in_records: bool) -> Result<Self, &'static str> {
        measure.read(OPENING)?;
        measure.record_ends();
        Ok(Self { from, measure: Rc::clone(measure), in_records })
    }
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.measure.read(read as u64).map_err(io::Error::other)?;
        if self.in_records {
            self.measure.record_goes_on(read).map_err(io::Error::other)?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_again_and_again_is_counted_each_time() {
        let measure = Measure::new();
        let opened =
            (0..2 * MOST_READ / OPENING).take_while(|_| Measured::new(io::empty(), &measure, false).is_ok()).count();
        assert_eq!(opened as u64, MOST_READ / OPENING);
        assert_eq!(measure.told(String::new), TOO_MUCH_READ);
        let measure = Measure::new();
        let mut endless = Measured::new(io::repeat(0).take(2 * MOST_READ), &measure, false).unwrap();
        assert!(io::copy(&mut endless, &mut io::sink()).is_err());
        assert_eq!(measure.told(String::new), TOO_MUCH_READ);
    }

    #[test]
    fn a_row_that_never_ends_is_read_up_to_a_bound() {
        let measure = Measure::new();
        let mut endless = Measured::new(io::repeat(b','), &measure, true).unwrap();
        assert!(io::copy(&mut endless, &mut io::sink()).is_err());
        assert_eq!(measure.told(String::new), TOO_LONG);
        assert!(MOST_READ - measure.unread.get() < 2 * MOST_OF_RECORD as u64);
    }
}
