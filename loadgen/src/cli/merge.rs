//! `merge`: the shards of a load as one run.

use super::Io;
use super::arguments::MergeArguments;
use super::outputs::OutputFormat;
use super::report::tell;
use crate::archive::merge as merge_runs;
use crate::exit::Exit;
use crate::mistake::Mistake;

pub(super) fn merge(arguments: &MergeArguments, io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let stop = || {
        // Asked as soon as there is something to take away again; a second signal does not wait for that.
        io.interrupts.heed(1);
        io.interrupts.came()
    };
    let (manifest, run) = merge_runs(&arguments.runs, &arguments.output, &stop)?;
    let summary = &run.summary;
    if arguments.output_format == OutputFormat::Text {
        // A closed pipe is nobody's error.
        let _ = writeln!(io.stdout, "POST {}", summary.run.target);
    }
    tell(summary, &manifest, &arguments.output, arguments.output_format, io);
    Ok(summary.verdict.exit())
}
