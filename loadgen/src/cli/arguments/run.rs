//! The arguments of `run`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{CostArguments, LoadArguments};
use crate::cli::baseline;
use crate::cli::outputs::OutputArguments;
use crate::judge::State;
use crate::mistake::Mistake;
use crate::run::{Instant, Late};
use crate::scenario::{self, Warmup};
use crate::units;

/// Most connections that are being made at a time; docs/networks.md says what it is for.
const DEFAULT_CONNECTING: u32 = 64;

/// When a run begins.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StartArguments {
    /// When to begin; with --barrier, how long after all shards are there.
    #[arg(long, value_name = "INSTANT|+DURATION", help_heading = "Many machines")]
    pub(crate) start_at: Option<Instant>,
    /// Wait for all other shards by way of a folder that all of them can see; name a fresh one for each run.
    #[arg(long, value_name = "DIR", help_heading = "Many machines")]
    pub(crate) barrier: Option<PathBuf>,
    /// Longest wait for the other shards.
    #[arg(long, value_parser = scenario::parse_time, value_name = "DURATION", default_value = "10m",
        requires = "barrier", help_heading = "Many machines")]
    pub(crate) barrier_timeout: Duration,
    /// What a shard does that is late for the agreed start: send what is still due (skip), or nothing (fail) [default: skip].
    #[arg(long, value_name = "skip|fail", help_heading = "Many machines")]
    pub(crate) late: Option<Late>,
}

/// The arguments of `run`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RunArguments {
    /// What to send, and where.
    #[command(flatten)]
    pub(crate) load: LoadArguments,
    /// When to begin.
    #[command(flatten)]
    pub(crate) start: StartArguments,

    /// A threshold that has to hold, in addition to the scenario's.
    #[arg(long = "threshold", value_name = "METRIC:CONDITION", help_heading = "Judgement")]
    pub(crate) thresholds: Vec<String>,
    /// What a threshold counts as when the data cannot decide it: by default the scenario's choice, or exit code 98.
    #[arg(long, value_name = "pass|fail|98", value_parser = parse_state, help_heading = "Judgement")]
    pub(crate) on_inconclusive: Option<State>,
    /// Leave the beginning of the run out of times and thresholds: 10s, or auto.
    #[arg(long, value_parser = parse_warmup, value_name = "DURATION|auto", help_heading = "Judgement")]
    pub(crate) warmup: Option<Warmup>,

    /// Add the run to a baseline, the list runs/baselines/NAME, for `loadgen compare RUN… --baseline NAME`.
    #[arg(long, value_name = "NAME", value_parser = baseline::name, help_heading = "Judgement")]
    pub(crate) save_baseline: Option<String>,

    /// What it costs.
    #[command(flatten)]
    pub(crate) cost: CostArguments,

    /// What the run writes and shows.
    #[command(flatten)]
    pub(crate) output: OutputArguments,

    /// Generator threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = units::whole(1..=1_024_u32),
        help_heading = "Generator")]
    pub(crate) threads: u32,
    /// Bind generator threads to these processors, in turn.
    #[arg(long, value_name = "CPU,…", value_parser = units::whole(0..=usize::MAX), value_delimiter = ',', help_heading = "Generator")]
    pub(crate) pin: Vec<usize>,
    /// Spin before each request: it leaves closer to its due instant, at the price of a whole processor.
    #[arg(long, help_heading = "Generator")]
    pub(crate) spin: bool,
    /// Most connections to open at the same time: more could overwhelm a target before its first request.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CONNECTING,
        value_parser = units::whole(1..=100_000_u32), help_heading = "Generator")]
    pub(crate) max_connecting: u32,
    /// A new connection for every request.
    #[arg(long, help_heading = "Generator")]
    pub(crate) disable_keepalive: bool,
    /// Confirm a run of more than 10,000 executions on a target that is not on this machine.
    #[arg(long, help_heading = "Generator")]
    pub(crate) yes: bool,
}

fn parse_warmup(text: &str) -> Result<Warmup, Mistake> {
    match text {
        "auto" => Ok(Warmup::Auto),
        _ => Ok(Warmup::of(scenario::parse_duration(text)?)),
    }
}

fn parse_state(text: &str) -> Result<State, Mistake> {
    State::of_undecided(text).ok_or_else(|| Mistake::usage("known values are pass, fail and 98"))
}
