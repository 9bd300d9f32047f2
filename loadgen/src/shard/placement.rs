//! Where a scheduler has put a process: read from the variables that it sets.

use std::fmt;

use super::Shard;
use crate::mistake::Mistake;

/// The variable that says how often a shard was started before.
pub(crate) const ATTEMPT: &str = "STEPGATE_SHARD_ATTEMPT";

/// What `--shard` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This shard.
    Given(Shard),
    /// The whole load, whatever a scheduler says.
    None,
}

impl std::str::FromStr for Choice {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        if text == "none" { Ok(Self::None) } else { text.parse().map(Self::Given) }
    }
}

/// Who numbered a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheduler {
    /// `--shard`.
    Argument,
    /// `STEPGATE_SHARD_INDEX` and `STEPGATE_SHARD_COUNT`.
    Variables,
    /// A Kubernetes Job with `completionMode: Indexed`.
    Kubernetes,
    /// An AWS Batch array job.
    BatchArray,
    /// An AWS Batch multi-node parallel job.
    BatchNodes,
    /// A Slurm job array.
    SlurmArray,
    /// The tasks of a Slurm job step.
    Srun,
}

impl Scheduler {
    /// Its name, with what it was recognised by.
    const fn name(self) -> &'static str {
        match self {
            Self::Argument => "--shard",
            Self::Variables => "STEPGATE_SHARD_INDEX and STEPGATE_SHARD_COUNT",
            Self::Kubernetes => "Kubernetes Indexed Job (JOB_COMPLETION_INDEX)",
            Self::BatchArray => "AWS Batch array job (AWS_BATCH_JOB_ARRAY_INDEX)",
            Self::BatchNodes => "AWS Batch multi-node job (AWS_BATCH_JOB_NODE_INDEX)",
            Self::SlurmArray => "Slurm job array (SLURM_ARRAY_TASK_ID)",
            Self::Srun => "srun (SLURM_PROCID)",
        }
    }
}

/// The part of a load that a process has, and which try at it this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placement {
    /// The part.
    pub(crate) shard: Shard,
    /// How often this part was started before.
    pub(crate) attempt: u32,
    /// Whether somebody said so: the scheduler, or `STEPGATE_SHARD_ATTEMPT`.
    pub(crate) numbered: bool,
    /// Who said so.
    pub(crate) by: Scheduler,
}

impl Placement {
    /// The folder of its run below the folder that all shards share, such as `shard-003-of-064.attempt-0`.
    #[must_use]
    pub(crate) fn folder(&self) -> String {
        let (index, count) = self.shard.into();
        format!("shard-{index:03}-of-{count:03}.attempt-{}", self.attempt)
    }
}

/// `shard 3/64, attempt 1, by …`.
impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {}, attempt {}, by {}", self.shard, self.attempt, self.by.name())
    }
}

/// Looks up an environment variable.
type Lookup<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The part that a process has: the one asked for, else the one that a scheduler's variables tell. `None` is the whole
/// load of a process that nobody numbered.
///
/// # Errors
/// Two schedulers number the process differently, or one does so incompletely: in words, with the remedy.
pub(crate) fn place(asked: Option<Choice>, variable: Lookup<'_>) -> Result<Option<Placement>, Mistake> {
    let attempt = attempt(variable)?;
    let placed = |(by, shard)| Placement { shard, attempt: attempt.unwrap_or(0), numbered: attempt.is_some(), by };
    match asked {
        Some(Choice::None) => return Ok(None),
        Some(Choice::Given(shard)) => return Ok(Some(placed((Scheduler::Argument, shard)))),
        None => {}
    }
    if let Some(shard) = named(variable)? {
        return Ok(Some(placed((Scheduler::Variables, shard))));
    }
    let claims =
        [kubernetes(variable)?, batch_array(variable)?, batch_nodes(variable)?, array(variable)?, srun(variable)?];
    let claims: Vec<(Scheduler, Shard)> = claims.into_iter().flatten().collect();
    let dividing: Vec<&(Scheduler, Shard)> = claims.iter().filter(|(_, shard)| !shard.is_whole()).collect();
    match dividing.as_slice() {
        [] => {
            // One task of a job step is an ordinary way to start a program; an array of one is still an array.
            let array = claims.into_iter().find(|(by, _)| *by != Scheduler::Srun);
            Ok(array.map(placed))
        }
        [one] => Ok(Some(placed(**one))),
        [(a, first), (b, second), ..] => Err(Mistake::usage(format!(
            "{} makes this shard {first}, and {} makes it {second}: start one task in each, or say which part this \
             process has with --shard INDEX/COUNT",
            a.name(),
            b.name()
        ))),
    }
}

fn number(name: &str, variable: Lookup<'_>) -> Result<Option<u32>, Mistake> {
    let Some(text) = variable(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    text.trim()
        .parse()
        .map(Some)
        .map_err(|_| Mistake::usage(format!("{name} is `{text}`, and a whole number is expected")))
}

/// A number that stands beside another one.
fn beside(name: &str, first: &str, variable: Lookup<'_>) -> Result<u32, Mistake> {
    number(name, variable)?.ok_or_else(|| {
        Mistake::usage(format!("{first} is set and {name} is not"))
            .with_help(format!("set {name}, or say which part this process has with --shard"))
    })
}

/// How often the shard was started before, if anybody says so.
fn attempt(variable: Lookup<'_>) -> Result<Option<u32>, Mistake> {
    if let Some(attempt) = number(ATTEMPT, variable)? {
        return Ok(Some(attempt));
    }
    // Batch counts from 1, Slurm sets its count from the first restart on.
    let batch = number("AWS_BATCH_JOB_ATTEMPT", variable)?.map(|n| n.saturating_sub(1));
    Ok(batch.or(number("SLURM_RESTART_COUNT", variable)?))
}

type Detection = Result<Option<(Scheduler, Shard)>, Mistake>;

fn claim(by: Scheduler, index: u32, count: u32) -> Detection {
    Shard::new(index, count).map(|shard| Some((by, shard))).map_err(|mistake| mistake.about(by.name()))
}

fn named(variable: Lookup<'_>) -> Result<Option<Shard>, Mistake> {
    let Some(index) = number("STEPGATE_SHARD_INDEX", variable)? else { return Ok(None) };
    let count = beside("STEPGATE_SHARD_COUNT", "STEPGATE_SHARD_INDEX", variable)?;
    Shard::new(index, count).map(Some).map_err(|mistake| mistake.about(Scheduler::Variables.name()))
}

/// Kubernetes tells a pod its index alone.
fn kubernetes(variable: Lookup<'_>) -> Detection {
    let Some(index) = number("JOB_COMPLETION_INDEX", variable)? else { return Ok(None) };
    let count = number("STEPGATE_SHARD_COUNT", variable)?.ok_or_else(|| Mistake::usage("JOB_COMPLETION_INDEX is set, and Kubernetes does not tell how many pods there are: set STEPGATE_SHARD_COUNT to \
         the Job's completions, or say --shard none"))?;
    claim(Scheduler::Kubernetes, index, count)
}

fn batch_array(variable: Lookup<'_>) -> Detection {
    let Some(index) = number("AWS_BATCH_JOB_ARRAY_INDEX", variable)? else { return Ok(None) };
    let size = beside("AWS_BATCH_JOB_ARRAY_SIZE", "AWS_BATCH_JOB_ARRAY_INDEX", variable)?;
    claim(Scheduler::BatchArray, index, size)
}

fn batch_nodes(variable: Lookup<'_>) -> Detection {
    let Some(index) = number("AWS_BATCH_JOB_NODE_INDEX", variable)? else { return Ok(None) };
    let nodes = beside("AWS_BATCH_JOB_NUM_NODES", "AWS_BATCH_JOB_NODE_INDEX", variable)?;
    claim(Scheduler::BatchNodes, index, nodes)
}

/// A job array numbers its tasks as its user likes: `--array=10-40:10` has the indices 0 to 3.
fn array(variable: Lookup<'_>) -> Detection {
    const ID: &str = "SLURM_ARRAY_TASK_ID";
    let Some(id) = number(ID, variable)? else { return Ok(None) };
    let first = beside("SLURM_ARRAY_TASK_MIN", ID, variable)?;
    let last = beside("SLURM_ARRAY_TASK_MAX", ID, variable)?;
    let count = beside("SLURM_ARRAY_TASK_COUNT", ID, variable)?;
    let step = number("SLURM_ARRAY_TASK_STEP", variable)?.unwrap_or(1).max(1);
    let even =
        last.checked_sub(first).is_some_and(|span| span % step == 0 && u64::from(span / step) + 1 == u64::from(count));
    match id.checked_sub(first) {
        Some(offset) if even && offset % step == 0 => claim(Scheduler::SlurmArray, offset / step, count),
        _ => Err(Mistake::usage(format!(
            "the tasks of this Slurm job array ({count} from {first} to {last}) are not evenly numbered: submit it with \
             --array=0-{}",
            count.saturating_sub(1)
        ))),
    }
}

/// A batch script has `SLURM_PROCID` too; only the tasks of a step know how many they are.
fn srun(variable: Lookup<'_>) -> Detection {
    match (number("SLURM_PROCID", variable)?, number("SLURM_STEP_NUM_TASKS", variable)?) {
        (Some(index), Some(count)) => claim(Scheduler::Srun, index, count),
        _ => Ok(None),
    }
}
