//! The run's names and the records of Step Functions, side by side: each stream is sorted, so one pass will do.

use std::io;

use super::rows::{Listed, Standing};
use crate::archive::Sorted;
use crate::record::Entry;

/// A time in seconds from the beginning of the list's: in it, an execution that nobody named may be a lost answer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// What is joined.
pub(super) struct Streams<S = Sorted> {
    /// Names that answers told.
    pub(super) named: S,
    /// The same of attempts that another one replaced.
    pub(super) discarded: S,
    /// Keys that requests brought along; none where names are the gateway's.
    pub(super) keys: S,
    /// Rows of the list.
    pub(super) rows: S,
    /// Where names stand that are no UUIDs.
    pub(super) texts: S,
}

/// Whose an execution is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// An answer said that it was started.
    Named,
    /// An answer to an attempt said so that another attempt replaced.
    Replaced,
    /// No answer told of it, and it has the key of one of the run's requests.
    Keyed,
    /// Nothing tells, and it started in the time of the run.
    Within,
    /// Nothing tells, and it started at another time.
    Elsewhere,
}

/// A name, and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: [u64; 2],
    pub(super) owner: Owner,
    /// `None`: the list does not have it.
    pub(super) row: Option<Listed>,
    /// Where its name stands, if that is no UUID.
    pub(super) text: Option<u64>,
}

/// A stream that can be looked into.
struct Ahead<I> {
    inner: I,
    head: Option<Entry>,
}

impl<I: Iterator<Item = io::Result<Entry>>> Ahead<I> {
    fn new(mut inner: I) -> io::Result<Self> {
        let head = inner.next().transpose()?;
        Ok(Self { inner, head })
    }

    /// Takes all entries of a name, and gives the last one.
    fn last_of(&mut self, id: [u64; 2]) -> io::Result<Option<Entry>> {
        let mut last = None;
        while let Some(entry) = self.head.filter(|head| head.id == id) {
            last = Some(entry);
            self.head = self.inner.next().transpose()?;
        }
        Ok(last)
    }
}

/// Hands over every name of the run and every row, each once, in the order of names. A key of which nothing came is
/// nothing to tell.
pub(super) fn join<S: Iterator<Item = io::Result<Entry>>>(
    streams: Streams<S>,
    span: Span,
    mut take: impl FnMut(Found) -> io::Result<()>,
) -> io::Result<()> {
    let mut named = Ahead::new(streams.named)?;
    let mut discarded = Ahead::new(streams.discarded)?;
    let mut keys = Ahead::new(streams.keys)?;
    let mut rows = Ahead::new(streams.rows)?;
    let mut texts = Ahead::new(streams.texts)?;
    loop {
        let heads = [named.head, discarded.head, keys.head, rows.head, texts.head];
        let Some(id) = heads.into_iter().flatten().map(|entry| entry.id).min() else { return Ok(()) };
        let is_named = named.last_of(id)?.is_some();
        let is_discarded = discarded.last_of(id)?.is_some();
        let is_keyed = keys.last_of(id)?.is_some();
        let row = rows.last_of(id)?.map(Listed::of);
        let text = texts.last_of(id)?.map(|entry| entry.k);
        let owner = match row {
            _ if is_named => Owner::Named,
            _ if is_discarded => Owner::Replaced,
            None => continue,
            Some(_) if is_keyed => Owner::Keyed,
            Some(row) if (span.from..=span.to).contains(&row.start_s) => Owner::Within,
            Some(_) => Owner::Elsewhere,
        };
        take(Found { id, owner, row, text })?;
    }
}

impl Found {
    pub(super) fn is_open(&self) -> bool {
        self.row.is_some_and(|row| row.standing == Standing::Open)
    }

    /// Whether it surely is of the run.
    pub(super) const fn is_ours(&self) -> bool {
        matches!(self.owner, Owner::Named | Owner::Replaced | Owner::Keyed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(entries: &[Entry]) -> std::vec::IntoIter<io::Result<Entry>> {
        entries.iter().copied().map(Ok).collect::<Vec<_>>().into_iter()
    }

    fn name(n: u64) -> Entry {
        Entry { id: [n, 0], k: n }
    }

    fn row(n: u64, standing: Standing, start_s: u64) -> Entry {
        Listed { id: [n, 0], standing, took_ms: 5, start_s }.entry()
    }

    #[test]
    fn each_execution_has_one_owner_and_a_closed_row_wins() {
        let streams = Streams {
            named: stream(&[name(1), name(2)]),
            discarded: stream(&[name(3)]),
            keys: stream(&[name(1), name(4), name(9)]),
            rows: stream(&[
                row(1, Standing::Open, 60),
                row(1, Standing::Failed, 60),
                row(3, Standing::Succeeded, 60),
                row(4, Standing::Succeeded, 60),
                row(5, Standing::Open, 60),
                row(6, Standing::Open, 90),
            ]),
            texts: stream(&[Entry { id: [5, 0], k: 77 }]),
        };
        let mut found = Vec::new();
        join(streams, Span { from: 50, to: 70 }, |seen| {
            found.push((seen.id[0], seen.owner, seen.row.map(|row| row.standing), seen.text));
            Ok(())
        })
        .unwrap();
        assert_eq!(
            found,
            [
                (1, Owner::Named, Some(Standing::Failed), None),
                (2, Owner::Named, None, None),
                (3, Owner::Replaced, Some(Standing::Succeeded), None),
                (4, Owner::Keyed, Some(Standing::Succeeded), None),
                (5, Owner::Within, Some(Standing::Open), Some(77)),
                (6, Owner::Elsewhere, Some(Standing::Open), None),
            ]
        );
    }
}
