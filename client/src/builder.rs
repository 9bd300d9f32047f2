use crate::auth::{Auth, Authorization, secret};
use crate::client::{Client, Defaults, Shared};
use crate::clock::Clock;
use crate::delivery::Delivery;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::keys::{KeySupport, Pins};
use crate::random::Random;
use crate::retry::{Backoff, RetryBudget};
use crate::transport::{DynTransport, Transport};
use crate::wiring::Wiring;
use http::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "sigv4")]
use crate::auth::Iam;
#[cfg(feature = "sigv4")]
use crate::credentials::{CredentialsCache, ProvideCredentials};
#[cfg(feature = "sigv4")]
use crate::sigv4::{Scope, Signer};

/// Settings of a [`Client`]; made by [`Client::builder`]. The first that cannot work is told by
/// [`build`](Self::build).
///
/// ```
/// use std::time::Duration;
/// use stepgate::Client;
///
/// # fn doc() -> Result<(), stepgate::Error> {
/// let client = Client::builder("http://127.0.0.1:8080/dev/execute").timeout(Duration::from_secs(10)).build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    url: String,
    wiring: Wiring,
    defaults: Defaults,
    connect_timeout: Duration,
    backoff: Backoff,
    budget: RetryBudget,
    keys: KeySupport,
    headers: HeaderMap,
    auth: Auth,
    #[cfg(feature = "sigv4")]
    credentials: Option<CredentialsCache>,
    #[cfg(feature = "sigv4")]
    region: Option<String>,
    /// Signed for where nothing tells another one.
    #[cfg(feature = "sigv4")]
    pub(crate) fallback_region: Option<String>,
    transport: Option<Arc<dyn DynTransport>>,
    clock: Option<Arc<dyn Clock>>,
    random: Random,
    error: Option<Error>,
}

impl ClientBuilder {
    pub(crate) fn new(url: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("stepgate/", env!("CARGO_PKG_VERSION"))));
        Self {
            url,
            wiring: Wiring::default(),
            defaults: Defaults {
                delivery: Delivery::default(),
                timeout: Duration::from_mins(1),
                attempt_timeout: Duration::from_secs(30),
                max_attempts: 3,
            },
            connect_timeout: Duration::from_secs(5),
            backoff: Backoff::default(),
            budget: RetryBudget::default(),
            keys: KeySupport::default(),
            headers,
            auth: Auth::default(),
            #[cfg(feature = "sigv4")]
            credentials: None,
            #[cfg(feature = "sigv4")]
            region: None,
            #[cfg(feature = "sigv4")]
            fallback_region: None,
            transport: None,
            clock: None,
            random: Random::System,
            error: None,
        }
    }

    /// What to do when nobody can know whether a workflow was started. Default: [`Delivery::AtMostOnce`].
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.defaults.delivery = delivery;
        self
    }

    /// Says that the deployment is known to make one execution of each key, so that [`Delivery::Idempotent`] need not
    /// wait for the first answer that proves it. True of this project's deployment on a STANDARD workflow.
    pub fn keys_honoured(self) -> Self {
        self.keys.declare_honoured();
        self
    }

    /// How the deployment turns requests into executions. Default: [`Wiring::Template`].
    pub fn wiring(mut self, wiring: Wiring) -> Self {
        self.wiring = wiring;
        self
    }

    /// The deadline of a call with all its attempts and pauses. Default: 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.defaults.timeout = timeout;
        self
    }

    /// The time that one attempt may take. Default: 30 s, a second more than API Gateway gives an integration.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.defaults.attempt_timeout = timeout;
        self
    }

    /// The time that name lookup, TCP and TLS may take together. Default: 5 s. A transport of your own has its own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The attempts of a call, the first included. Default: 3. Zero counts as one.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.defaults.max_attempts = attempts.max(1);
        self
    }

    /// The pauses between attempts. Default: full jitter below 50 ms, 100 ms, …; below 1 s, 2 s, … after throttling.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// A budget for sending again, to be shared between clients. Default: one of 500 tokens for this client.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// A header for every request. Headers that the client sets itself are refused by [`build`](Self::build).
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match plain_header(name, value) {
            Ok((name, value)) => {
                self.headers.append(name, value);
            }
            Err(error) => self.note(error),
        }
        self
    }

    /// A usage plan's key, sent as `x-api-key`, beside any other authorisation.
    pub fn api_key(mut self, key: &str) -> Self {
        match secret(key, "API key") {
            Ok(key) => self.auth.api_key = Some(key),
            Err(error) => self.note(error),
        }
        self
    }

    /// A token for an authorizer, sent as `Authorization: Bearer …`.
    pub fn bearer(mut self, token: &str) -> Self {
        match secret(&format!("Bearer {token}"), "bearer token") {
            Ok(value) => self.auth.authorization = Authorization::Bearer(value),
            Err(error) => self.note(error),
        }
        self
    }

    /// Signs every attempt with Signature Version 4 for IAM authorisation, with credentials of this provider. They are
    /// kept, refreshed three to five minutes before they expire by one caller at a time, and go on being used until then
    /// if the provider fails ([`CredentialsCache`]).
    #[cfg(feature = "sigv4")]
    pub fn credentials(mut self, provider: impl ProvideCredentials + 'static) -> Self {
        self.credentials = Some(CredentialsCache::new(provider));
        self
    }

    /// The region to sign for. Default: that of the host, which a custom domain does not tell.
    #[cfg(feature = "sigv4")]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sends by another HTTP stack. Default, with the feature `reqwest`: reqwest with rustls.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    #[cfg_attr(feature = "tokio", doc = "Another clock. Default: [`TokioClock`](crate::TokioClock).")]
    #[cfg_attr(not(feature = "tokio"), doc = "The clock; with the feature `tokio`, one on its timer is the default.")]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Makes jitter and generated keys follow from a seed, for tests. Default: the system's randomness.
    pub fn seed(mut self, seed: u64) -> Self {
        self.random = Random::seeded(seed);
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a setting that cannot work.
    pub fn build(mut self) -> Result<Client, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let endpoint = Endpoint::parse(&self.url)?;
        #[cfg(feature = "sigv4")]
        if let Some(credentials) = self.credentials.take() {
            let signer = signer(self.region.as_deref(), &endpoint, self.fallback_region.as_deref())?;
            // Each client another moment, so that a fleet does not ask its provider all at once.
            let ahead = CredentialsCache::REFRESH_AHEAD.mul_f64(0.6 + 0.4 * self.random.unit());
            let iam = Iam::new(Arc::new(credentials.refresh_ahead(ahead)), signer);
            self.auth.authorization = Authorization::Iam(Arc::new(iam));
        }
        let builtin = self.transport.is_none().then_some(self.connect_timeout);
        let transport = match self.transport.take() {
            Some(transport) => transport,
            None => default_transport(&endpoint, self.connect_timeout)?,
        };
        let clock = self.clock.take().map_or_else(default_clock, Ok)?;
        Ok(Client {
            shared: Arc::new(Shared {
                endpoint,
                wiring: self.wiring,
                auth: self.auth,
                headers: self.headers,
                defaults: self.defaults,
                backoff: self.backoff,
                budget: self.budget,
                keys: self.keys,
                pins: Pins::default(),
                transport,
                builtin,
                clock,
                random: self.random,
            }),
        })
    }

    /// Keeps the first error for `build`.
    pub(crate) fn note(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL, whose query may hold a secret.
        formatter.debug_struct("ClientBuilder").field("wiring", &self.wiring).finish_non_exhaustive()
    }
}

/// A header of the caller's, unless it is one of the client's own.
pub(crate) fn plain_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let illegal = |what: &str| Error::config(format!("header `{}` has an illegal {what}", name.escape_debug()));
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| illegal("name"))?;
    let own = ["authorization", "content-length", "content-type", "host", "idempotency-key", "transfer-encoding"];
    if own.contains(&name.as_str()) || name.as_str().starts_with("x-amz-") || name == "x-amzn-requestid" {
        return Err(Error::config(format!("header `{name}` is the client's own: use the setting for it")));
    }
    let value = HeaderValue::from_str(value).map_err(|_| illegal("value"))?;
    Ok((name, value))
}

#[cfg(feature = "sigv4")]
fn signer(region: Option<&str>, endpoint: &Endpoint, fallback: Option<&str>) -> Result<Signer, Error> {
    let signer = match region {
        Some(region) => return Ok(Signer::new(Scope::execute_api(region))),
        None => Signer::for_uri(endpoint.uri()),
    };
    match (signer, fallback) {
        (Ok(signer), _) => Ok(signer),
        (Err(_), Some(region)) => Ok(Signer::new(Scope::execute_api(region))),
        (Err(source), None) => {
            Err(Error::config("the region to sign for is not known: set `region`").with_source(source))
        }
    }
}

#[cfg(feature = "reqwest")]
pub(crate) fn default_transport(
    endpoint: &Endpoint,
    connect_timeout: Duration,
) -> Result<Arc<dyn DynTransport>, Error> {
    let client = crate::transport::http_client::HttpClient::build(endpoint.is_secure(), connect_timeout);
    let client = client.map_err(|source| {
        Error::config("the HTTP client cannot be set up: is there a certificate store?").with_source(source)
    })?;
    Ok(Arc::new(client))
}

#[cfg(not(feature = "reqwest"))]
pub(crate) fn default_transport(_: &Endpoint, _: Duration) -> Result<Arc<dyn DynTransport>, Error> {
    Err(Error::config("no transport: give one, or enable the feature `reqwest`"))
}

#[cfg(feature = "tokio")]
#[expect(clippy::unnecessary_wraps, reason = "its twin without tokio fails")]
fn default_clock() -> Result<Arc<dyn Clock>, Error> {
    Ok(Arc::new(crate::clock::TokioClock::new()))
}

#[cfg(not(feature = "tokio"))]
fn default_clock() -> Result<Arc<dyn Clock>, Error> {
    Err(Error::config("no clock: give one, or enable the feature `tokio`"))
}
