//! The arguments of `compare`.

use std::path::PathBuf;

use clap::Args;

use super::share::parse_tolerance;
use crate::cli::outputs::OutputFormat;
use crate::units;

/// The arguments of `compare`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen compare after-1 after-2 after-3 after-4 --baseline before-1 before-2 before-3 before-4
  loadgen compare runs/latest --baseline main            runs that were added with --save-baseline main

A whole run is one observation, because its requests share the same conditions. It takes four runs a side to conclude at 95%.
Exit codes: 0 no regression, 98 cannot tell, 99 regression.")]
pub(crate) struct CompareArguments {
    /// Run directories.
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// What to compare with: run directories, or the name of a baseline that runs were added to with --save-baseline.
    #[arg(long, required = true, num_args = 1.., value_name = "RUN|NAME")]
    pub(crate) baseline: Vec<PathBuf>,
    /// Ignore differences of times up to this share, and of failed requests up to a tenth of it.
    #[arg(long, value_parser = parse_tolerance, value_name = "PERCENT", default_value = "5%")]
    pub(crate) tolerance: f64,
    /// How sure a conclusion has to be.
    #[arg(long, value_name = "SHARE", value_parser = units::parse_number, default_value_t = 0.95)]
    pub(crate) confidence: f64,
    /// What stdout gets: text, json, or quiet (nothing).
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    pub(crate) output_format: OutputFormat,
}
