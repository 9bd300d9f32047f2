use super::route::Route;
use super::socket::{Io, Socket, Wire};
use super::tls::Tls;
use crate::transport::TransportError;
use crate::transport::refusal::sorted;
use crate::transport::settings::{HttpSettings, Protocol, Unusable};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::pki_types::ServerName;
use std::error::Error as StdError;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service as _;
use url::Url;

/// Opens connections: name lookup, TCP, a proxy's tunnel and TLS within one time limit.
pub(super) struct Connector {
    tcp: HttpConnector,
    proxy: Option<Proxy>,
    tls: Tls,
    protocol: Protocol,
    time_limit: Duration,
}

/// A proxy that speaks HTTP.
pub(super) struct Proxy {
    uri: Uri,
    pub(super) authorization: Option<HeaderValue>,
}

/// A fresh connection.
pub(super) struct Connected {
    pub(super) stream: Io,
    pub(super) wire: Arc<Wire>,
    pub(super) is_http2: bool,
}

impl Connector {
    pub(super) fn new(settings: &HttpSettings, time_limit: Duration) -> Result<Self, Unusable> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(15)));
        tcp.set_connect_timeout(Some(time_limit));
        let proxy = settings.proxy.as_deref().map(Proxy::parse).transpose()?;
        Ok(Self { tcp, proxy, tls: Tls::new(settings)?, protocol: settings.protocol, time_limit })
    }

    /// Reads the certificate store, so that a machine without one is told when the client is built.
    pub(super) fn load_certificates(&self) -> Result<(), Unusable> {
        let loaded = self.tls.connector().map(|_| ());
        loaded.map_err(|source| {
            Unusable::because(
                "TLS cannot be set up: is there a certificate store, does the key fit its certificate?",
                source,
            )
        })
    }

    /// The proxy, where a request has to name its target by an absolute URL.
    pub(super) fn forwarding_proxy(&self, route: &Route) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !self.tunnels(route))
    }

    /// Whether a proxy has to pass on bytes. It takes requests in HTTP/1.1, so those of HTTP/2 go past it in a tunnel.
    fn tunnels(&self, route: &Route) -> bool {
        route.is_secure() || self.protocol == Protocol::Http2
    }

    /// `connecting`, within the time that a connection may take.
    pub(super) async fn in_time<T>(
        &self,
        connecting: impl Future<Output = Result<T, TransportError>>,
    ) -> Result<T, TransportError> {
        match tokio::time::timeout(self.time_limit, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(TransportError::time_out(format!("no connection within {:?}", self.time_limit))),
        }
    }

    pub(super) async fn open(&self, route: &Route) -> Result<Connected, TransportError> {
        let socket = Socket::new(self.reach(route).await?);
        let wire = socket.wire();
        if !route.is_secure() {
            let is_http2 = self.protocol == Protocol::Http2;
            return Ok(Connected { stream: Io::Plain(socket), wire, is_http2 });
        }
        let name = ServerName::try_from(route.host().to_owned()).map_err(TransportError::new)?;
        let connector = self.tls.connector().map_err(TransportError::new)?;
        let tls = connector.connect(name, socket).await.map_err(broken)?;
        let is_http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        // Over TLS nobody speaks it unasked (RFC 9113 §3.2); a server that does not would take its frames for anything.
        if self.protocol == Protocol::Http2 && !is_http2 {
            return Err(TransportError::new("the server speaks no HTTP/2 over TLS: leave `http2_only` out"));
        }
        Ok(Connected { stream: Io::Tls(Box::new(tls)), wire, is_http2 })
    }

    async fn reach(&self, route: &Route) -> Result<TcpStream, TransportError> {
        let mut tcp = self.tcp.clone();
        let connected = match &self.proxy {
            None => tcp.call(route.uri()).await.map_err(broken)?,
            Some(proxy) if self.tunnels(route) => {
                let mut tunnel = Tunnel::new(proxy.uri.clone(), tcp);
                if let Some(authorization) = &proxy.authorization {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                tunnel.call(route.uri()).await.map_err(broken)?
            }
            Some(proxy) => tcp.call(proxy.uri.clone()).await.map_err(broken)?,
        };
        Ok(connected.into_inner())
    }
}

fn broken(error: impl StdError + Send + Sync + 'static) -> TransportError {
    sorted(error, false)
}

impl Proxy {
    /// Of the URL only the kind of mistake is repeated: it may hold a password.
    fn parse(url: &str) -> Result<Self, Unusable> {
        let refused = || Unusable::new("the proxy's URL cannot be used: give http://[user:password@]host:port");
        let mut url = Url::parse(url).map_err(|_| refused())?;
        if url.scheme() != "http" || url.host_str().is_none_or(str::is_empty) {
            return Err(refused());
        }
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        // Who has a token alone gives it as the password of nobody.
        let authorization = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
            let value = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair)));
            let mut value = value.expect("base64 is visible ASCII");
            value.set_sensitive(true);
            value
        });
        url.set_username("").map_err(|()| refused())?;
        url.set_password(None).map_err(|()| refused())?;
        Ok(Self { uri: url.as_str().parse().map_err(|_| refused())?, authorization })
    }
}
