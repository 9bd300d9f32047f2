//! The arguments of `doctor`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::NetworkArguments;
use super::authorization::parse_auth;
use crate::authorization::Auth;
use crate::scenario;

/// The arguments of `doctor`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen doctor https://…/prod/execute --read-only
  loadgen doctor https://…/prod/execute --auth sigv4 --json

Keys come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or from the SDK's default chain where \
loadgen is built with it; AWS_REGION says the region where the host does not. Exit codes: 0 nothing found, 99 findings, 1 the deployment did not answer.")]
pub(crate) struct DoctorArguments {
    /// Full URL of the execute method.
    #[arg(env = "STEPGATE_URL", hide_env_values = true)]
    pub(crate) url: String,
    /// Send only requests that start no execution.
    #[arg(long)]
    pub(crate) read_only: bool,
    /// How requests are authorised: none, sigv4, api-key, bearer. Secrets come from the environment.
    #[arg(long, value_parser = parse_auth, value_name = "HOW", default_value = "none")]
    pub(crate) auth: Auth,
    /// Longest wait for an answer, from the connection to its last byte.
    #[arg(long, value_parser = scenario::parse_time, value_name = "DURATION", default_value = "35s")]
    pub(crate) timeout: Duration,
    /// Write every exchange to FILE, without secrets, host and account (docs/fidelity.md says what for).
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// The findings as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// How to reach it.
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}
