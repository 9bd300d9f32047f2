//! Where a target is and how connections get there: its addresses, a proxy, TLS.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::resolver::{LookUp, Resolver, system_look_up};
use super::tls::{TlsSettings, Trust};
use crate::endpoint::Endpoint;
use crate::mistake::Mistake;

/// How to reach a target, where its URL does not say it all.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// Whom TLS trusts.
    pub(crate) trust: Trust,
    /// Other hosts to connect to.
    pub(crate) connect_to: Vec<ConnectTo>,
    /// Addresses that are not looked up.
    pub resolve: Vec<Resolve>,
    /// The proxy to go through.
    pub(crate) proxy: Option<Proxy>,
    /// How often a name is looked up anew; never, if there is none.
    pub(crate) dns_refresh: Option<Duration>,
}

/// Where and how to connect.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The addresses to connect to.
    pub(crate) resolver: Resolver,
    /// How to speak TLS, if it is spoken.
    pub tls: Option<Arc<TlsSettings>>,
    /// What a proxy is asked before anything else.
    tunnel: Option<Vec<u8>>,
}

impl Peer {
    /// The peer of an endpoint, its name looked up.
    ///
    /// # Errors
    /// The name cannot be resolved, or TLS cannot be set up: in words.
    pub fn resolve(endpoint: &Endpoint, route: &Route) -> Result<Self, Mistake> {
        Self::resolve_by(endpoint, route, system_look_up())
    }

    /// The same by another resolver.
    ///
    /// # Errors
    /// As [`Peer::resolve`].
    pub(crate) fn resolve_by(endpoint: &Endpoint, route: &Route, look_up: LookUp) -> Result<Self, Mistake> {
        let (host, port) = route.destination(&endpoint.host, endpoint.port);
        let (asked, tunnel) = match &route.proxy {
            Some(proxy) => ((proxy.host.as_str(), proxy.port), Some(proxy.connect(&host, port))),
            None => ((host.as_str(), port), None),
        };
        let given = route.resolve.iter().find(|given| given.matches(asked.0, asked.1));
        let resolver = match given {
            Some(Resolve { addresses, .. }) => {
                let addresses = addresses.iter().map(|address| SocketAddr::new(*address, asked.1));
                Resolver::fixed(asked.0, addresses.collect())
            }
            None => Resolver::start(asked.0, asked.1, route.dns_refresh, look_up)?,
        };
        // The name that TLS asks for and verifies is the URL's, wherever the connection goes.
        let tls = endpoint.tls.then(|| TlsSettings::new(&endpoint.host, &route.trust)).transpose()?.map(Arc::new);
        Ok(Self { resolver, tls, tunnel })
    }

    /// A peer at no address, for who only waits.
    pub(super) fn nowhere() -> Self {
        Self { resolver: Resolver::fixed("", Vec::new()), tls: None, tunnel: None }
    }

    /// What a proxy is asked before anything else, if there is one.
    pub(super) fn tunnel(&self) -> Option<Vec<u8>> {
        self.tunnel.clone()
    }
}

impl Route {
    fn destination(&self, host: &str, port: u16) -> (String, u16) {
        let matching = self.connect_to.iter().find(|entry| {
            entry.host.as_ref().is_none_or(|h| h.eq_ignore_ascii_case(host)) && entry.port.is_none_or(|p| p == port)
        });
        match matching {
            Some(entry) => (entry.to_host.clone().unwrap_or_else(|| host.into()), entry.to_port.unwrap_or(port)),
            None => (host.into(), port),
        }
    }
}

/// Connections to one host go to another, as curl's `--connect-to` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectTo {
    host: Option<String>,
    port: Option<u16>,
    to_host: Option<String>,
    to_port: Option<u16>,
}

impl std::str::FromStr for ConnectTo {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let usage = || Mistake::usage(format!("`{text}` is not HOST:PORT:TO-HOST:TO-PORT; any part may be empty"));
        let parts = split(text);
        let [host, port, to_host, to_port] = &parts[..] else { return Err(usage()) };
        let name = |part: &str| (!part.is_empty()).then(|| part.trim_matches(['[', ']']).to_owned());
        let number = |part: &str| match part {
            "" => Ok(None),
            _ => part.parse().map(Some).map_err(|_| usage()),
        };
        Ok(Self { host: name(host), port: number(port)?, to_host: name(to_host), to_port: number(to_port)? })
    }
}

/// The addresses of a host, given instead of looked up, as curl's `--resolve` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolve {
    host: String,
    port: u16,
    addresses: Vec<IpAddr>,
}

impl Resolve {
    fn matches(&self, host: &str, port: u16) -> bool {
        self.port == port && (self.host == "*" || self.host.eq_ignore_ascii_case(host))
    }
}

impl std::str::FromStr for Resolve {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let usage = || Mistake::usage(format!("`{text}` is not HOST:PORT:ADDRESS[,ADDRESS]"));
        let mut parts = split(text).into_iter();
        let (Some(host), Some(port)) = (parts.next(), parts.next()) else { return Err(usage()) };
        // An IPv6 address may stand without brackets: whatever follows the port belongs to the addresses.
        let rest = parts.collect::<Vec<_>>().join(":");
        let address = |address: &str| address.trim().trim_matches(['[', ']']).parse().map_err(|_| usage());
        let addresses = rest.split(',').map(address).collect::<Result<_, _>>()?;
        let host = host.trim_start_matches('+').trim_matches(['[', ']']);
        Ok(Self { host: host.into(), port: port.parse().map_err(|_| usage())?, addresses })
    }
}

/// A text at its colons, but for those in brackets.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ':' && depth == 0
    })
    .collect()
}

/// An HTTP proxy that tunnels (`CONNECT`).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    host: String,
    port: u16,
    /// The value of `Proxy-Authorization`.
    authorization: Option<String>,
}

impl Proxy {
    /// Reads the URL of a proxy: `http://HOST:PORT`, or as curl has it without the scheme.
    ///
    /// # Errors
    /// It is none: in words.
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        let wrong = |why: &str| Mistake::usage(format!("the proxy is not usable ({why}): write http://HOST:PORT"));
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = url::Url::parse(&full).map_err(|e| wrong(&e.to_string()))?;
        if url.scheme() != "http" {
            return Err(wrong(&format!("{} proxies are not supported", url.scheme())));
        }
        let host = url.host_str().ok_or_else(|| wrong("it has no host"))?.trim_matches(['[', ']']).to_owned();
        // The scheme's own port is left out by the parser; curl's default for a proxy without a port is 1080.
        let named = full.trim_end_matches('/').ends_with(":80");
        let port = url.port().unwrap_or(if named { 80 } else { 1_080 });
        let decoded = |text: &str| {
            // A plus is itself in this part of a URL, and a blank in a form.
            let text = text.replace('+', "%2B");
            let first = url::form_urlencoded::parse(text.as_bytes()).next();
            first.map_or_else(String::new, |(name, _)| name.into_owned())
        };
        let authorization = (!url.username().is_empty()).then(|| {
            let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
            format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair))
        });
        Ok(Self { host, port, authorization })
    }

    /// The proxy that the environment names for an endpoint, with the variable that does: `HTTPS_PROXY` or `ALL_PROXY`
    /// for TLS, unless `NO_PROXY` leaves the host out.
    ///
    /// # Errors
    /// The variable holds no proxy: in words, without its value.
    pub(crate) fn of_environment(
        endpoint: &Endpoint,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<(&'static str, Self)>, Mistake> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        let Some((name, value)) = names.into_iter().find_map(|name| set(name).map(|value| (name, value))) else {
            return Ok(None);
        };
        let without = set("no_proxy").or_else(|| set("NO_PROXY")).unwrap_or_default();
        if !endpoint.tls || endpoint.is_loopback() || is_left_out(&endpoint.host, &without) {
            return Ok(None);
        }
        let proxy = Self::parse(&value).map_err(|mistake| mistake.about(name))?;
        Ok(Some((name, proxy)))
    }

    /// Whether it asks for a password.
    #[must_use]
    pub(crate) const fn has_password(&self) -> bool {
        self.authorization.is_some()
    }

    /// The request for a tunnel to a host.
    fn connect(&self, host: &str, port: u16) -> Vec<u8> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let line = self.authorization.as_ref().map(|value| format!("Proxy-Authorization: {value}\r\n"));
        let line = line.unwrap_or_default();
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{line}\r\n").into_bytes()
    }
}

/// Whether `NO_PROXY` leaves a host out: `*`, the host, a domain that it is in, or a network in which its address is.
fn is_left_out(host: &str, without: &str) -> bool {
    let address = host.parse::<IpAddr>().ok();
    without.split(',').map(|entry| entry.trim().trim_start_matches('.')).any(|entry| {
        entry == "*"
            || host.eq_ignore_ascii_case(entry)
            || address.is_some_and(|address| is_within(address, entry))
            || (!entry.is_empty() && host.to_lowercase().ends_with(&format!(".{}", entry.to_lowercase())))
    })
}

/// Whether an address lies in a network such as `10.0.0.0/8`.
fn is_within(address: IpAddr, network: &str) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let Some((first, length)) = network.split_once('/') else { return false };
    let (Ok(first), Ok(length)) = (first.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    let ((address, size), (first, same)) = (bits(address), bits(first));
    size == same && length <= size && (address ^ first).checked_shr(128 - length).unwrap_or(0) == 0
}

/// Tells nothing of the password.
impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::fmt::Display for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curls_words_for_other_hosts_and_given_addresses_are_understood() {
        let route = Route {
            connect_to: vec!["api.test:443:[::1]:8443".parse().unwrap(), "::near.test:".parse().unwrap()],
            ..Route::default()
        };
        assert_eq!(route.destination("API.test", 443), ("::1".into(), 8_443));
        assert_eq!(route.destination("api.test", 80), ("near.test".into(), 80));
        let given: Resolve = "api.test:443:127.0.0.1,[::1]".parse().unwrap();
        assert!(given.matches("Api.Test", 443) && !given.matches("api.test", 80));
        assert_eq!(given.addresses.len(), 2);
        assert_eq!("*:80:::1".parse::<Resolve>().unwrap().addresses, ["::1".parse::<IpAddr>().unwrap()]);
        for wrong in ["api.test", "api.test:443", "api.test:x:127.0.0.1", "api.test:443:nowhere"] {
            assert!(wrong.parse::<Resolve>().is_err(), "{wrong}");
        }
        for wrong in ["a:1:b", "a:x:b:1", "a:1:b:1:c"] {
            assert!(wrong.parse::<ConnectTo>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_given_address_needs_no_resolver_and_tls_keeps_the_name_of_the_url() {
        let endpoint = Endpoint::parse("https://api.test/prod/execute").unwrap();
        let route = Route {
            resolve: vec!["api.test:443:127.0.0.1".parse().unwrap()],
            trust: Trust { insecure: true, ..Trust::default() },
            ..Route::default()
        };
        let never: LookUp = Arc::new(|_, _| panic!("it is given"));
        let peer = Peer::resolve_by(&endpoint, &route, never).unwrap();
        assert_eq!(peer.resolver.addresses(), ["127.0.0.1:443".parse().unwrap()]);
        assert!(format!("{:?}", peer.tls).contains("api.test"), "{:?}", peer.tls);
    }

    #[test]
    fn the_proxy_of_the_environment_is_for_tls_and_not_for_hosts_that_are_left_out() {
        let of = |url: &str, set: &[(&str, &str)]| {
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
            let proxy = Proxy::of_environment(&Endpoint::parse(url).unwrap(), &variable);
            proxy.map(|found| found.map(|(name, proxy)| format!("{name} {proxy}")))
        };
        let set = [("HTTPS_PROXY", "http://user:pa%3Ass@proxy.test:3128"), ("NO_PROXY", "localhost,.inner.test")];
        assert_eq!(of("https://api.test/x", &set), Ok(Some("HTTPS_PROXY http://proxy.test:3128".into())));
        for without in ["https://api.inner.test/x", "https://127.0.0.1/x", "http://api.test/x"] {
            assert_eq!(of(without, &set), Ok(None), "{without}");
        }
        let within =
            [("HTTPS_PROXY", "http://proxy.test:3128"), ("NO_PROXY", "10.0.0.0/8, fd00::/8,192.168.1.4/31,0.0.0/0")];
        for without in ["https://10.1.2.3/x", "https://[fd12::1]/x", "https://192.168.1.5/x"] {
            assert_eq!(of(without, &within), Ok(None), "{without}");
        }
        for through in ["https://11.1.2.3/x", "https://[fe80::1]/x", "https://192.168.1.6/x", "https://a10.test/x"] {
            assert!(of(through, &within).unwrap().is_some(), "{through}");
        }
        let wrong = of("https://api.test/x", &[("ALL_PROXY", "socks5://secret@h:1")]).unwrap_err();
        let wrong = wrong.to_string();
        assert!(wrong.starts_with("ALL_PROXY: ") && !wrong.contains("secret"), "{wrong}");
        let proxy = Proxy::parse("user:pa%3Ass@proxy.test").unwrap();
        let request = String::from_utf8(proxy.connect("::1", 443)).unwrap();
        assert!(request.starts_with("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"), "{request}");
        assert!(request.contains("\r\nProxy-Authorization: Basic dXNlcjpwYTpzcw==\r\n"), "{request}");
        assert_eq!(format!("{proxy:?}"), "http://proxy.test:1080");
    }
}
