//! Many run directories as one: what `merge` writes is a run directory like any other, whose report is that of the whole.
//!
//! Counts and histograms of the same second are added, names are linked side by side, and the summary is then made as
//! that of any run directory. So merging is exact, does not care for order, and takes merged directories as well.

mod find;
mod part;
mod seconds;
mod selection;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use self::part::Part;
use self::selection::LoadParts;
use super::claim::{Claim, Location};
use super::conclusion::RunResult;
use super::directory::{Ending, Manifest, RunDirectory};
use super::names::adopt;
use super::page::page;
use super::rebuild::rebuild_ended;
use crate::exit::Exit;
use crate::mistake::Mistake;
use crate::record::{Lookups, WorkflowEnds};
use crate::report::AttemptEnding;
use crate::schedule::Fingerprint;

/// Merges the runs in `folders`, each a run directory or a folder of shards, into the run directory `output`, unless
/// `stop` says that nobody wants it any more: then nothing of it stays. It is asked from the first file on.
///
/// # Errors
/// There is no run, the runs are not of one load, one is there twice, a file cannot be read or written, or a signal
/// came.
pub(crate) fn merge(
    folders: &[PathBuf],
    output: &Path,
    stop: &dyn Fn() -> bool,
) -> Result<(Manifest, RunResult), Mistake> {
    let mut parts = Vec::new();
    for path in find::runs(folders)? {
        parts.push(
            Part::read(&path).map_err(|e| Mistake::other(format!("cannot read the run in {}: {e}", path.display())))?,
        );
    }
    let selection = LoadParts::of(parts)?;
    let written = write(&selection, folders, output, stop);
    written.map_err(|e| {
        if e.kind() == io::ErrorKind::Interrupted && stop() {
            Mistake::new(Exit::Interrupted, "interrupted by a signal: nothing was merged")
        } else {
            Mistake::other(format!("cannot merge into {}: {e}", output.display()))
        }
    })
}

fn write(
    selection: &LoadParts,
    folders: &[PathBuf],
    output: &Path,
    stop: &dyn Fn() -> bool,
) -> io::Result<(Manifest, RunResult)> {
    let go_on = || if stop() { Err(io::Error::from(io::ErrorKind::Interrupted)) } else { Ok(()) };
    let folders = folders.iter().map(|folder| folder.display().to_string());
    // Once more, beside this one: a directory that holds a run is not written over.
    let again = ["-o".to_owned(), format!("{}-again", output.display())];
    let arguments = std::iter::once("merge".to_owned()).chain(folders).chain(again).collect();
    let manifest = Manifest { arguments, ..manifest(selection) };
    let ending = ending(selection);
    let mut claim = Claim::of(&Location::Named(output.into()))?;
    go_on()?;
    let directory = RunDirectory::create(output, &manifest)?;
    let counted: Vec<&Part> = selection.counted.iter().collect();
    seconds::add_counters(&counted, &directory.file("counters.jsonl"), &go_on)?;
    seconds::add_histograms(&counted, &directory.file("intervals.hlog"), !manifest.places.is_one(), &go_on)?;
    let (names, apart) = (directory.file("names"), directory.file("names-discarded"));
    std::fs::create_dir_all(&names)?;
    let take = |part: &Part, folder: &str, into: &Path, number: usize| {
        let adopted = adopt(&part.directory.file(folder), into, number);
        adopted.map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", part.shown())))
    };
    for (number, part) in (0..).zip(&selection.counted) {
        go_on()?;
        take(part, "names", &names, number)?;
        take(part, "names-discarded", &apart, number)?;
    }
    for (number, part) in (selection.counted.len()..).zip(&selection.discarded) {
        take(part, "names", &apart, number)?;
    }
    go_on()?;
    let run = rebuild_ended(&directory, &manifest, Ok(ending.clone()))?;
    directory.write_reports(&run.summary, &page(&manifest, &run, None))?;
    directory.write_ending(&ending)?;
    claim.keep();
    Ok((manifest, run))
}

/// What the merged run was.
fn manifest(selection: &LoadParts) -> Manifest {
    let counted = &selection.counted;
    let first = &selection.first().manifest;
    let mut run = first.run.clone();
    let mut targets: Vec<&str> = counted.iter().map(|part| part.manifest.run.target.as_str()).collect();
    targets.sort_unstable();
    targets.dedup();
    run.target = targets.join(", ");
    // RFC 3339 in UTC with a fixed number of digits sorts as time goes.
    if let Some(earliest) = counted.iter().map(|part| &part.manifest.run.started_at).min() {
        run.started_at.clone_from(earliest);
    }
    Manifest {
        run,
        planned: counted.iter().map(|part| part.manifest.planned).sum(),
        attempts: selection.attempts.clone(),
        ..first.clone()
    }
}

/// How the merged run ended.
fn ending(selection: &LoadParts) -> Ending {
    let ended_so = |ending| selection.attempts.iter().any(|attempt| attempt.counts && attempt.ending == ending);
    let endings: Vec<&Ending> = selection.counted.iter().map(|part| &part.ending).collect();
    let fingerprint = endings.iter().try_fold(Fingerprint::default(), |mut sum, ending| {
        sum += ending.arrivals_sha256.as_ref()?.parse().ok()?;
        Some(sum)
    });
    let workflows = endings.iter().try_fold(WorkflowEnds::default(), |mut sum, ending| {
        sum += ending.workflows.as_ref()?;
        Some(sum)
    });
    let lookups =
        endings.iter().filter_map(|ending| ending.lookups.as_ref()).fold(None, |sum: Option<Lookups>, other| {
            let mut sum = sum.unwrap_or_default();
            sum += other;
            Some(sum)
        });
    Ending {
        elapsed_ns: endings.iter().map(|ending| ending.elapsed_ns).max().unwrap_or(0),
        sent_until_ns: endings.iter().map(|ending| ending.sent_until_ns).max().flatten(),
        interrupted: ended_so(AttemptEnding::Interrupted),
        aborted: ended_so(AttemptEnding::Aborted),
        reason: endings.iter().find_map(|ending| ending.reason.clone()),
        dead: endings.iter().find_map(|ending| ending.dead.clone()),
        arrivals_sha256: fingerprint.map(|fingerprint| fingerprint.to_string()),
        workflows,
        lookups,
        cost: None,
        bytes: BTreeMap::new(),
        sha256: BTreeMap::new(),
        lost: None,
        missing: None,
    }
}
