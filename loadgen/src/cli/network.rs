//! How a target is reached: trust, addresses, a proxy.

use std::path::Path;

use super::arguments::NetworkArguments;
use super::file::read_text;
use super::load::variable;
use crate::endpoint::Endpoint;
use crate::engine::{Peer, Proxy, Route, Trust};
use crate::mistake::Mistake;

impl NetworkArguments {
    /// The way to an endpoint, and a word on a proxy that the environment names; `ca` are the certificates that a scenario
    /// trusts.
    pub(super) fn route(
        &self,
        endpoint: Option<&Endpoint>,
        ca: Option<&str>,
    ) -> Result<(Route, Option<String>), Mistake> {
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

    fn proxy(&self, endpoint: Option<&Endpoint>) -> Result<(Option<Proxy>, Option<String>), Mistake> {
        if let Some(text) = self.proxy.as_deref() {
            if text == "none" {
                return Ok((None, None));
            }
            let proxy = Proxy::parse(text)?;
            if proxy.has_password() {
                let why = "a password on the command line is seen by everybody on the machine: set HTTPS_PROXY instead";
                return Err(Mistake::usage(why));
            }
            return Ok((Some(proxy), None));
        }
        let Some(endpoint) = endpoint else { return Ok((None, None)) };
        match Proxy::of_environment(endpoint, &variable)? {
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
    peer.resolver.lookups().map(|lookups| lookups.total_us)
}

fn read(file: &Path) -> Result<String, Mistake> {
    read_text(file).map_err(|e| Mistake::usage(format!("cannot read {}: {e}", file.display())))
}
