use crate::transport::TransportError;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use tokio::runtime::{Handle, Id};

/// Where a connection leads, and whose runtime drives it: a connection stops when its runtime does, so each runtime has
/// its own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Route {
    runtime: Id,
    scheme: Scheme,
    authority: Authority,
}

impl Route {
    pub(super) fn of(uri: &Uri) -> Result<Self, TransportError> {
        let runtime = Handle::try_current().map_err(TransportError::new)?.id();
        match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority)) => {
                Ok(Self { runtime, scheme: scheme.clone(), authority: authority.clone() })
            }
            _ => Err(TransportError::new("the request's URI is not absolute")),
        }
    }

    pub(super) fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The host as a certificate names it: an IPv6 address without brackets.
    pub(super) fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Where to connect to. With its port, for a tunnel knows no scheme.
    pub(super) fn uri(&self) -> Uri {
        let port = self.authority.port_u16().unwrap_or(if self.is_secure() { 443 } else { 80 });
        let authority = format!("{}:{port}", self.authority.host());
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(authority.parse().expect("a host and a port are an authority"));
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        Uri::from_parts(parts).expect("scheme, authority and path are all a URI needs")
    }
}
