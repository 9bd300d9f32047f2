//! The arguments of `reconcile`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::NetworkArguments;
use crate::cli::outputs::OutputFormat;
use crate::scenario;
use crate::units;

/// The arguments of `reconcile`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen reconcile runs/latest                          did everything that was started end, and how?
  loadgen reconcile runs/latest --stop --yes             stop what is still open of the run, and nothing else
  loadgen reconcile results/merged --output-format json | jq .lost

Reads ListExecutions once and describes only what the list does not tell, under the account's quotas; after an interruption \
the same command continues. Keys come from the environment, as with --auth sigv4, and need states:ListExecutions, \
states:DescribeExecution, for what it cost states:GetExecutionHistory, and for --stop states:StopExecution. The result is \
kept as reconciliation.json in the run directory, and `loadgen report` then shows how the workflows ended.
Exit codes: 0 everything is accounted for, 99 the account does not close, 105 interrupted.")]
pub(crate) struct ReconcileArguments {
    /// A run directory, also a merged one.
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// URL of the Step Functions API [default: AWS's, of the region in the state machine's ARN; for a target on this machine,
    /// the target's own host and port]
    #[arg(long, value_name = "URL", help_heading = "Target")]
    pub(crate) states_url: Option<String>,
    /// The state machine; by default the one that the run's answers named.
    #[arg(long, value_name = "ARN", help_heading = "Target")]
    pub(crate) state_machine: Option<String>,
    /// Longest wait for an answer.
    #[arg(long, value_parser = scenario::parse_time, value_name = "DURATION", default_value = "30s", help_heading = "Target")]
    pub(crate) timeout: Duration,
    /// By how much the clocks of this machine and of AWS may differ.
    #[arg(long, value_parser = scenario::parse_duration, value_name = "DURATION", default_value = "5s")]
    pub(crate) margin: Duration,
    /// Most executions that are described one by one: 15 a second once the account's bucket is empty, 10 in small regions.
    #[arg(long, value_name = "N", value_parser = units::whole(0..=u32::MAX), default_value_t = 1_000)]
    pub(crate) describe: u32,
    /// Prices to use in the place of the known ones, a file as docs/plan.md shows it.
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// Stop the executions of the run that are still open.
    #[arg(long)]
    pub(crate) stop: bool,
    /// With --stop: really stop them, and not only count them.
    #[arg(long, requires = "stop")]
    pub(crate) yes: bool,
    /// What stdout gets: text, json (reconciliation.json), or quiet (nothing).
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    pub(crate) output_format: OutputFormat,
    /// How to reach the Step Functions API.
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}
