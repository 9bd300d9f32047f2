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
  loadgen plan scenarios/spike.toml --output-format json | jq '.quotas[] | select(.exceeded > 0)'

Nothing is sent to the target. The workflow of each payload is run on virtual time, in a child process of this machine, from
the template; every arrival of the schedule then meets the quotas of the account and the stage in turn. Prices and quotas have
their sources in the JSON; -o DIR writes plan.json there. docs/plan.md says how the figures are made and what they leave out.
Exit codes: 0 planned, 2 usage, also for a load that costs more than --max-cost or a region without known prices.")]
pub(crate) struct PlanArguments {
    /// The arguments of the run that is planned.
    #[command(flatten)]
    pub(crate) run: RunArguments,
}
