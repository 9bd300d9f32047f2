use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// Settings of the built-in HTTP transport; given to [`ClientBuilder::http`](crate::ClientBuilder::http).
///
/// The environment is not read: no `HTTP_PROXY`, because a signed request is for one host only.
/// [`ClientBuilder::build`](crate::ClientBuilder::build) reports settings that cannot work.
///
/// ```
/// use std::time::Duration;
/// use stepgate::Client;
/// use stepgate::transport::HttpSettings;
///
/// let http = HttpSettings::new().proxy("http://proxy.example.com:3128").idle_timeout(Duration::from_secs(5));
/// let client = Client::builder("http://127.0.0.1:8080/prod/execute").http(http);
/// ```
#[derive(Clone)]
#[must_use = "give it to `ClientBuilder::http`"]
pub struct HttpSettings {
    pub(crate) proxy: Option<String>,
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) identity: Option<Vec<u8>>,
    pub(crate) protocol: Protocol,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_age: Duration,
    pub(crate) max_idle: usize,
    pub(crate) keep_alive: Option<(Duration, Duration)>,
}

/// The versions of HTTP to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// What TLS negotiates; HTTP/1.1 without TLS.
    Negotiated,
    Http1,
    Http2,
}

impl HttpSettings {
    /// The defaults: no proxy, the system's certificates, HTTP/2 where TLS negotiates it.
    pub const fn new() -> Self {
        Self {
            proxy: None,
            roots: Vec::new(),
            identity: None,
            protocol: Protocol::Negotiated,
            idle_timeout: Duration::from_secs(20),
            max_age: Duration::from_mins(5),
            max_idle: 256,
            keep_alive: Some((Duration::from_secs(5), Duration::from_secs(5))),
        }
    }

    /// Connects through an HTTP proxy, `http://[user:password@]host:port`, where either of user and password may be empty: by
    /// `CONNECT` to https, and to http with [`http2_only`](Self::http2_only); by absolute URLs to http otherwise. Default: none.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Trusts these certificates (PEM) beside the system's, as for a private endpoint.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Presents a client certificate (mutual TLS): the chain, leaf first, and its private key, in one PEM text. Refused for an
    /// http URL, where nobody would see it.
    pub fn client_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.identity = Some(pem.into());
        self
    }

    /// Speaks HTTP/1.1 only. Each request then has a connection of its own while it is in flight.
    pub fn http1_only(mut self) -> Self {
        self.protocol = Protocol::Http1;
        self
    }

    /// Speaks HTTP/2 only, also without TLS.
    pub fn http2_only(mut self) -> Self {
        self.protocol = Protocol::Http2;
        self
    }

    /// How long a connection may be idle and still be used. The wall clock counts too, so that a process that was frozen
    /// does not take its sleep for an instant. Default: 20 s; AWS does not document when the gateway closes idle ones.
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// For how long new requests are sent on a connection. The next one has another, for which the name is asked again: under
    /// steady traffic a connection is never idle, and a name that has moved would never be noticed. Requests in flight go
    /// on. The wall clock counts too. Default: 5 minutes, which is one handshake more in that time.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// How many idle connections are kept. Default: 256.
    pub const fn max_idle(mut self, connections: usize) -> Self {
        self.max_idle = connections;
        self
    }

    /// While requests are in flight, asks an HTTP/2 peer for a sign of life every `interval`, and gives the connection up
    /// when none comes within `timeout`. Default: 5 s and 5 s.
    pub const fn keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.keep_alive = Some((interval, timeout));
        self
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HttpSettings {
    /// Without the proxy, whose URL may hold a password, and without keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpSettings")
            .field("protocol", &self.protocol)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_age", &self.max_age)
            .field("max_idle", &self.max_idle)
            .field("keep_alive", &self.keep_alive)
            .finish_non_exhaustive()
    }
}

/// A setting that cannot work.
#[derive(Debug)]
#[cfg_attr(not(feature = "hyper"), expect(dead_code, reason = "only the built-in transport looks at its settings"))]
pub(crate) struct Unusable {
    /// What is wrong, and what to do.
    pub(crate) message: String,
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

#[cfg(feature = "hyper")]
impl Unusable {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    pub(super) fn because(message: impl Into<String>, source: impl StdError + Send + Sync + 'static) -> Self {
        Self { message: message.into(), source: Some(Box::new(source)) }
    }
}
