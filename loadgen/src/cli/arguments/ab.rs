//! The arguments of `ab`.

use clap::Args;

use super::RunArguments;
use super::share::parse_tolerance;
use crate::units;

/// The arguments of `ab`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen ab https://…/blue/execute https://…/green/execute scenarios/basic.toml
  loadgen ab before.toml after.toml --url URL -d 1m      two scenarios against one target
  loadgen ab embedded embedded scenarios/basic.toml      a side against itself: no difference

Runs alternate as A B B A A B …, so that drift affects both sides alike; both runs of a round have the same seed. \
A whole run is one observation, because its requests share the same conditions. -o DIR gets a run directory each, and \
comparison.json. Exit codes: 0 B is no regression, 98 cannot tell, 99 regression; 97, 105, 108 a run was \
invalid, interrupted or aborted.")]
pub(crate) struct AbArguments {
    /// The side to compare with: a URL, `embedded`, or a scenario file.
    pub(crate) a: String,
    /// The side to be judged.
    pub(crate) b: String,
    /// How many runs each side gets; it takes four to conclude at 95%.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = units::whole(1..=1_000_u32))]
    pub(crate) rounds: u32,
    /// Ignore differences of times up to this share, and of failed requests up to a tenth of it.
    #[arg(long, value_parser = parse_tolerance, value_name = "PERCENT", default_value = "5%")]
    pub(crate) tolerance: f64,
    /// How sure a conclusion has to be.
    #[arg(long, value_name = "SHARE", value_parser = units::parse_number, default_value_t = 0.95)]
    pub(crate) confidence: f64,
    /// The arguments of each run.
    #[command(flatten)]
    pub(crate) run: RunArguments,
}
