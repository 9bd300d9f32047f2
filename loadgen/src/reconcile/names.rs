//! The names that a run's requests asked for.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::archive::{Manifest, NameStore};
use crate::engine::key_of;
use crate::record::{Entry, Place};
use crate::schedule::{Arrival, ContentSeeds};

/// Names that are made at a time.
const BATCH: usize = 4_096;

/// Writes the key of every arrival of a run that may have been sent into `folder`, in sorted runs. `sent` is how many the
/// run has sent in all.
pub(super) fn write_keys(manifest: &Manifest, sent: u64, folder: &Path) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let seeds = ContentSeeds::of(manifest.run.seed, &digest(&manifest.run.digest)?);
    let count = u64::from(manifest.shard.count());
    let parts: BTreeSet<u64> = match manifest.attempts.as_slice() {
        [] => BTreeSet::from([u64::from(manifest.shard.index())]),
        attempts => attempts.iter().map(|attempt| u64::from(attempt.shard)).collect(),
    };
    // Of a part of the load the numbers go on to the end of the whole. The threads of a closed loop take theirs at their
    // own pace, so some may be far ahead: a key too many costs only its place on the disk.
    let own = manifest.planned.unwrap_or(2 * sent + 1_000);
    let end = own.saturating_add(parts.len() as u64) / parts.len().max(1) as u64 * count + count;
    let end = if parts.len() as u64 == count { manifest.planned.unwrap_or(end) } else { end };
    let mut store = NameStore::create(folder)?;
    let mut batch = Vec::with_capacity(BATCH);
    for k in (0..end).filter(|k| parts.contains(&(k % count))) {
        let key = key_of(&Arrival { k, at: 0, seed: seeds.seed(k), place: Place::default() });
        batch.push(Entry::of(str::from_utf8(&key).expect("a UUID is ASCII"), k));
        if batch.len() == BATCH {
            store.add(&batch)?;
            batch.clear();
        }
    }
    store.add(&batch)
}

/// The bytes of a digest in hexadecimal digits.
fn digest(hex: &str) -> io::Result<[u8; 32]> {
    let damaged =
        || io::Error::new(io::ErrorKind::InvalidData, "manifest.json is damaged: its digest is not a SHA-256 digest");
    let mut digest = [0; 32];
    let pairs = hex.as_bytes().chunks_exact(2);
    if hex.len() != 64 {
        return Err(damaged());
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        let pair = str::from_utf8(pair).map_err(|_| damaged())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| damaged())?;
    }
    Ok(digest)
}
