//! The levels of a search, one after another.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::journal::{Journal, cannot};
use crate::archive::{RunDirectory, counts_by_second};
use crate::cli::Io;
use crate::cli::arguments::{RunArguments, SearchArguments};
use crate::cli::outputs::OutputFormat;
use crate::cli::run::{Done, perform_quietly};
use crate::exit::Exit;
use crate::judge::{Threshold, Verdict};
use crate::mistake::Mistake;
use crate::record::{Class, Counts};
use crate::report::Summary;
use crate::scenario::{Profile, Scenario, Stage, Warmup};
use crate::search::{
    LEVEL_HEADING, LevelOutcome, LevelPlan, LevelResult, NextLevel, SearchEnd, SearchLaw, SearchOptions, SecondCounts,
    measure_bucket,
};

/// Share of throttled requests from which on a bucket is looked for.
const THROTTLED: f64 = 0.002;

/// Requests that show whether a target is quiet again, and how many a second.
const PROBES: u64 = 3;
const PROBE_RATE: f64 = 10.0;

/// Waits between two looks whether it is quiet.
const LOOKS: [u64; 6] = [1, 2, 4, 8, 15, 30];

/// A search on its way up.
pub(super) struct Climb<'a> {
    pub(super) arguments: &'a SearchArguments,
    pub(super) words: &'a [String],
    pub(super) options: SearchOptions,
    pub(super) scenario: Scenario,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) journal: Journal,
    pub(super) embedded: bool,
    pub(super) levels: Vec<LevelResult>,
}

/// The arguments of a level. The search itself bounds its size, and says how long it lasts where no scenario does.
pub(super) fn level_arguments(arguments: &SearchArguments) -> RunArguments {
    let mut run = arguments.run.clone();
    run.yes = true;
    if run.load.scenario.is_none() {
        run.load.rps = Some(arguments.from);
        run.load.duration = Some(arguments.level_time);
    }
    run
}

impl Climb<'_> {
    /// Tries levels until the law has an end.
    pub(super) fn run(&mut self, io: &mut Io<'_>) -> Result<SearchEnd, Mistake> {
        let format = self.arguments.run.output.output_format;
        let target = if self.embedded { "embedded (not AWS)" } else { "" };
        say(format, io, &format!("search {}  {target}", self.scenario.name));
        say(format, io, LEVEL_HEADING);
        for level in &self.levels {
            say(format, io, &level.row());
        }
        loop {
            let plan = match SearchLaw::of(&self.options, &self.levels).next() {
                NextLevel::End(end) => return Ok(end),
                NextLevel::Try(plan) => plan,
            };
            let began = Instant::now();
            let probes = self.rest(&plan, io)?;
            let mut level = self.try_level(&plan, io)?;
            level.executions += probes;
            level.took_seconds = began.elapsed().as_secs_f64();
            say(format, io, &level.row());
            self.journal.keep(&level)?;
            self.levels.push(level);
        }
    }

    /// Waits before a level: for a bucket to fill, and for a target to be as quick again as it was at first. An embedded
    /// endpoint is another one each time. Gives the number of requests that it took to see that.
    fn rest(&self, plan: &LevelPlan, io: &mut Io<'_>) -> Result<u64, Mistake> {
        wait(Duration::from_secs_f64(plan.rest_seconds), &self.journal.folder, io)?;
        let (Some(first), Some(last)) = (self.levels.first(), self.levels.last()) else { return Ok(0) };
        if self.embedded || last.outcome == LevelOutcome::Holds {
            return Ok(0);
        }
        let base = first.p50_us.unwrap_or(u64::MAX / 4);
        let mut sent = 0;
        for (look, seconds) in LOOKS.into_iter().enumerate() {
            let name = format!("rest-{:02}-{look}", self.levels.len());
            let probe = |scenario: &mut Scenario| {
                scenario.load.profile = Profile::Constant { rate: PROBE_RATE, duration: None };
                scenario.load.requests = Some(PROBES);
                scenario.seed = scenario.seed.wrapping_add(1_000_000 + (self.levels.len() * LOOKS.len() + look) as u64);
                scenario.thresholds = Vec::new();
                scenario.warmup = Warmup::None;
                scenario.target.max_executions = None;
            };
            let done = self.perform(&name, &probe, self.words, io)?;
            sent += done.summary.plan.sent;
            if done.summary.response_us.p50.is_some_and(|p50| p50 <= 2 * base + 1_000) {
                break;
            }
            wait(Duration::from_secs(seconds), &self.journal.folder, io)?;
        }
        Ok(sent)
    }

    fn try_level(&self, plan: &LevelPlan, io: &mut Io<'_>) -> Result<LevelResult, Mistake> {
        let number = self.levels.len();
        let seed = self.scenario.seed.wrapping_add(number as u64);
        let shape = |scenario: &mut Scenario| {
            let duration = |seconds| Some(Duration::from_secs(seconds)).filter(|duration| !duration.is_zero());
            scenario.load.profile = match duration(plan.drain_seconds) {
                None => Profile::Constant { rate: plan.rate, duration: duration(plan.seconds) },
                Some(drain) => Profile::Ramping { start_rate: plan.drain_rate, stages: stages(plan, drain) },
            };
            scenario.load.requests = None;
            scenario.seed = seed;
            scenario.thresholds.clone_from(&self.thresholds);
            scenario.target.max_executions = None;
            if plan.is_drained() {
                scenario.warmup = Warmup::Seconds(plan.drain_seconds);
            }
        };
        let name = format!("level-{:02}-{:.0}", number + 1, plan.rate);
        let mut words = self.words.to_vec();
        if !plan.is_drained() {
            let (rate, seconds) = (plan.rate.to_string(), format!("{}s", plan.seconds));
            words.extend(["--rps".into(), rate, "--duration".into(), seconds, "--seed".into(), seed.to_string()]);
        }
        let Done { summary, directory, .. } = self.perform(&name, &shape, &words, io)?;
        let (outcome, reason) = outcome(&summary)?;
        let counts = RunDirectory::open(&directory).and_then(|(directory, _)| counts_by_second(&directory));
        let counts = counts.map_err(|e| Mistake::other(format!("cannot read {}: {e}", directory.display())))?;
        let throttled = |counts: &Counts| counts.ended_in(Class::Throttled);
        let seconds: Vec<SecondCounts> = counts
            .iter()
            .map(|(second, counts)| SecondCounts {
                second: *second,
                started: counts.ended_in(Class::Started)
                    + counts.ended_in(Class::Succeeded)
                    + counts.workflows_failed(),
                throttled: throttled(counts),
            })
            .collect();
        let sent = summary.plan.sent.max(1);
        // What the drain had refused is not judged, and not shown.
        let judged = counts.range(plan.drain_seconds..).map(|(_, counts)| counts);
        let (failed, concluded) = judged.fold((0, 0), |(failed, concluded), counts| {
            (failed + counts.failed() + counts.unfinished, concluded + counts.concluded())
        });
        let all_throttled: u64 = counts.values().map(throttled).sum();
        Ok(LevelResult {
            plan: *plan,
            outcome,
            reason,
            executions: summary.plan.sent,
            took_seconds: 0.0,
            p50_us: summary.response_us.p50,
            p99_us: summary.response_us.p99,
            failed: failed as f64 / concluded.max(1) as f64,
            throttled: !plan.is_drained() && all_throttled as f64 > THROTTLED * sent as f64,
            lag_p99_us: summary.lateness_us.p99,
            bucket: if plan.is_drained() { None } else { measure_bucket(&seconds, plan.seconds) },
            directory: name,
        })
    }

    /// Runs once, quietly, in a folder of its own. What a level left that was killed is in nobody's way.
    fn perform(
        &self,
        name: &str,
        shape: &dyn Fn(&mut Scenario),
        words: &[String],
        io: &mut Io<'_>,
    ) -> Result<Done, Mistake> {
        let mut arguments = level_arguments(self.arguments);
        let directory = self.journal.folder.join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory).map_err(|e| cannot(&directory, &e))?;
        }
        arguments.output.directory = Some(directory);
        arguments.output.quiet = true;
        arguments.output.output_format = OutputFormat::Text;
        arguments.thresholds.clear();
        let done = perform_quietly(&arguments, words, shape, io)?;
        if done.summary.verdict == Verdict::Interrupted {
            return Err(interrupted(&self.journal.folder));
        }
        Ok(done)
    }
}

/// First what empties the bucket, and then the level.
fn stages(plan: &LevelPlan, drain: Duration) -> Vec<Stage> {
    let stage = |name: &str, target, duration| Stage { name: name.into(), target, duration };
    vec![
        stage("drain", plan.drain_rate, drain),
        stage("step", plan.rate, Duration::ZERO),
        stage("level", plan.rate, Duration::from_secs(plan.seconds)),
    ]
}

/// What a level came to, and why where it does not hold.
fn outcome(summary: &Summary) -> Result<(LevelOutcome, Option<String>), Mistake> {
    let reason = summary.reason.clone();
    let outcome = match summary.verdict {
        Verdict::Pass => return Ok((LevelOutcome::Holds, None)),
        Verdict::Fail | Verdict::Aborted => LevelOutcome::Fails,
        Verdict::Inconclusive => LevelOutcome::Undecided,
        // Requests that found no room, or no connection, were waiting for the target: it is the target that is too slow.
        Verdict::Invalid
            if summary.plan.unsent_descriptors + summary.plan.unsent_ports == 0
                && (waited_for_room(summary) || summary.plan.unsent_unreached > 0) =>
        {
            LevelOutcome::Fails
        }
        Verdict::Invalid => LevelOutcome::Generator,
        Verdict::Interrupted | Verdict::Partial | Verdict::Torn => {
            return Err(Mistake::other(reason.unwrap_or_else(|| "a level broke off".into())));
        }
    };
    Ok((outcome, reason))
}

/// Whether a hundredth of the requests waited for room among those in flight.
fn waited_for_room(summary: &Summary) -> bool {
    let without = summary.plan.dropped + summary.room_wait_us.count;
    100 * without > summary.plan.sent + summary.plan.dropped
}

fn interrupted(folder: &Path) -> Mistake {
    let message = format!("a signal ended the search; the same command with -o {} goes on", folder.display());
    Mistake::new(Exit::Interrupted, message)
}

/// Waits, unless a signal comes.
fn wait(duration: Duration, folder: &Path, io: &Io<'_>) -> Result<(), Mistake> {
    if io.interrupts.wait(duration) { Ok(()) } else { Err(interrupted(folder)) }
}

/// What is told as it goes; a closed pipe is nobody's error.
fn say(format: OutputFormat, io: &mut Io<'_>, line: &str) {
    if format == OutputFormat::Text {
        let _ = writeln!(io.stdout, "{}", line.trim_end());
        let _ = io.stdout.flush();
    }
}
