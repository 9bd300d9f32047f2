//! The arguments of `plan`.

use clap::Args;

use super::RunArguments;

/// The arguments of `plan`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen plan scenarios/spike.toml                            what it takes and costs in us-east-1
  loadgen plan scenarios/spike.toml --template my/template.yaml --region eu-west-1
  loadgen plan scenarios/soak.toml --url URL --max-cost 20USD  exit code 2 if it costs more
  loadgen plan scenarios/soak.toml --simulate                  the hour on virtual time, in less than a minute
  loadgen plan scenarios/spike.toml --simulate --response-time runs/latest
  loadgen plan scenarios/spike.toml --output-format json | jq '.quotas[] | select(.exceeded > 0)'

Nothing is sent to the target. The workflow of each payload is run on virtual time, in a child process of this machine, from \
the template; every arrival of the schedule then meets the quotas of the account and the stage in turn. Prices and quotas have \
their sources in the JSON; -o DIR writes plan.json there. docs/plan.md says how the figures are made and what they leave out.
With --simulate the load itself is run on virtual time, against that template under AWS's quotas and the scenario's faults. It \
leaves what a run leaves, with the thresholds judged, marked as simulated; --output-format json then prints summary.json.
Exit codes: 0 planned, 2 usage, also for a load that costs more than --max-cost or a region without known prices; with --simulate \
those of a run.")]
pub(crate) struct PlanArguments {
    /// Run the load on virtual time: nothing is sent, and what it tells is no measurement.
    #[arg(long, help_heading = "Simulation")]
    pub(crate) simulate: bool,
    /// How long answers take beyond what faults do to them: a duration, or a run of before whose service times are drawn from
    /// [default: no time].
    #[arg(long, value_name = "DURATION|RUN", requires = "simulate", help_heading = "Simulation")]
    pub(crate) response_time: Option<String>,
    /// The arguments of the run that is planned.
    #[command(flatten)]
    pub(crate) run: RunArguments,
}
