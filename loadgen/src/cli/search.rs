//! `search`: levels run one after another, until the greatest rate that holds is known.

mod climb;
mod journal;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::climb::{Climb, level_arguments};
use self::journal::{Journal, SearchSubject, cannot};
use super::Io;
use super::arguments::SearchArguments;
use super::outputs::OutputFormat;
use super::run::{Prepared, prepare_shaped, stem};
use crate::archive::{fresh, remove_folders};
use crate::exit::Exit;
use crate::json::JsonFormat as _;
use crate::judge::{Metric, State, Threshold};
use crate::mistake::Mistake;
use crate::record::Class;
use crate::scenario::{Profile, Scenario};
use crate::search::{SearchOptions, SearchReport, page};

/// The arguments that are no part of the levels' own command lines.
pub(super) const OWN: &[&str] =
    &["from", "to", "precision", "level_time", "repeats", "max_executions", "max_time", "rps", "duration", "seed"];

pub(super) fn search(arguments: &SearchArguments, words: &[String], io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let run = &arguments.run;
    check(arguments)?;
    let Prepared { plan, endpoint, .. } = prepare_shaped(&level_arguments(arguments), &|_: &mut Scenario| {})?;
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
    let mut thresholds = thresholds(&plan.thresholds)?;
    let subject = SearchSubject {
        target: endpoint.map(|endpoint| endpoint.to_string()),
        thresholds: thresholds.iter().map(ToString::to_string).collect(),
        payloads: scenario.payloads.iter().map(|payload| payload.name.as_str()).collect::<Vec<_>>().join(", "),
        seed: scenario.seed,
        from: options.from,
        level_seconds: options.level_seconds,
    };
    if plan.names_assumed {
        // Each level has it by itself, and sees whether names are the service's own.
        thresholds.retain(|threshold| threshold.subject.metric != Metric::Mismatched);
    }
    // A level ends in good order, and with it the search.
    io.interrupts.heed(usize::MAX);
    let (folder, made) = folder(run.output.directory.as_deref(), &scenario.name)?;
    let (journal, levels) = Journal::open(folder.clone(), &subject)?;
    let mut climb = Climb { arguments, words, options, scenario, thresholds, journal, embedded, levels };
    let ended = climb.run(io);
    // A first level that was refused leaves nothing that would hold the folder.
    remove_folders(&made);
    let end = ended?;
    let target = subject.target.as_deref().unwrap_or("embedded");
    let report = SearchReport::of(target, embedded, subject.thresholds, &climb.options, &climb.levels, end);
    let file = folder.join("search.json");
    fs::write(&file, report.to_json()).map_err(|e| cannot(&file, &e))?;
    let drawn = folder.join("search.html");
    fs::write(&drawn, page(&report)).map_err(|e| cannot(&drawn, &e))?;
    let _ = match run.output.output_format {
        OutputFormat::Text => write!(io.stdout, "\n{report}{:13}{}\n", "PAGE", drawn.display()),
        OutputFormat::Json => io.stdout.write_all(report.to_json().as_bytes()),
        OutputFormat::Quiet => Ok(()),
    };
    Ok(report.exit())
}

/// What makes no search.
fn check(arguments: &SearchArguments) -> Result<(), Mistake> {
    if arguments.level_time < Duration::from_secs(5) {
        return Err(Mistake::usage("--level-time is at least 5s: shorter levels tell nothing"));
    }
    if arguments.from <= 0.0 || arguments.to < arguments.from {
        return Err(Mistake::usage("--from is above 0, and --to not below it"));
    }
    Ok(())
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
