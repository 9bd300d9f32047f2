//! `search`: levels run one after another, until the greatest rate that holds is known.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Io;
use super::arguments::SearchArguments;
use super::outputs::OutputFormat;
use super::run::{Done, Prepared, perform_quietly, prepare_shaped, stem};
use crate::archive::{RunDirectory, counts_by_second, fresh, remove_folders};
use crate::exit::Exit;
use crate::json::JsonFormat as _;
use crate::judge::{Metric, State, Threshold, Verdict};
use crate::mistake::Mistake;
use crate::record::{Class, Counts};
use crate::report::Summary;
use crate::scenario::{Profile, Scenario, Stage, Warmup};
use crate::search::{
    LEVEL_HEADING, LevelOutcome, LevelPlan, LevelResult, NextLevel, SearchEnd, SearchLaw, SearchOptions, SearchReport,
    SecondCounts, measure_bucket, page,
};

/// The arguments that are no part of the levels' own command lines.
pub(super) const OWN: &[&str] =
    &["from", "to", "precision", "level_time", "repeats", "max_executions", "max_time", "rps", "duration", "seed"];

/// Share of throttled requests from which on a bucket is looked for.
const THROTTLED: f64 = 0.002;

/// Requests that show whether a target is quiet again, and how many a second.
const PROBES: u64 = 3;
const PROBE_RATE: f64 = 10.0;

/// Waits between two looks whether it is quiet.
const LOOKS: [u64; 6] = [1, 2, 4, 8, 15, 30];

/// What a search is about: one that goes on has to be about the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SearchSubject {
    target: Option<String>,
    thresholds: Vec<String>,
    payloads: String,
    seed: u64,
    from: f64,
    level_seconds: u64,
}

struct Search<'a> {
    arguments: &'a SearchArguments,
    words: &'a [String],
    options: SearchOptions,
    scenario: Scenario,
    thresholds: Vec<Threshold>,
    folder: PathBuf,
    embedded: bool,
    levels: Vec<LevelResult>,
}

pub(super) fn search(arguments: &SearchArguments, words: &[String], io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let run = &arguments.run;
    check(arguments)?;
    let Prepared { plan, endpoint, .. } = prepare_shaped(&open(arguments), &|_: &mut Scenario| {})?;
    let scenario = plan.scenario;
    if !matches!(scenario.load.profile, Profile::Constant { .. }) {
        return Err(Mistake::usage("search sets the rate itself: it needs a constant-arrival-rate scenario"));
    }
    let max_executions = arguments.max_executions.or(scenario.target.max_executions);
    if endpoint.as_ref().is_some_and(|endpoint| !endpoint.is_loopback()) && max_executions.is_none() && !run.yes {
        return Err(Mistake::usage(
            "each level costs: say how many executions the search may start (--max-executions), or --yes",
        ));
    }
    let embedded = endpoint.is_none();
    let options = SearchOptions {
        from: arguments.from,
        to: arguments.to,
        precision: arguments.precision,
        level_seconds: arguments.level_time.as_secs(),
        repeats: arguments.repeats,
        max_executions,
        max_seconds: arguments.max_time.as_secs_f64(),
        fresh: embedded,
    };
    let thresholds = thresholds(&plan.thresholds)?;
    let subject = SearchSubject {
        target: endpoint.map(|endpoint| endpoint.to_string()),
        thresholds: thresholds.iter().map(ToString::to_string).collect(),
        payloads: scenario.payloads.iter().map(|payload| payload.name.as_str()).collect::<Vec<_>>().join(", "),
        seed: scenario.seed,
        from: options.from,
        level_seconds: options.level_seconds,
    };
    // A level ends in good order, and with it the search.
    io.interrupts.heed(usize::MAX);
    let (folder, made) = folder(run.output.directory.as_deref(), &scenario.name)?;
    let levels = resume(&folder, &subject)?;
    let mut search = Search { arguments, words, options, scenario, thresholds, folder, embedded, levels };
    let ended = search.climb(io);
    // A first level that was refused leaves nothing that would hold the folder.
    remove_folders(&made);
    let end = ended?;
    let target = subject.target.as_deref().unwrap_or("embedded");
    let report = SearchReport::of(target, embedded, subject.thresholds, &search.options, &search.levels, end);
    let file = search.folder.join("search.json");
    fs::write(&file, report.to_json()).map_err(|e| cannot(&file, &e))?;
    let drawn = search.folder.join("search.html");
    fs::write(&drawn, page(&report)).map_err(|e| cannot(&drawn, &e))?;
    let _ = match run.output.output_format {
        OutputFormat::Text => write!(io.stdout, "\n{report}{:13}{}\n", "PAGE", drawn.display()),
        OutputFormat::Json => io.stdout.write_all(report.to_json().as_bytes()),
        OutputFormat::Quiet => Ok(()),
    };
    Ok(report.exit())
}

/// What has no place in a search.
fn check(arguments: &SearchArguments) -> Result<(), Mistake> {
    let (load, run) = (&arguments.run.load, &arguments.run);
    let misplaced = [
        (load.rps.is_some() || load.scale.is_some(), "--rps and --scale: the rate is what is searched (--from, --to)"),
        (load.duration.is_some() || load.requests.is_some(), "-d and -n: --level-time says how long a level lasts"),
        (load.closed.is_some(), "--closed: levels are open loops"),
        (
            load.shard.is_some() || run.start.barrier.is_some() || run.start.start_at.is_some(),
            "--shard, --barrier and --start-at: a search runs on one machine",
        ),
        (run.cost.max_cost.is_some(), "--max-cost: --max-executions bounds what a search may start"),
        (!run.output.out.is_empty(), "--out: the levels keep whole run directories"),
    ];
    if let Some((_, what)) = misplaced.iter().find(|(given, _)| *given) {
        return Err(Mistake::usage(format!("search does not take {what}")));
    }
    if arguments.level_time < Duration::from_secs(5) {
        return Err(Mistake::usage("--level-time is at least 5s: shorter levels tell nothing"));
    }
    if arguments.from <= 0.0 || arguments.to < arguments.from {
        return Err(Mistake::usage("--from is above 0, and --to not below it"));
    }
    Ok(())
}

/// The arguments of a level. The search itself bounds its size, and says how long it lasts where no scenario does.
fn open(arguments: &SearchArguments) -> super::arguments::RunArguments {
    let mut run = arguments.run.clone();
    run.yes = true;
    if run.load.scenario.is_none() {
        run.load.rps = Some(arguments.from);
        run.load.duration = Some(arguments.level_time);
    }
    run
}

/// What has to hold, each to be judged by the level as a whole: what the scenario asks for, and that hardly any start fails.
fn thresholds(asked: &[Threshold]) -> Result<Vec<Threshold>, Mistake> {
    let built_in = [Metric::Duplicates, Metric::Mismatched, Metric::Ended(Class::Started)];
    if asked.iter().all(|threshold| built_in.contains(&threshold.subject.metric)) {
        return Err(Mistake::usage("say what has to hold, as --threshold 'response_time:p(99)<200ms'"));
    }
    let mut thresholds = asked.to_vec();
    if thresholds.iter().all(|threshold| threshold.subject.metric != Metric::Failed) {
        thresholds.push(Threshold::parse(Metric::Failed, "rate<1%")?);
    }
    for threshold in &mut thresholds {
        // An undecided level is repeated, and never counts as one that holds. Times that surely fail end it at once;
        // failures do not, for how they go on tells a token bucket.
        threshold.terms.on_inconclusive = State::Inconclusive;
        threshold.terms.abort_on_fail = threshold.subject.metric.is_timed();
        threshold.terms.delay_abort_eval = 0;
    }
    Ok(thresholds)
}

fn folder(asked: Option<&Path>, name: &str) -> Result<(PathBuf, Vec<PathBuf>), Mistake> {
    if let Some(folder) = asked {
        fs::create_dir_all(folder).map_err(|e| cannot(folder, &e))?;
        return Ok((folder.to_owned(), Vec::new()));
    }
    fresh(Path::new("runs"), &stem(&format!("{name}-search"))).map_err(|e| cannot(Path::new("runs"), &e))
}

/// The levels that a search in this folder left, if it was about the same.
fn resume(folder: &Path, subject: &SearchSubject) -> Result<Vec<LevelResult>, Mistake> {
    let file = folder.join("subject.json");
    let text = serde_json::to_string_pretty(subject).expect("a subject has a form in JSON");
    match fs::read_to_string(&file) {
        Ok(before) if before == text => {}
        Ok(_) => {
            return Err(Mistake::usage(format!(
                "{} holds a search of another target, scenario, threshold, --from or --level-time: name another with -o",
                folder.display()
            )));
        }
        Err(_) => fs::write(&file, text).map_err(|e| cannot(&file, &e))?,
    }
    let lines = fs::read_to_string(folder.join(LEVELS)).unwrap_or_default();
    // A last line that was cut off is a level that is tried again.
    Ok(lines.lines().map_while(|line| serde_json::from_str(line).ok()).collect())
}

const LEVELS: &str = "levels.jsonl";

fn cannot(file: &Path, e: &io::Error) -> Mistake {
    Mistake::other(format!("cannot write {}: {e}", file.display()))
}

impl Search<'_> {
    /// Tries levels until the law has an end.
    fn climb(&mut self, io: &mut Io<'_>) -> Result<SearchEnd, Mistake> {
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
            self.keep(&level)?;
            self.levels.push(level);
        }
    }

    /// Waits before a level: for a bucket to fill, and for a target to be as quick again as it was at first. An embedded
    /// endpoint is another one each time. Gives the number of requests that it took to see that.
    fn rest(&self, plan: &LevelPlan, io: &mut Io<'_>) -> Result<u64, Mistake> {
        wait(Duration::from_secs_f64(plan.rest_seconds), &self.folder, io)?;
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
            wait(Duration::from_secs(seconds), &self.folder, io)?;
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
        let mut arguments = open(self.arguments);
        let directory = self.folder.join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory).map_err(|e| cannot(&directory, &e))?;
        }
        arguments.output.directory = Some(directory);
        arguments.output.quiet = true;
        arguments.output.output_format = OutputFormat::Text;
        arguments.thresholds.clear();
        let done = perform_quietly(&arguments, words, shape, io)?;
        if done.summary.verdict == Verdict::Interrupted {
            return Err(interrupted(&self.folder));
        }
        Ok(done)
    }

    fn keep(&self, level: &LevelResult) -> Result<(), Mistake> {
        let file = self.folder.join(LEVELS);
        let line = serde_json::to_string(level).expect("a level has a form in JSON") + "\n";
        let opened = fs::OpenOptions::new().append(true).create(true).open(&file);
        opened.and_then(|mut opened| opened.write_all(line.as_bytes())).map_err(|e| cannot(&file, &e))
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
        // Requests that found no room were waiting for the target: it is the target that is too slow.
        Verdict::Invalid
            if summary.plan.unsent_descriptors + summary.plan.unsent_ports == 0 && waited_for_room(summary) =>
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
