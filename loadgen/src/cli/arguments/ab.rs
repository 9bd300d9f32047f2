//! The arguments of `ab`.

use clap::Args;

use super::RunArguments;

/// The arguments of `ab`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen ab https://…/blue/execute https://…/green/execute scenarios/basic.toml
  loadgen ab before.toml after.toml --url URL -d 1m      two scenarios against one target
  loadgen ab embedded embedded scenarios/basic.toml      a side against itself: no difference

The runs go A B B A A B …, so that what drifts meets both sides alike, and both runs of a round have the same seed.
A run is one observation: requests of the same run share its luck. -o DIR gets a run directory each, and
comparison.json. Exit codes: 0 B is no regression, 98 cannot tell, 99 regression; 97, 105, 108 a run was
invalid, interrupted or aborted.")]
pub(crate) struct AbArguments {
    /// What is compared with: a URL, `embedded`, or a scenario file.
    pub(crate) a: String,
    /// What is compared with it.
    pub(crate) b: String,
    /// How many runs each side gets; at 95% it takes four to conclude.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
    /// Differences of times up to this share do not matter; of failed requests, up to a tenth of it.
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    pub(crate) tolerance: f64,
    /// How sure conclusions are to be.
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    pub(crate) confidence: f64,
    /// The arguments of each run.
    #[command(flatten)]
    pub(crate) run: RunArguments,
}
