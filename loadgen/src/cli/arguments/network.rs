//! The arguments that say how a target is reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::engine::{ConnectTo, Resolve};
use crate::mistake::Mistake;
use crate::scenario;

/// How to reach the target.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArguments {
    /// Certificates (PEM) to trust in place of the platform's, for a private endpoint.
    #[arg(long, value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,
    /// Client certificate (PEM, with its chain), for targets that ask for one.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The key of --cert (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Do not verify the target's certificate. Every output says so.
    #[arg(short = 'k', long, conflicts_with = "cacert")]
    pub(crate) insecure: bool,
    /// Connect to another host and port; the URL, its Host header and TLS name stay the same.
    #[arg(long, value_name = "HOST:PORT:TO-HOST:TO-PORT")]
    pub(crate) connect_to: Vec<ConnectTo>,
    /// Use these addresses for a host and port instead of looking them up.
    #[arg(long, value_name = "HOST:PORT:ADDRESS,…")]
    pub(crate) resolve: Vec<Resolve>,
    /// Go through an HTTP proxy (CONNECT); `none` ignores the proxy that the environment names.
    #[arg(short = 'x', long, value_name = "http://HOST:PORT|none")]
    pub(crate) proxy: Option<String>,
    /// How often the target's name is looked up again, 1s or more; 0s: never. It is also looked up soon after refused connections.
    #[arg(long, value_parser = parse_refresh, value_name = "DURATION", default_value = "30s")]
    pub(crate) dns_refresh: Option<Duration>,
}

/// Reads how often a name is looked up again.
fn parse_refresh(text: &str) -> Result<Duration, Mistake> {
    let refresh = scenario::parse_duration(text)?;
    if refresh.is_zero() || refresh >= Duration::from_secs(1) {
        return Ok(refresh);
    }
    Err(Mistake::usage("a name is looked up once a second at most: write 1s, or 0s for never"))
}
