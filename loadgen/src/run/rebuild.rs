//! The account of a run from its directory, also after the run was killed.

use std::io;

use super::conclusion::{Conclusion, conclude};
use super::directory::{Ending, Manifest, RunDirectory};
use super::recording::Recording;

/// What is said of the run in a directory, equal to what the run itself said.
///
/// A run that was killed is told as interrupted: what it had handed over by then, at most a second before its end.
///
/// # Errors
/// A file is missing or damaged.
pub fn rebuild(directory: &RunDirectory, manifest: &Manifest) -> io::Result<Conclusion> {
    rebuild_ended(directory, manifest, directory.ending()?)
}

/// The same of a run that ended so; `None` of one that was killed.
pub(super) fn rebuild_ended(
    directory: &RunDirectory,
    manifest: &Manifest,
    ending: Option<Ending>,
) -> io::Result<Conclusion> {
    let recording = Recording::read(directory, manifest)?;
    let (mut recording, unsteady) = recording.settled(directory, manifest.warmup);
    let names = directory.names()?;
    let ending = ending.unwrap_or_else(|| killed(&mut recording, manifest.planned));
    Ok(conclude((recording, unsteady), names, manifest, &ending, &manifest.judged_by()))
}

/// How a run without an end is to be read: requests in flight are unfinished, arrivals not sent are unsent.
fn killed(recording: &mut Recording, planned: Option<u64>) -> Ending {
    let in_flight = recording.in_flight();
    for (place, count) in in_flight {
        recording.counts.unfinished += count;
        recording.by_place.entry(place).or_default().unfinished += count;
        recording.tally.counts_mut(place).unfinished += count;
    }
    let counts = &mut recording.counts;
    let unsent = planned.map_or(0, |planned| planned.saturating_sub(counts.sent + counts.dropped));
    counts.unsent += unsent;
    recording.tally.unsent_early += unsent;
    Ending {
        elapsed_ns: recording.seconds * 1_000_000_000,
        interrupted: true,
        aborted: false,
        reason: None,
        arrivals_sha256: None,
        workflows: None,
        killed: true,
    }
}
