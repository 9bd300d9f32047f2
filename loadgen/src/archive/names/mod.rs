//! Whether names are distinct, exactly and in bounded memory: sorted runs on disk, merged at the end.
//!
//! `names/tail.run` takes entries as they come and is emptied when they have become a sorted `names/N.run`. A crash
//! between the two leaves entries in both; an entry holds its arrival, so that they are recognised as one.

mod sorted;
mod store;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

pub(crate) use self::sorted::Sorted;
pub(super) use self::sorted::adopt;
pub use self::store::NameStore;
use crate::record::{Census, MergedNames};

/// Entries in a sorted run: 1.5 MiB.
const RUN: usize = 1 << 16;

/// Counts the names of `folder`, beside those of attempts that do not count, which are in `discarded` if that exists.
///
/// # Errors
/// A file cannot be read, or one for an intermediate merge cannot be written.
pub(crate) fn count_names(folder: &Path, discarded: &Path) -> io::Result<MergedNames> {
    let mut counted = Sorted::open(&[folder.into()], folder)?;
    let discarded = if discarded.is_dir() { vec![discarded.into()] } else { Vec::<PathBuf>::new() };
    let mut apart = Sorted::open(&discarded, folder)?;
    take_census(&mut counted, &mut apart, |_, _| Ok(()))
}

/// Takes the census of two sorted streams; `each` sees every entry once, with whether it counts.
pub(super) fn take_census(
    counted: &mut Sorted,
    discarded: &mut Sorted,
    mut each: impl FnMut(crate::record::Entry, bool) -> io::Result<()>,
) -> io::Result<MergedNames> {
    let mut census = Census::default();
    let (mut a, mut b) = (counted.next().transpose()?, discarded.next().transpose()?);
    loop {
        let (entry, counts) = match (a, b) {
            (Some(own), Some(other)) if other < own => (other, false),
            (Some(own), _) => (own, true),
            (None, Some(other)) => (other, false),
            (None, None) => return Ok(census.finish()),
        };
        if counts {
            a = counted.next().transpose()?;
        } else {
            b = discarded.next().transpose()?;
        }
        census.take(entry, counts);
        each(entry, counts)?;
    }
}
