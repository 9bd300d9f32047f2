//! `merge`: the shards of a load as one run.

use super::Io;
use super::arguments::MergeArguments;
use super::outputs::OutputFormat;
use super::report::tell;
use crate::archive::{MergeError, merge as merge_runs};
use crate::exit::{Exit, Failure};

pub(super) fn merge(arguments: &MergeArguments, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let merged = merge_runs(&arguments.runs, &arguments.output);
    let (manifest, run) = merged.map_err(|refusal| match refusal {
        MergeError::Mismatch(why) => Failure::usage(why),
        MergeError::Other(why) => Failure::other(why),
    })?;
    let summary = &run.summary;
    if arguments.output_format == OutputFormat::Text {
        // A closed pipe is nobody's error.
        let _ = writeln!(io.stdout, "POST {}", summary.run.target);
    }
    tell(summary, &manifest, &arguments.output, arguments.output_format, io);
    Ok(summary.verdict.exit())
}
