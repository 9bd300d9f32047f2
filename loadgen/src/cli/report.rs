//! What a run leaves on stdout and beside its directory, and `report`, which makes it anew from what the run wrote.

use std::path::Path;

use super::Io;
use super::absent::no_run;
use super::outputs::OutputFormat;
use crate::archive::{Manifest, RunDirectory, RunResult, baseline, page, rebuild, repeat};
use crate::exit::Exit;
use crate::json::JsonFormat as _;
use crate::judge::Verdict;
use crate::mistake::Mistake;
use crate::record::Class;
use crate::report::{Outcomes, ScreenContext, Summary, screen};

pub(super) fn report(
    path: &Path,
    before: Option<&Path>,
    format: OutputFormat,
    io: &mut Io<'_>,
) -> Result<Exit, Mistake> {
    let (directory, manifest, mut run) = read(path)?;
    let before = before.map(read).transpose()?.map(|(_, _, before)| baseline(&before, &run));
    let shown = path.display();
    let told = directory.tells_more_than_it_holds().map_err(|e| Mistake::other(format!("cannot read {shown}: {e}")))?;
    let written = if told {
        // Nobody may be listening.
        let _ = writeln!(
            io.stderr,
            "note: what the run itself told stays in {shown}/summary.json and report.html: the directory holds less"
        );
        Ok(())
    } else {
        directory.write_reports(&run.summary, &page(&manifest, &run, before))
    };
    // What was asked for is told all the same.
    let unwritten = written.err().map(|e| format!("cannot write into {shown}: {e}"));
    run.summary.lack(unwritten.as_slice());
    let summary = &run.summary;
    if format == OutputFormat::Text {
        // A closed pipe is nobody's error.
        let _ = writeln!(io.stdout, "{}", format!("POST {}  {}", summary.run.target, summary.run.caveat()).trim_end());
    }
    tell(summary, &manifest, path, format, io);
    let exit = summary.verdict.exit();
    let Some(unwritten) = unwritten else { return Ok(exit) };
    // Nobody may be listening.
    let _ = writeln!(io.stderr, "error: {unwritten}");
    Ok(exit.min(Exit::Other))
}

/// A run directory and what is said of the run in it.
fn read(path: &Path) -> Result<(RunDirectory, Manifest, RunResult), Mistake> {
    let shown = path.display();
    let (directory, manifest) = RunDirectory::open(path).map_err(|e| no_run(path, e))?;
    let run =
        rebuild(&directory, &manifest).map_err(|e| Mistake::other(format!("cannot read the run in {shown}: {e}")))?;
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
                // Of a folder that is gone, or a disk that is full, there is none.
                page: Some(path.join("report.html"))
                    .filter(|page| page.exists())
                    .map_or_else(String::new, |page| page.display().to_string()),
                repeat: repeat(&manifest.arguments),
                account: account_of(summary, path),
                colour: io.terminal.coloured_stdout,
            },
        ),
    };
    // A closed pipe is nobody's error.
    let _ = io.stdout.write_all(text.as_bytes());
}

/// The command that tells what the answers left open, and after an interrupted run stops what still runs. An embedded
/// endpoint has nothing to tell any more.
fn account_of(summary: &Summary, path: &Path) -> String {
    let Outcomes { started, unfinished, failed, .. } = &summary.outcomes;
    let lost = Class::ALL.into_iter().filter(|class| class.may_have_started());
    let lost: u64 = lost.filter_map(|class| failed.get(class.as_str())).sum::<u64>() + unfinished;
    let words = |more: &str| repeat(&["reconcile".to_owned(), path.display().to_string()]) + more;
    match summary.verdict {
        _ if summary.run.embedded => String::new(),
        Verdict::Interrupted | Verdict::Aborted if started + lost > 0 => {
            words(" --stop   (stops what is still open of the run)")
        }
        _ if lost > 0 => words(&format!("   (which of {lost} lost answers did start)")),
        _ => String::new(),
    }
}
