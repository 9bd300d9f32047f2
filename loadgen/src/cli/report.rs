//! What a run leaves on stdout and beside its directory, and `report`, which makes it anew from what the run wrote.

use std::path::Path;

use super::Io;
use super::outputs::OutputFormat;
use crate::archive::{Manifest, RunDirectory, RunResult, baseline, page, rebuild, repeat};
use crate::exit::{Exit, Failure};
use crate::report::{ScreenContext, Summary, screen};

pub(super) fn report(
    path: &Path,
    before: Option<&Path>,
    format: OutputFormat,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let (directory, manifest, run) = read(path)?;
    let before = before.map(read).transpose()?.map(|(_, _, before)| baseline(&before, &run));
    let summary = &run.summary;
    directory
        .write_reports(summary, &page(&manifest, &run, before))
        .map_err(|e| Failure::other(format!("cannot write into {}: {e}", path.display())))?;
    if format == OutputFormat::Text {
        // A closed pipe is nobody's error.
        let label = if summary.run.embedded { "  embedded (not AWS)" } else { "" };
        let _ = writeln!(io.stdout, "POST {}{label}", summary.run.target);
    }
    tell(summary, &manifest, path, format, io);
    Ok(summary.verdict.exit())
}

/// A run directory and what is said of the run in it.
fn read(path: &Path) -> Result<(RunDirectory, Manifest, RunResult), Failure> {
    let shown = path.display();
    let (directory, manifest) =
        RunDirectory::open(path).map_err(|e| Failure::other(format!("{shown} holds no run: {e}")))?;
    let run =
        rebuild(&directory, &manifest).map_err(|e| Failure::other(format!("cannot read the run in {shown}: {e}")))?;
    Ok((directory, manifest, run))
}

/// Tells of a run on stdout.
pub(super) fn tell(summary: &Summary, manifest: &Manifest, path: &Path, format: OutputFormat, io: &mut Io<'_>) {
    let text = match format {
        OutputFormat::Quiet => return,
        OutputFormat::Json => summary.to_json(),
        OutputFormat::Text => screen(
            summary,
            &ScreenContext {
                host: manifest.host.to_string(),
                directory: path.display().to_string(),
                page: path.join("report.html").display().to_string(),
                repeat: repeat(&manifest.arguments),
                colour: io.terminal.coloured_stdout,
            },
        ),
    };
    // A closed pipe is nobody's error.
    let _ = io.stdout.write_all(text.as_bytes());
}
