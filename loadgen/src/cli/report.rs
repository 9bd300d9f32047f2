//! `report`: the summary of a run directory, made anew from what the run wrote.

use std::path::Path;

use super::Io;
use super::load::Failure;
use crate::exit::Exit;
use crate::report::screen;
use crate::run::{RunDirectory, rebuild};

pub(super) fn report(path: &Path, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let shown = path.display();
    let (directory, manifest) =
        RunDirectory::open(path).map_err(|e| Failure::other(format!("{shown} holds no run: {e}")))?;
    let summary =
        rebuild(&directory, &manifest).map_err(|e| Failure::other(format!("cannot read the run in {shown}: {e}")))?;
    directory.write_summary(&summary).map_err(|e| Failure::other(format!("cannot write into {shown}: {e}")))?;
    // A closed pipe is nobody's error.
    let _ = write!(io.stdout, "POST {}\n{}{}\n", summary.run.target, screen(&summary), manifest.host);
    Ok(summary.verdict.exit())
}
