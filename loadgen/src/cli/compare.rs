//! `compare`: runs against runs of before, from their summaries.

use std::fs;
use std::path::{Path, PathBuf};

use super::Io;
use super::absent::no_run;
use super::arguments::CompareArguments;
use super::baseline::resolve;
use super::outputs::OutputFormat;
use crate::compare::{Comparison, Criteria, screen, unlike};
use crate::exit::Exit;
use crate::json::JsonFormat as _;
use crate::mistake::Mistake;
use crate::report::Summary;
use crate::statistics::Confidence;

pub(super) fn compare(arguments: &CompareArguments, io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let criteria = criteria(arguments.confidence, arguments.tolerance)?;
    let given = Sides { baseline: read(&resolve(&arguments.baseline)?)?, runs: read(&arguments.runs)? };
    let Sides { baseline, runs } = given.distinct(io)?;
    let found = Comparison::of(&baseline, &runs, criteria)?;
    // A closed pipe is nobody's error.
    if let Some(warning) = unlike(&baseline, &runs) {
        let _ = writeln!(io.stderr, "warning: {warning}");
    }
    tell(&found, arguments.output_format, io);
    Ok(found.exit())
}

/// What the command line says about confidence and tolerance.
pub(super) fn criteria(confidence: f64, tolerance: f64) -> Result<Criteria, Mistake> {
    let confidence = Confidence::new(confidence)
        .ok_or_else(|| Mistake::usage("--confidence lies between 0.5 and 0.9999, such as 0.95"))?;
    Ok(Criteria { confidence, tolerance })
}

/// Tells of a comparison on stdout.
pub(super) fn tell(found: &Comparison, format: OutputFormat, io: &mut Io<'_>) {
    let text = match format {
        OutputFormat::Text => format!("{}exit {}\n", screen(found), found.exit().code()),
        OutputFormat::Json => found.to_json(),
        OutputFormat::Quiet => return,
    };
    // A closed pipe is nobody's error.
    let _ = io.stdout.write_all(text.as_bytes());
}

/// What is compared with what.
struct Sides<R> {
    baseline: Vec<R>,
    runs: Vec<R>,
}

impl Sides<(PathBuf, Summary)> {
    /// Each run once, however often and under whatever names it is given: a comparison counts its runs as independent.
    fn distinct(self, io: &mut Io<'_>) -> Result<Sides<Summary>, Mistake> {
        let Self { baseline, runs } = self;
        for (given, run) in &runs {
            if let Some((known, _)) = baseline.iter().find(|(_, known)| known.is_same_run(run)) {
                return Err(Mistake::usage(format!(
                    "{} is on both sides{}: leave it out of one",
                    given.display(),
                    alias(given, known)
                )));
            }
        }
        Ok(Sides { baseline: once(baseline, io), runs: once(runs, io) })
    }
}

/// The runs that are not there already; the others are named.
fn once(given: Vec<(PathBuf, Summary)>, io: &mut Io<'_>) -> Vec<Summary> {
    let mut kept: Vec<(PathBuf, Summary)> = Vec::new();
    for (path, run) in given {
        match kept.iter().find(|(_, known)| known.is_same_run(&run)) {
            Some((known, _)) => {
                // A closed pipe is nobody's error.
                let _ = writeln!(
                    io.stderr,
                    "warning: {} is given twice{} and counts once",
                    path.display(),
                    alias(&path, known)
                );
            }
            None => kept.push((path, run)),
        }
    }
    kept.into_iter().map(|(_, run)| run).collect()
}

/// Under what other name a run is known, if it is another.
fn alias(given: &Path, known: &Path) -> String {
    if given == known { String::new() } else { format!(" (it is the run in {})", known.display()) }
}

/// The runs with the directories that they are in.
fn read(directories: &[PathBuf]) -> Result<Vec<(PathBuf, Summary)>, Mistake> {
    let summary = |directory: &PathBuf| {
        let file = directory.join("summary.json");
        let text = fs::read_to_string(&file).map_err(|e| {
            if !directory.join("manifest.json").exists() {
                return no_run(directory, format!("summary.json: {e}"));
            }
            let shown = directory.display();
            Mistake::other(format!("{shown} has no summary ({e}): `loadgen report {shown}` makes it again"))
        })?;
        let summary: Summary = serde_json::from_str(&text)
            .map_err(|e| Mistake::other(format!("{} is not a summary: {e}", file.display())))?;
        Ok::<_, Mistake>((directory.clone(), summary))
    };
    directories.iter().map(summary).collect()
}
