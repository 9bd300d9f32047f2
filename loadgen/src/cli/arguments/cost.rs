//! The arguments about what a load costs on AWS.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::units;

/// What a load costs, and how much it may cost.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct CostArguments {
    /// Refuse, before anything is sent, a load that would cost more, as 20USD; `loadgen plan` tells what it costs.
    #[arg(long, value_parser = units::parse_usd, value_name = "AMOUNT", help_heading = "Cost")]
    pub(crate) max_cost: Option<f64>,
    /// The region whose prices and quotas apply [default: the target's own; for a target on this machine us-east-1].
    #[arg(long, value_name = "REGION", value_parser = NonEmptyStringValueParser::new(), help_heading = "Cost")]
    pub(crate) region: Option<String>,
    /// Prices and quotas to use in the place of the known ones, a file as docs/plan.md shows it.
    #[arg(long, value_name = "FILE", help_heading = "Cost")]
    pub(crate) prices: Option<PathBuf>,
    /// Bytes that each request writes to the stage's access log and the workflow's log, to be priced.
    #[arg(long, value_name = "N", value_parser = units::whole(0..=u64::MAX), default_value_t = 0, help_heading = "Cost")]
    pub(crate) log_bytes: u64,
}
