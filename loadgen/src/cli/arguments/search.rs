//! The arguments of `search`.

use std::time::Duration;

use clap::Args;

use super::RunArguments;
use super::share::parse_precision;
use crate::scenario;
use crate::units;

/// The arguments of `search`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen search scenarios/capacity.toml                 the greatest rate that holds, on the embedded endpoint
  loadgen search scenarios/capacity.toml --quotas aws    the same under AWS's token buckets
  loadgen search --url URL --threshold 'response_time:p(99)<200ms' --max-executions 50000 --max-time 30m

The rate is doubled from --from until a threshold fails, and the gap is narrowed until the answer is known within --precision. \
Each level is an open-loop run with a directory of its own. A level that a token bucket throttles shows the sustained rate and the \
burst; from then on every level begins with an empty bucket. Undecided levels are repeated for twice as long. An \
interrupted search continues with the same command and the same -o DIR, which gets search.json.
Beside thresholds on anything else, failed rate<1% has to hold.
Exit codes: 0 found, 97 this machine is the limit, 98 not as precisely as asked for, 99 no rate holds, 105 interrupted.")]
pub(crate) struct SearchArguments {
    /// The first rate.
    #[arg(long, value_parser = scenario::parse_rate, value_name = "RATE", default_value = "10", help_heading = "Search")]
    pub(crate) from: f64,
    /// The highest rate that is tried.
    #[arg(long, value_parser = scenario::parse_rate, value_name = "RATE", default_value = "100k", help_heading = "Search")]
    pub(crate) to: f64,
    /// How precise the answer has to be: how far its ends may lie from its middle.
    #[arg(long, value_parser = parse_precision, value_name = "PERCENT", default_value = "5%", help_heading = "Search")]
    pub(crate) precision: f64,
    /// How long a level lasts, at least 5s.
    #[arg(long, value_parser = scenario::parse_time, value_name = "DURATION", default_value = "10s", help_heading = "Search")]
    pub(crate) level_time: Duration,
    /// How often to repeat a level that is undecided.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = units::whole(0..=100_u32),
        help_heading = "Search")]
    pub(crate) repeats: u32,
    /// Most executions that the whole search may start.
    #[arg(long, value_name = "N", value_parser = scenario::parse_count, help_heading = "Search")]
    pub(crate) max_executions: Option<u64>,
    /// Most time that the whole search may take.
    #[arg(long, value_parser = scenario::parse_time, value_name = "DURATION", default_value = "30m", help_heading = "Search")]
    pub(crate) max_time: Duration,
    /// The arguments of each level.
    #[command(flatten)]
    pub(crate) run: RunArguments,
}
