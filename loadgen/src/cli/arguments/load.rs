//! The arguments that say what is sent, and where.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::NetworkArguments;
use super::authorization::{SigningRegion, parse_auth, parse_sigv4};
use crate::authorization::Auth;
use crate::mistake::Mistake;
use crate::record::Kind;
use crate::scenario::{self, Arrivals, EmbeddedQuotas, Names};
use crate::shard::Choice;
use crate::units;

/// What to send, and where.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LoadArguments {
    /// The scenario file.
    pub(crate) scenario: Option<PathBuf>,

    /// Full URL of the execute method; without one, the scenario's or the embedded endpoint.
    #[arg(long, env = "STEPGATE_URL", hide_env_values = true, value_name = "URL", help_heading = "Target")]
    pub(crate) url: Option<String>,
    /// An additional request header.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", help_heading = "Target")]
    pub(crate) headers: Vec<String>,
    /// The body without a scenario; @FILE reads a file, @- stdin.
    #[arg(short = 'D', long, value_name = "TEXT|@FILE", help_heading = "Target")]
    pub(crate) body: Option<String>,
    /// What that body asks for: execute, execute-sync (the route waits for its EXPRESS workflow) or execute-http (answers count by
    /// their HTTP status, where the route's response template gives out something of its own) [default: execute].
    #[arg(long, value_parser = parse_kind, value_name = "KIND", help_heading = "Target")]
    pub(crate) kind: Option<Kind>,
    /// How to authorise requests: none, sigv4, api-key, bearer. Secrets come from the environment.
    #[arg(long, value_parser = parse_auth, value_name = "HOW", help_heading = "Target")]
    pub(crate) auth: Option<Auth>,
    /// As curl has it: the same as --auth sigv4, with a region.
    #[arg(long, value_parser = parse_sigv4, value_name = "aws:amz:REGION:SERVICE", num_args = 0..=1, require_equals = true,
        default_missing_value = "", conflicts_with = "auth", hide = true)]
    pub(crate) aws_sigv4: Option<SigningRegion>,
    /// What an execution's name has to be: that of the x-amzn-RequestId of its answer (request-id), of the Idempotency-Key of its
    /// request (key), or whatever the service chooses (service) [default: request-id, unless no execution has that name].
    #[arg(long, value_parser = parse_names, value_name = "NAMES", help_heading = "Target")]
    pub(crate) names: Option<Names>,
    /// How long to wait for a whole answer.
    #[arg(long, value_parser = scenario::parse_time, value_name = "DURATION", help_heading = "Target")]
    pub(crate) timeout: Option<Duration>,
    /// Whether the embedded endpoint throttles as AWS does.
    #[arg(long, value_name = "off|aws", value_parser = parse_quotas, help_heading = "Target")]
    pub(crate) quotas: Option<EmbeddedQuotas>,

    /// The template, or the state machine alone, that the embedded endpoint serves; with --url, what plan and --max-cost take
    /// the deployment to be [default: the deployment of deploy/].
    #[arg(long, value_name = "FILE", help_heading = "Target")]
    pub(crate) template: Option<PathBuf>,
    /// A parameter of that template.
    #[arg(long = "param", value_name = "NAME=VALUE", help_heading = "Target")]
    pub(crate) parameters: Vec<String>,

    /// Who answers its tasks in the place of functions and services that are not there: a file as stepgate-emulator --mocks
    /// reads it (docs/doubles.md).
    #[arg(long, value_name = "FILE", help_heading = "Target")]
    pub(crate) mocks: Option<PathBuf>,

    /// Arrivals per second: 50, 3000/m, 2.5k [default: the scenario's, or 1].
    #[arg(short = 'q', long, visible_short_alias = 'R', visible_alias = "rate", alias = "qps",
        value_parser = scenario::parse_rate, value_name = "RATE", help_heading = "Load")]
    pub(crate) rps: Option<f64>,
    /// Multiply every rate of the scenario.
    #[arg(long, value_name = "FACTOR", value_parser = units::parse_number, help_heading = "Load")]
    pub(crate) scale: Option<f64>,
    /// For how long requests are sent.
    #[arg(short, long, visible_short_alias = 'z', value_parser = parse_window, value_name = "DURATION",
        help_heading = "Load")]
    pub(crate) duration: Option<Duration>,
    /// How many requests are sent; without a duration, the run lasts until all are sent.
    #[arg(short = 'n', long, value_name = "N", value_parser = scenario::parse_count, help_heading = "Load")]
    pub(crate) requests: Option<u64>,
    /// The most requests that may be in flight.
    #[arg(short = 'c', long, visible_alias = "connections", value_name = "N",
        value_parser = units::whole(1..=1_000_000_u32), help_heading = "Load")]
    pub(crate) max_in_flight: Option<u32>,
    /// Closed loop: N clients that wait for their answers.
    #[arg(long, value_name = "N", value_parser = units::whole(1..=1_000_000_u32), conflicts_with = "rps",
        help_heading = "Load")]
    pub(crate) closed: Option<u32>,
    /// How arrivals are spread around the rate.
    #[arg(long, value_name = "poisson|uniform", value_parser = parse_arrivals, help_heading = "Load")]
    pub(crate) arrivals: Option<Arrivals>,
    /// Seed of arrivals and payloads.
    #[arg(long, value_name = "N", value_parser = units::whole(0..=u64::MAX), help_heading = "Load")]
    pub(crate) seed: Option<u64>,

    /// How to reach the target.
    #[command(flatten)]
    pub(crate) network: NetworkArguments,

    /// Which part of the load to send.
    #[arg(
        long,
        value_name = "INDEX/COUNT|none",
        help = "Which part of the load to send, numbered from 0; without it, the number that a scheduler has set. A part \
                that broke off is sent again by the same command, as its next attempt; STEPGATE_SHARD_ATTEMPT says \
                otherwise",
        help_heading = "Many machines"
    )]
    pub(crate) shard: Option<Choice>,
}

/// Reads how long arrivals come. In curl, `-d` is the body.
fn parse_window(text: &str) -> Result<Duration, Mistake> {
    scenario::parse_time(text).map_err(|wrong| match text.chars().next() {
        Some('{' | '[' | '@' | '"') => Mistake::usage(format!("{wrong}; a body is written -D TEXT or -D @FILE")),
        _ => wrong,
    })
}

fn parse_quotas(text: &str) -> Result<EmbeddedQuotas, Mistake> {
    match text {
        "off" => Ok(EmbeddedQuotas::Off),
        "aws" => Ok(EmbeddedQuotas::Aws),
        _ => Err(Mistake::usage("known values are off and aws")),
    }
}

fn parse_kind(text: &str) -> Result<Kind, Mistake> {
    let starting = Kind::ALL.into_iter().filter(|kind| kind.starts());
    let known = || starting.clone().map(Kind::as_str).collect::<Vec<_>>().join(", ");
    let found = starting.clone().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| Mistake::usage(format!("known values are {}", known())))
}

fn parse_names(text: &str) -> Result<Names, Mistake> {
    match text {
        "request-id" => Ok(Names::RequestId),
        "key" => Ok(Names::Key),
        "service" => Ok(Names::Service),
        _ => Err(Mistake::usage("known values are request-id, key and service")),
    }
}

fn parse_arrivals(text: &str) -> Result<Arrivals, Mistake> {
    match text {
        "poisson" => Ok(Arrivals::Poisson),
        "uniform" => Ok(Arrivals::Uniform),
        _ => Err(Mistake::usage("known values are poisson and uniform")),
    }
}
