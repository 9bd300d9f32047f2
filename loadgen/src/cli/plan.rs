//! `plan`: what a run will take, where it will be throttled, and what it will cost; nothing is sent.

use std::fs;
use std::path::Path;

use super::Io;
use super::arguments::PlanArguments;
use super::cost::{check_bill, forecast, planned};
use super::outputs::OutputFormat;
use super::run::{Done, Prepared, prepare};
use super::simulate::{self, SimulationBasis};
use crate::exit::Exit;
use crate::forecast::PlanReport;
use crate::json::JsonFormat as _;
use crate::mistake::Mistake;

/// `words` make the simulation again, without secrets.
pub(super) fn plan(arguments: &PlanArguments, words: &[String], io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let mut run = arguments.run.clone();
    // A plan of any size costs nothing.
    run.yes = true;
    if arguments.simulate {
        simulate::check(arguments)?;
    }
    let prepared = prepare(&run)?;
    let Prepared { plan, endpoint, .. } = &prepared;
    // What would keep it from being simulated is told before the plan.
    let basis = if arguments.simulate { Some(SimulationBasis::of(arguments, plan)?) } else { None };
    let report = forecast(&run.cost, plan, endpoint.as_ref(), &io.program)?;
    let format = run.output.output_format;
    // A closed pipe is nobody's error.
    let _ = match format {
        OutputFormat::Text => write!(io.stdout, "{report}"),
        OutputFormat::Json if !arguments.simulate => io.stdout.write_all(report.to_json().as_bytes()),
        OutputFormat::Json | OutputFormat::Quiet => Ok(()),
    };
    let Some(basis) = basis else {
        if let Some(directory) = &run.output.directory {
            write(&report, directory)?;
        }
        check_bill(&run.cost, &report)?;
        return Ok(Exit::Pass);
    };
    check_bill(&run.cost, &report)?;
    let Done { summary, manifest, directory, unwritten } =
        simulate::simulate(arguments, prepared, (basis, planned(&report)), words, io)?;
    write(&report, &directory)?;
    super::report::tell(&summary, &manifest, &directory, format, io);
    let exit = summary.verdict.exit();
    for failure in &unwritten {
        // Nobody may be listening.
        let _ = writeln!(io.stderr, "error: {failure}");
    }
    Ok(if unwritten.is_empty() { exit } else { exit.min(Exit::Other) })
}

fn write(report: &PlanReport, directory: &Path) -> Result<(), Mistake> {
    let file = directory.join("plan.json");
    let written = fs::create_dir_all(directory).and_then(|()| fs::write(&file, report.to_json()));
    written.map_err(|e| Mistake::other(format!("cannot write {}: {e}", file.display())))
}
