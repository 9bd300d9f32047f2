//! `ab`: two sides run in turn, and compared with each run as one observation.

use std::fs;
use std::path::{Path, PathBuf};

use super::Io;
use super::arguments::{AbArguments, RunArguments};
use super::compare::{criteria, tell};
use super::load::{EMBEDDED, ResolvedScenario, overrides};
use super::outputs::OutputFormat;
use super::run::{perform_quietly, prepare, stem};
use crate::archive::{fresh, remove_folders};
use crate::authorization::shown_url;
use crate::compare::{Comparison, describes_the_target};
use crate::exit::Exit;
use crate::json::JsonFormat as _;
use crate::mistake::Mistake;
use crate::report::{Statistic, Summary};

/// The arguments that are no part of the runs' own command lines, or differ from run to run.
pub(super) const OWN: &[&str] = &["a", "b", "rounds", "tolerance", "confidence", "seed"];

/// One of the two.
struct Side {
    name: &'static str,
    /// As it was named.
    label: String,
    arguments: RunArguments,
    /// The command line of its runs.
    words: Vec<String>,
    summaries: Vec<Summary>,
}

pub(super) fn ab(arguments: &AbArguments, words: &[String], io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let criteria = criteria(arguments.confidence, arguments.tolerance)?;
    let run = &arguments.run;
    let side = |name, named: &str| Side::new(name, named, run, words);
    let mut sides = [side("a", &arguments.a)?, side("b", &arguments.b)?];
    // What is wrong with B would otherwise show after a run of A.
    for side in &sides {
        prepare(&side.arguments)?;
    }
    // A run ends in good order, and with it the comparison.
    io.interrupts.heed(usize::MAX);
    let (folder, made) = folder(run.output.directory.as_deref())?;
    let compared = interleave(arguments, &mut sides, &folder, io);
    // A first run that was refused leaves nothing that would hold the folder.
    remove_folders(&made);
    compared?;
    let format = run.output.output_format;
    let [a, b] = &sides;
    let found = Comparison::of(&a.summaries, &b.summaries, criteria)?;
    let file = folder.join("comparison.json");
    fs::write(&file, found.to_json()).map_err(|e| Mistake::other(format!("cannot write {}: {e}", file.display())))?;
    say(format, io, "");
    tell(&found, format, io);
    say(format, io, &format!("runs in {}", folder.display()));
    Ok(found.exit())
}

/// Where the runs go, with the folders that were made for them.
fn folder(asked: Option<&Path>) -> Result<(PathBuf, Vec<PathBuf>), Mistake> {
    if let Some(folder) = asked {
        return Ok((folder.to_owned(), Vec::new()));
    }
    fresh(Path::new("runs"), &stem("ab")).map_err(|e| Mistake::other(format!("cannot make a folder in runs: {e}")))
}

/// Runs both sides in turn, and tells of each run.
fn interleave(arguments: &AbArguments, sides: &mut [Side; 2], folder: &Path, io: &mut Io<'_>) -> Result<(), Mistake> {
    let format = arguments.run.output.output_format;
    for side in &*sides {
        say(format, io, &format!("{}            {}", side.name.to_uppercase(), side.label));
    }
    for round in 0..arguments.rounds {
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for index in order {
            let summary = sides[index].once(folder, round, io)?;
            say(format, io, &line(&sides[index], round, &summary));
            if !describes_the_target(&summary) {
                let (name, verdict) = (sides[index].name, summary.verdict.as_str());
                let why = summary.reason.as_deref().unwrap_or("see its run directory");
                let message = format!("run {name}{} is {verdict}: {why}", round + 1);
                return Err(Mistake::new(summary.verdict.exit(), message));
            }
            sides[index].summaries.push(summary);
        }
    }
    Ok(())
}

impl Side {
    fn new(name: &'static str, named: &str, run: &RunArguments, shared: &[String]) -> Result<Self, Mistake> {
        let mut arguments = run.clone();
        let mut words = shared.to_vec();
        if is_target(named) {
            arguments.load.url = Some(named.into());
            // A URL that both sides shared would have no place beside it.
            if let Some(at) = words.iter().position(|word| word == "--url") {
                words.drain(at..words.len().min(at + 2));
            }
            words.extend(["--url".into(), shown_url(named)]);
        } else {
            if let Some(other) = &run.load.scenario {
                let other = other.display();
                return Err(Mistake::usage(format!(
                    "{named} is a scenario already, so {other} cannot be given as well"
                )));
            }
            arguments.load.scenario = Some(named.into());
            words.push(named.into());
        }
        arguments.output.quiet = true;
        // What a run says on stdout goes nowhere; that it says it there keeps stderr for warnings.
        arguments.output.output_format = OutputFormat::Text;
        Ok(Self { name, label: shown_url(named), arguments, words, summaries: Vec::new() })
    }

    /// Runs once, with the seed of the round.
    fn once(&self, folder: &Path, round: u32, io: &mut Io<'_>) -> Result<Summary, Mistake> {
        let mut arguments = self.arguments.clone();
        let seed = match arguments.load.seed {
            Some(seed) => seed,
            None => ResolvedScenario::of(&arguments.load, &overrides(&arguments.load))?.scenario.seed,
        };
        let seed = seed.wrapping_add(u64::from(round));
        arguments.load.seed = Some(seed);
        arguments.output.directory = Some(folder.join(format!("{}{}", self.name, round + 1)));
        let mut words = self.words.clone();
        words.extend(["--seed".into(), seed.to_string()]);
        Ok(perform_quietly(&arguments, &words, &|_| {}, io)?.summary)
    }
}

/// Whether a side is named by its target, and not by a scenario.
fn is_target(named: &str) -> bool {
    named == EMBEDDED || named.contains("://")
}

/// What is told as it goes; a closed pipe is nobody's error.
fn say(format: OutputFormat, io: &mut Io<'_>, line: &str) {
    if format == OutputFormat::Text {
        let _ = writeln!(io.stdout, "{line}");
        let _ = io.stdout.flush();
    }
}

fn line(side: &Side, round: u32, summary: &Summary) -> String {
    let latency = &summary.response_us;
    let failed = summary.outcomes.failed.values().sum::<u64>() + summary.outcomes.unfinished;
    format!(
        "  {}{:<4} started {:>7}  failed {failed:>5}  p50 {:>8}  p99 {:>8}",
        side.name,
        round + 1,
        summary.outcomes.started,
        latency.show(Statistic::P50),
        latency.show(Statistic::P99)
    )
}
