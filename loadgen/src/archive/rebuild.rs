//! The account of a run from its directory, also after the run was killed.

use std::collections::BTreeMap;
use std::io;

use super::conclusion::{RunResult, conclude};
use super::directory::{Ending, Manifest, Missing, RunDirectory};
use super::recording::Recording;
use crate::record::MergedNames;
use crate::report::AttemptEnding;

/// What is said of the run in a directory, equal to what the run itself said.
///
/// A run without an end is told as interrupted, and why: what it had handed over by then, at most a second before its end.
///
/// # Errors
/// A file is missing or damaged.
pub fn rebuild(directory: &RunDirectory, manifest: &Manifest) -> io::Result<RunResult> {
    rebuild_ended(directory, manifest, directory.ending()?)
}

/// The same of a run that ended so.
pub(super) fn rebuild_ended(
    directory: &RunDirectory,
    manifest: &Manifest,
    ending: Result<Ending, Missing>,
) -> io::Result<RunResult> {
    if let Ok(ending) = &ending
        && directory.cut(ending).is_none()
        && let Some(altered) = directory.altered(ending)
    {
        // Its figures would be somebody's, but not the run's.
        return Err(io::Error::new(io::ErrorKind::InvalidData, altered));
    }
    let recording = Recording::read(directory, manifest).map_err(|e| explained(e, directory, &ending))?;
    let (mut recording, unsteady) = recording.settled(directory, manifest.warmup);
    let names = directory.names().map_err(|e| explained(e, directory, &ending))?;
    let ending = match ending {
        Ok(ending) => {
            let lost = ending.lost.clone().or_else(|| lacking(directory, manifest, &ending, &recording, &names));
            Ending { lost, ..ending }
        }
        Err(missing) => broken_off(&mut recording, manifest.planned, missing),
    };
    Ok(conclude((recording, unsteady), names, manifest, &ending))
}

/// Why a directory cannot be read: where its run has ended, it tells which file is cut or missing.
fn explained(error: io::Error, directory: &RunDirectory, ending: &Result<Ending, Missing>) -> io::Error {
    let cut = ending.as_ref().ok().and_then(|ending| directory.cut(ending));
    cut.map_or(error, |cut| io::Error::new(io::ErrorKind::InvalidData, cut))
}

/// What a directory whose run has ended does not hold any more.
fn lacking(
    directory: &RunDirectory,
    manifest: &Manifest,
    ending: &Ending,
    recording: &Recording,
    names: &MergedNames,
) -> Option<String> {
    // A merged run lacks what its torn parts lack, and says so as a partial one.
    if manifest.attempts.iter().any(|attempt| attempt.counts && attempt.ending == AttemptEnding::Torn) {
        return directory.cut(ending);
    }
    let (checked, counted) = (names.names.checked, recording.counts.names_checked);
    let unnamed = (checked != counted).then(|| format!("names holds {checked} of {counted} names"));
    directory.cut(ending).or_else(|| recording.lacking(manifest)).or(unnamed)
}

/// How a run without an end is to be read: requests in flight are unfinished, arrivals not sent are unsent.
fn broken_off(recording: &mut Recording, planned: Option<u64>, missing: Missing) -> Ending {
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
        sent_until_ns: None,
        interrupted: true,
        aborted: false,
        reason: None,
        dead: None,
        arrivals_sha256: None,
        workflows: None,
        lookups: None,
        cost: None,
        bytes: BTreeMap::new(),
        sha256: BTreeMap::new(),
        lost: None,
        missing: Some(missing),
    }
}
