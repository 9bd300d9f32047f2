//! Where requests go, taken apart once.

use std::fmt;

use url::Url;

use crate::mistake::Mistake;

/// The URL of an execute method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// Port.
    pub(crate) port: u16,
    /// What goes into the `Host` header.
    pub(crate) authority: String,
    /// Path and query.
    pub path: String,
}

impl Endpoint {
    /// Reads the full URL of an execute method.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let wrong = |why: &str| {
            Mistake::usage(format!("the target is not a usable URL ({why})"))
                .with_help("write the full URL of the execute method, such as https://…/prod/execute")
        };
        if text.contains(['{', '}']) {
            let why = "it holds a place for something to be filled in";
            return Err(wrong(why)
                .with_help("put in what belongs there; the environment's STEPGATE_URL takes the place of a URL"));
        }
        if !text.contains("://") {
            return Err(wrong("it does not begin with http:// or https://"));
        }
        let url = Url::parse(text).map_err(|e| wrong(&e.to_string()))?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            other => return Err(wrong(&format!("scheme `{other}`"))),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user name or password"));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(wrong("it has no host"));
        };
        Ok(Self {
            tls,
            host: host.trim_matches(['[', ']']).into(),
            port,
            authority: url.port().map_or_else(|| host.into(), |port| format!("{host}:{port}")),
            path: url.query().map_or_else(|| url.path().into(), |query| format!("{}?{query}", url.path())),
        })
    }

    /// The whole URL, query included: what is signed, not what is shown.
    #[must_use]
    pub fn uri(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority, self.path)
    }

    /// The URL of a route beside the execute method: `name` in place of the last segment.
    #[must_use]
    pub(crate) fn sibling(&self, name: &str) -> Self {
        let path = self.path.split('?').next().unwrap_or_default();
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        Self { path: format!("{parent}/{name}"), ..self.clone() }
    }

    /// The same host under another path.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        Self { path: path.into(), ..self.clone() }
    }

    /// Whether the host is this machine by name or address.
    #[must_use]
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// Without the query, which may hold what is not for logs.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let path = self.path.split('?').next().unwrap_or_default();
        let hidden = if self.path.contains('?') { "?…" } else { "" };
        write!(f, "{scheme}://{}{path}{hidden}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart_and_shown_without_their_query() {
        let endpoint = Endpoint::parse("https://[::1]:8443/a/execute?key=secret").unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.authority.as_str()), ("::1", "[::1]:8443"));
        assert_eq!(endpoint.path, "/a/execute?key=secret");
        assert_eq!(endpoint.to_string(), "https://[::1]:8443/a/execute?…");
        assert_eq!(endpoint.sibling("executions").path, "/a/executions");
        assert!(endpoint.is_loopback());
        assert!(!Endpoint::parse("https://example.com/execute").unwrap().is_loopback());
    }

    #[test]
    fn what_cannot_be_a_target_is_refused() {
        for wrong in ["execute", "ftp://h/x", "http://u:p@h/x", "http://", "https://h:99999/"] {
            assert!(Endpoint::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_endpoint_has_a_port_and_a_path() {
        let endpoint = Endpoint::parse("http://127.0.0.1:8080/dev/execute").unwrap();
        assert_eq!((endpoint.port, endpoint.path.as_str()), (8080, "/dev/execute"));
    }
}
