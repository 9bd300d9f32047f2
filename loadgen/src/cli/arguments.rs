//! The arguments, with the words that users of other load generators type already.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::ab::AbArguments;
use super::baseline;
use super::init::InitArguments;
use super::network::NetworkArguments;
use super::outputs::{OutputArguments, OutputFormat};
use super::shard::StartArguments;
use crate::authorization::Auth;
use crate::judge::State;
use crate::scenario::{self, Arrivals, Warmup};
use crate::shard::Choice;

/// Most connections that are being made at a time; docs/networks.md tells how it was found.
const DEFAULT_CONNECTING: u32 = 64;

/// Starts Step Functions workflows at a rate, and accounts for every one.
#[derive(Debug, Parser)]
#[command(
    name = "loadgen",
    bin_name = "loadgen",
    version,
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    override_usage = "loadgen [run] [OPTIONS] <SCENARIO|--url URL>\n       loadgen <COMMAND>"
)]
#[command(after_help = "\
Examples:
  loadgen --rps 50 scenarios/basic.toml                  on the embedded endpoint (not AWS)
  loadgen --rps 50 -d 1m --url URL --body @order.json    ad hoc, on a deployment
  loadgen --auth sigv4 --rps 50 -n 500 --url URL         signed, with the environment's AWS keys
  loadgen basic.toml --threshold 'response_time:p(99)<800ms' --out junit=loadgen.xml
  loadgen basic.toml --output-format json | jq .response_us.p99
  loadgen try --url URL                                  one request of each payload, in full
  loadgen init URL                                       a scenario to begin with

Exit codes: 0 pass, 1 other error, 2 usage, 96 partial merge, 97 invalid measurement,
98 inconclusive, 99 threshold failed, 104 bad scenario, 105 interrupted, 108 aborted.
Results go to stdout, progress and warnings to stderr. `loadgen help COMMAND` tells more.")]
pub struct Arguments {
    /// What to do; without a command, `run`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The arguments of `run`.
    #[command(flatten)]
    pub run: RunArguments,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a scenario, or an ad-hoc load with --url.
    Run(Box<RunArguments>),
    /// Send one request of each payload and show everything that came back.
    Try(Box<LoadArguments>),
    /// Check a run and show what it would send: refuses all that the run would refuse, and sends nothing.
    Validate(Box<RunArguments>),
    /// Write a scenario to begin with, every line explained.
    Init(InitArguments),
    /// Print a JSON schema.
    Schema {
        /// Of which format.
        #[arg(value_enum, default_value = "scenario")]
        format: Format,
    },
    /// Rebuild the reports of a run directory, also of a run that was killed.
    Report {
        /// The run directory.
        directory: PathBuf,
        /// What stdout gets.
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        output_format: OutputFormat,
        /// A run directory to compare with: the page overlays both runs and shows the shift of each figure.
        #[arg(long, value_name = "DIR")]
        baseline: Option<PathBuf>,
    },
    /// Make one run of many: of all shards of a load, judged as a whole.
    Merge(MergeArguments),
    /// Compare runs with runs of before: is it slower, does it fail more often?
    Compare(CompareArguments),
    /// Run two targets or two scenarios in turn, and compare them: is B slower, does it fail more often?
    Ab(Box<AbArguments>),
    /// Ask a deployment every case of the contract, and say what is wrong with it and the remedy.
    Doctor(DoctorArguments),
    /// Print the completions of a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of loadgen or of one of its commands: loadgen man | man -l -.
    Man {
        /// Which command.
        command: Option<String>,
    },
    /// Serve the embedded endpoint until stdin closes.
    #[command(hide = true)]
    Serve(Box<stepgate_emulator::cli::Args>),
}

/// The arguments of `merge`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Example: loadgen merge results -o results/merged
Names are compared exactly over all shards; of a shard that was started again, the attempt that ended counts.
Exit codes: those of a run of the whole load, and 96 where shards are missing or broke off.")]
pub struct MergeArguments {
    /// Run directories, or the folder that shards share.
    #[arg(required = true, value_name = "DIR")]
    pub runs: Vec<PathBuf>,
    /// The run directory to make.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// What stdout gets.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output_format: OutputFormat,
}

/// The arguments of `compare`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen compare after-1 after-2 after-3 after-4 --baseline before-1 before-2 before-3 before-4
  loadgen compare runs/latest --baseline main            runs that were added with --save-baseline main

A run is one observation: requests of the same run share its luck. At 95% it takes four runs a side to conclude.
Exit codes: 0 no regression, 98 cannot tell, 99 regression.")]
pub struct CompareArguments {
    /// Run directories.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// What to compare with: run directories, or the name of a baseline that runs were added to with --save-baseline.
    #[arg(long, required = true, num_args = 1.., value_name = "RUN|NAME")]
    pub baseline: Vec<PathBuf>,
    /// Differences of times up to this share do not matter; of failed requests, up to a tenth of it.
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    pub tolerance: f64,
    /// How sure conclusions are to be.
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    pub confidence: f64,
    /// What stdout gets: text, json, or quiet (nothing).
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    pub output_format: OutputFormat,
}

/// The arguments of `doctor`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen doctor https://…/prod/execute --read-only
  loadgen doctor https://…/prod/execute --auth sigv4 --json

Keys come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or from the SDK's default chain where
loadgen is built with it; AWS_REGION says the region where the host does not. Exit codes: 0 nothing found, 99 findings, 1 the deployment did not answer.")]
pub struct DoctorArguments {
    /// Full URL of the execute method.
    #[arg(env = "STEPGATE_URL", hide_env_values = true)]
    pub url: String,
    /// Ask only what starts no execution.
    #[arg(long)]
    pub read_only: bool,
    /// How requests are authorised: none, sigv4, api-key, bearer. Secrets come from the environment.
    #[arg(long, value_parser = parse_auth, value_name = "HOW", default_value = "none")]
    pub auth: Auth,
    /// Longest wait for an answer, from the connection to its last byte.
    #[arg(long, value_parser = scenario::parse_duration, value_name = "DURATION", default_value = "35s")]
    pub timeout: Duration,
    /// The findings as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// How to reach it.
    #[command(flatten)]
    pub network: NetworkArguments,
}

/// Formats with a JSON schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Scenario files.
    Scenario,
    /// `summary.json`.
    Summary,
    /// `comparison.json` of `ab`, and what `compare --output-format json` prints.
    Comparison,
}

/// What to send, and where.
#[derive(Debug, Clone, Default, Args)]
pub struct LoadArguments {
    /// The scenario file.
    pub scenario: Option<PathBuf>,

    /// Full URL of the execute method; without one, the scenario's or the embedded endpoint.
    #[arg(long, env = "STEPGATE_URL", hide_env_values = true, value_name = "URL", help_heading = "Target")]
    pub url: Option<String>,
    /// An additional request header.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", help_heading = "Target")]
    pub headers: Vec<String>,
    /// The body without a scenario; @FILE reads a file.
    #[arg(short = 'D', long, value_name = "TEXT|@FILE", help_heading = "Target")]
    pub body: Option<String>,
    /// How requests are authorised: none, sigv4, api-key, bearer. Secrets come from the environment.
    #[arg(long, value_parser = parse_auth, value_name = "HOW", help_heading = "Target")]
    pub auth: Option<Auth>,
    /// As curl has it: the same as --auth sigv4, with a region.
    #[arg(long, value_parser = parse_sigv4, value_name = "aws:amz:REGION:SERVICE", num_args = 0..=1, require_equals = true,
        default_missing_value = "", conflicts_with = "auth", hide = true)]
    pub aws_sigv4: Option<SigningRegion>,
    /// Longest wait for a whole answer.
    #[arg(long, value_parser = scenario::parse_duration, value_name = "DURATION", help_heading = "Target")]
    pub timeout: Option<Duration>,

    /// Arrivals per second: 50, 3000/m, 2.5k.
    #[arg(short = 'q', long, visible_short_alias = 'R', visible_alias = "rate", alias = "qps",
        value_parser = scenario::parse_rate, value_name = "RATE", help_heading = "Load")]
    pub rps: Option<f64>,
    /// Multiply every rate of the scenario.
    #[arg(long, value_name = "FACTOR", help_heading = "Load")]
    pub scale: Option<f64>,
    /// How long arrivals come.
    #[arg(short, long, visible_short_alias = 'z', value_parser = parse_window, value_name = "DURATION",
        help_heading = "Load")]
    pub duration: Option<Duration>,
    /// How many arrivals; alone, the run lasts until they are sent.
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Load")]
    pub requests: Option<u64>,
    /// Most requests in flight.
    #[arg(short = 'c', long, visible_alias = "connections", value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000), help_heading = "Load")]
    pub max_in_flight: Option<u32>,
    /// Closed loop: N clients that wait for their answers.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000), conflicts_with = "rps",
        help_heading = "Load")]
    pub closed: Option<u32>,
    /// How arrivals spread around the rate.
    #[arg(long, value_name = "poisson|uniform", value_parser = parse_arrivals, help_heading = "Load")]
    pub arrivals: Option<Arrivals>,
    /// Seed of arrivals and payloads.
    #[arg(long, value_name = "N", help_heading = "Load")]
    pub seed: Option<u64>,

    /// How to reach the target.
    #[command(flatten)]
    pub network: NetworkArguments,

    /// Send one part of the load, numbered from 0; a scheduler's number is taken without it.
    #[arg(long, value_name = "INDEX/COUNT|none", help_heading = "Many machines")]
    pub shard: Option<Choice>,
}

/// The arguments of `run`.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArguments {
    /// What to send, and where.
    #[command(flatten)]
    pub load: LoadArguments,
    /// When to begin.
    #[command(flatten)]
    pub start: StartArguments,

    /// What must hold, in addition to the scenario's thresholds.
    #[arg(long = "threshold", value_name = "METRIC:CONDITION", help_heading = "Judgement")]
    pub thresholds: Vec<String>,
    /// What every threshold counts as that the data cannot decide: by default the scenario's choice, or exit code 98.
    #[arg(long, value_name = "pass|fail|98", value_parser = parse_state, help_heading = "Judgement")]
    pub on_inconclusive: Option<State>,
    /// What times and thresholds leave out at the beginning: 10s, or auto.
    #[arg(long, value_parser = parse_warmup, value_name = "DURATION|auto", help_heading = "Judgement")]
    pub warmup: Option<Warmup>,

    /// Add the run to a baseline, the list runs/baselines/NAME, for `loadgen compare RUN… --baseline NAME`.
    #[arg(long, value_name = "NAME", value_parser = baseline::name, help_heading = "Judgement")]
    pub save_baseline: Option<String>,

    /// What the run leaves and shows.
    #[command(flatten)]
    pub output: OutputArguments,

    /// Generator threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_024),
        help_heading = "Generator")]
    pub threads: u32,
    /// Bind generator threads to these processors, in turn.
    #[arg(long, value_name = "CPU,…", value_delimiter = ',', help_heading = "Generator")]
    pub pin: Vec<usize>,
    /// Spin before each arrival: later by less, at the price of a processor.
    #[arg(long, help_heading = "Generator")]
    pub spin: bool,
    /// Most connections that are being made at a time: more of them overwhelm a target before its first request.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CONNECTING,
        value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Generator")]
    pub max_connecting: u32,
    /// A new connection for every request.
    #[arg(long, help_heading = "Generator")]
    pub disable_keepalive: bool,
    /// Run off loopback although more than 10,000 executions are planned.
    #[arg(long, help_heading = "Generator")]
    pub yes: bool,
}

/// The region of `--aws-sigv4=aws:amz:REGION:SERVICE`, if it names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRegion(pub Option<String>);

fn parse_sigv4(text: &str) -> Result<SigningRegion, String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts[..] {
        [""] | ["aws", "amz"] => Ok(SigningRegion(None)),
        ["aws", "amz", region] | ["aws", "amz", region, "execute-api"] if !region.is_empty() => {
            Ok(SigningRegion(Some(region.into())))
        }
        ["aws", "amz", _, service] => Err(format!("`{service}` is another service: the target's is execute-api")),
        _ => Err("write aws:amz:REGION:execute-api, or nothing".into()),
    }
}

fn parse_auth(text: &str) -> Result<Auth, String> {
    match text {
        "none" => Ok(Auth::None),
        "sigv4" => Ok(Auth::Sigv4),
        "api-key" => Ok(Auth::ApiKey),
        "bearer" => Ok(Auth::Bearer),
        _ => Err("known values are none, sigv4, api-key and bearer".into()),
    }
}

/// Reads how long arrivals come. In curl, `-d` is the body.
fn parse_window(text: &str) -> Result<Duration, String> {
    scenario::parse_duration(text).map_err(|wrong| match text.chars().next() {
        Some('{' | '[' | '@' | '"') => format!("{wrong}; a body is written -D TEXT or -D @FILE"),
        _ => wrong,
    })
}

fn parse_warmup(text: &str) -> Result<Warmup, String> {
    match text {
        "auto" => Ok(Warmup::Auto),
        _ => Ok(Warmup::of(scenario::parse_duration(text)?)),
    }
}

fn parse_state(text: &str) -> Result<State, String> {
    match text {
        "pass" => Ok(State::Pass),
        "fail" => Ok(State::Fail),
        "98" | "inconclusive" => Ok(State::Inconclusive),
        _ => Err("known values are pass, fail and 98".into()),
    }
}

fn parse_arrivals(text: &str) -> Result<Arrivals, String> {
    match text {
        "poisson" => Ok(Arrivals::Poisson),
        "uniform" => Ok(Arrivals::Uniform),
        _ => Err("known values are poisson and uniform".into()),
    }
}
