//! `plan`: what a run will take, where it will be throttled, and what it will cost; nothing is sent.

use std::fs;

use super::Io;
use super::arguments::PlanArguments;
use super::cost::{check_bill, forecast};
use super::outputs::OutputFormat;
use super::run::{Prepared, prepare};
use crate::exit::Exit;
use crate::mistake::Mistake;

pub(super) fn plan(arguments: &PlanArguments, io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let mut run = arguments.run.clone();
    // A plan of any size costs nothing.
    run.yes = true;
    if !run.output.out.is_empty() {
        return Err(Mistake::usage("a plan has no requests to write: -o DIR writes plan.json, without --out"));
    }
    let Prepared { plan, endpoint, .. } = prepare(&run)?;
    let report = forecast(&run.cost, &plan, endpoint.as_ref(), &io.program)?;
    if let Some(directory) = &run.output.directory {
        let file = directory.join("plan.json");
        let written = fs::create_dir_all(directory).and_then(|()| fs::write(&file, report.to_json()));
        written.map_err(|e| Mistake::other(format!("cannot write {}: {e}", file.display())))?;
    }
    // A closed pipe is nobody's error.
    let _ = match run.output.output_format {
        OutputFormat::Text => write!(io.stdout, "{report}"),
        OutputFormat::Json => io.stdout.write_all(report.to_json().as_bytes()),
        OutputFormat::Quiet => Ok(()),
    };
    check_bill(&run.cost, &report)?;
    Ok(Exit::Pass)
}
