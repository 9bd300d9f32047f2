//! The arguments of `merge`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::outputs::OutputFormat;

/// The arguments of `merge`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Example: loadgen merge results -o results/merged
Names are compared exactly over all shards; of a shard that was started again, the attempt that ended counts.
Exit codes: those of a run of the whole load, and 96 where shards are missing or broke off.")]
pub(crate) struct MergeArguments {
    /// Run directories, or the folder that shards share.
    #[arg(required = true, value_name = "DIR")]
    pub(crate) runs: Vec<PathBuf>,
    /// The run directory to make.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// What stdout gets.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output_format: OutputFormat,
}
