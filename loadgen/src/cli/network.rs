//! How a target is reached: trust, addresses, a proxy.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::load::variable;
use crate::endpoint::Endpoint;
use crate::engine::{ConnectTo, Peer, Proxy, Resolve, Route, Trust};
use crate::exit::Failure;
use crate::scenario;

/// How to reach the target.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArguments {
    /// Certificates (PEM) to trust in place of the platform's, for a private endpoint.
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Our own certificate (PEM, with its chain), for targets that ask for one.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The key of --cert (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Do not verify the target's certificate. Every output says so.
    #[arg(short = 'k', long, conflicts_with = "cacert")]
    pub insecure: bool,
    /// Connect to another host and port; the URL, its Host header and TLS name stay.
    #[arg(long, value_name = "HOST:PORT:TO-HOST:TO-PORT")]
    pub connect_to: Vec<ConnectTo>,
    /// Use these addresses for a host and port instead of looking them up.
    #[arg(long, value_name = "HOST:PORT:ADDRESS,…")]
    pub resolve: Vec<Resolve>,
    /// Go through an HTTP proxy (CONNECT); none ignores what the environment names.
    #[arg(short = 'x', long, value_name = "http://HOST:PORT|none")]
    pub proxy: Option<String>,
    /// How often the target's name is looked up anew, besides soon after refused connections; 0s never.
    #[arg(long, value_parser = scenario::parse_duration, value_name = "DURATION", default_value = "30s")]
    pub dns_refresh: Option<Duration>,
}

impl NetworkArguments {
    /// The way to an endpoint, and a word on a proxy that the environment names; `ca` are the certificates that a scenario
    /// trusts.
    pub(super) fn route(
        &self,
        endpoint: Option<&Endpoint>,
        ca: Option<&str>,
    ) -> Result<(Route, Option<String>), Failure> {
        let ca = match &self.cacert {
            Some(file) => Some(read(file)?),
            None => ca.map(str::to_owned),
        };
        let identity = match (&self.cert, &self.key) {
            (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
            _ => None,
        };
        let (proxy, said) = self.proxy(endpoint)?;
        let route = Route {
            trust: Trust { ca, identity, insecure: self.insecure },
            connect_to: self.connect_to.clone(),
            resolve: self.resolve.clone(),
            proxy,
            dns_refresh: self.dns_refresh.filter(|refresh| !refresh.is_zero()),
        };
        Ok((route, said))
    }

    fn proxy(&self, endpoint: Option<&Endpoint>) -> Result<(Option<Proxy>, Option<String>), Failure> {
        if let Some(text) = self.proxy.as_deref() {
            if text == "none" {
                return Ok((None, None));
            }
            let proxy = Proxy::parse(text).map_err(Failure::usage)?;
            if proxy.has_password() {
                let why = "a password on the command line is seen by everybody on the machine: set HTTPS_PROXY instead";
                return Err(Failure::usage(why));
            }
            return Ok((Some(proxy), None));
        }
        let Some(endpoint) = endpoint else { return Ok((None, None)) };
        match Proxy::of_environment(endpoint, &variable).map_err(Failure::usage)? {
            Some((name, proxy)) => {
                let said = format!("through the proxy {proxy} ({name}; --proxy none goes without)");
                Ok((Some(proxy), Some(said)))
            }
            None => Ok((None, None)),
        }
    }
}

/// A target as every output names it: a certificate that nobody verified is said wherever the target is.
pub(super) fn shown(endpoint: &Endpoint, insecure: bool) -> String {
    let warning = if insecure && endpoint.tls { "  CERTIFICATE NOT VERIFIED (--insecure)" } else { "" };
    format!("{endpoint}{warning}")
}

/// Microseconds that the first look-up of a peer's name took, if it has one.
pub(super) fn dns_us(peer: &Peer) -> Option<u64> {
    let lookups = peer.resolver.lookups();
    (lookups.count > 0).then_some(lookups.first / 1_000)
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|e| Failure::usage(format!("cannot read {}: {e}", file.display())))
}
