//! A process as one shard of a load: its part, its start and its folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::arguments::StartArguments;
use super::load::variable;
use crate::archive::{Location, RunDirectory, RunState};
use crate::exit::Exit;
use crate::judge::Verdict;
use crate::mistake::Mistake;
use crate::run::Beginning;
use crate::scenario::{Profile, Scenario};
use crate::shard::{ATTEMPT, Choice, Placement, Shard, place};

impl StartArguments {
    /// How the run is to begin.
    pub(super) fn beginning(&self) -> Beginning {
        Beginning {
            at: self.start_at,
            barrier: self.barrier.clone(),
            barrier_timeout: self.barrier_timeout,
            late: self.late.unwrap_or_default(),
        }
    }
}

/// The part of the load that this process has.
pub(super) fn placement(asked: Option<Choice>) -> Result<Option<Placement>, Mistake> {
    place(asked, &variable)
}

/// Lets a shard that nobody numbered be the next attempt at its part, if those before it broke off. Says so.
///
/// # Errors
/// An attempt has sent all of the part, is at it, or cannot be read.
pub(super) fn further_attempt(placement: &mut Placement, folder: &Path, told: &mut dyn Write) -> Result<(), Mistake> {
    if placement.numbered {
        return Ok(());
    }
    loop {
        let path = folder.join(placement.folder());
        let shown = path.display();
        let state = RunDirectory::state(&path).map_err(|e| Mistake::other(format!("cannot read {shown}: {e}")))?;
        let shard = placement.shard;
        match state {
            RunState::Absent => break,
            RunState::BrokenOff => placement.attempt += 1,
            RunState::InProgress => {
                return Err(Mistake::other(format!("shard {shard} is in progress in {shown}")));
            }
            RunState::Concluded => {
                return Err(Mistake::other(format!(
                    "shard {shard} has sent all of its part already, in {shown}: `loadgen merge {}` judges the load; name \
                     another folder with -o for another run, or say {ATTEMPT}={} to repeat this shard",
                    folder.display(),
                    placement.attempt + 1
                )));
            }
        }
    }
    if placement.attempt > 0 {
        // Nobody may be listening.
        let _ = writeln!(told, "attempt {}: the one before it broke off", placement.attempt);
    }
    Ok(())
}

/// Where the run directory is to be: a shard has its own below the folder that all shards share.
pub(super) fn directory(
    output: Option<&PathBuf>,
    placement: Option<&Placement>,
    otherwise: impl FnOnce() -> Location,
) -> Result<Location, Mistake> {
    match (output, placement) {
        (Some(shared), Some(placement)) => Ok(Location::Named(shared.join(placement.folder()))),
        (None, Some(_)) => {
            Err(Mistake::usage("a shard needs -o DIR, the folder in which all shards put their results"))
        }
        (Some(output), None) => Ok(Location::Named(output.clone())),
        (None, None) => Ok(otherwise()),
    }
}

/// Refuses a load that cannot be divided.
pub(super) fn check(shard: Shard, scenario: &Scenario, embedded: bool) -> Result<(), Mistake> {
    if embedded {
        return Err(Mistake::usage(
            "shards load one target together, and each would have an embedded endpoint of its own: name the target with \
             --url, or say --shard none",
        ));
    }
    let load = &scenario.load;
    let (most, what) = match &load.profile {
        Profile::Closed { clients, .. } => (*clients, "clients"),
        _ => (load.max_in_flight, "requests in flight (max_in_flight)"),
    };
    if (most as u64) < u64::from(shard.count()) {
        let count = shard.count();
        return Err(Mistake::usage(format!(
            "{most} {what} cannot be divided among {count} shards: allow at least {count}"
        )));
    }
    Ok(())
}

/// A shard that has sent its part has done its work: what the figures mean, `merge` says of all of them. So schedulers
/// do not take a shard for broken, and do not start it again, because the target is slow.
pub(super) fn exit(shard: Shard, verdict: Verdict, told: &mut dyn Write) -> Exit {
    match verdict {
        Verdict::Interrupted | Verdict::Aborted => verdict.exit(),
        _ if shard.is_whole() => verdict.exit(),
        _ => {
            let _ = writeln!(told, "a part of the load: `loadgen merge` judges the whole");
            Exit::Pass
        }
    }
}
