use crate::auth::{Anonymous, Identity, Region, Setup, Token, secret};
use crate::clock::Clock;
use crate::delivery::Delivery;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers;
use crate::keys::KeySupport;
use crate::random::Random;
use crate::retry::{Backoff, RetryBudget};
use crate::session::Limits;
use crate::transport::{DynTransport, HttpSettings, Transport};
use crate::wiring::Wiring;
use http::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Settings of a [`Client`](crate::Client); made by [`Client::builder`](crate::Client::builder).
/// [`build`](Self::build) reports the first one that cannot work.
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
    pub(crate) url: String,
    pub(crate) host: Option<String>,
    pub(crate) wiring: Wiring,
    pub(crate) delivery: Delivery,
    pub(crate) limits: Limits,
    pub(crate) connect_timeout: Duration,
    pub(crate) http: Option<HttpSettings>,
    pub(crate) backoff: Backoff,
    pub(crate) budget: RetryBudget,
    pub(crate) keys: KeySupport,
    pub(crate) look_up_route: Option<String>,
    pub(crate) headers: HeaderMap,
    setup: Option<Box<dyn Setup>>,
    region: Region,
    pub(crate) transport: Option<Arc<dyn DynTransport>>,
    /// Whether the transport that was given is tokio's.
    pub(crate) needs_runtime: bool,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) random: Random,
    pub(crate) error: Option<Error>,
}

impl ClientBuilder {
    pub(crate) fn new(url: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("stepgate/", env!("CARGO_PKG_VERSION"))));
        Self {
            url,
            host: None,
            wiring: Wiring::default(),
            delivery: Delivery::default(),
            limits: Limits {
                timeout: Duration::from_mins(1),
                attempt_timeout: Duration::from_secs(30),
                max_attempts: 3,
            },
            connect_timeout: Duration::from_secs(5),
            http: None,
            backoff: Backoff::default(),
            budget: RetryBudget::default(),
            keys: KeySupport::default(),
            look_up_route: None,
            headers,
            setup: None,
            region: Region::default(),
            transport: None,
            needs_runtime: false,
            clock: None,
            random: Random::System,
            error: None,
        }
    }

    /// What to do when it cannot be known whether a workflow was started. Default: [`Delivery::AtMostOnce`].
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// Says that the deployment is known to make one execution of each key, so that [`Delivery::Idempotent`] need not
    /// wait for the first answer that proves it. True of this project's deployment on a STANDARD workflow.
    pub fn keys_honoured(self) -> Self {
        self.keys.declare_honoured();
        self
    }

    /// The deployment's route for [`Client::execution`](crate::Client::execution), as `/prod/executions/{name}` or, relative to
    /// the URL of the execute method, `executions/{name}`. Default: `executions/{name}` beside the execute method, or below
    /// a URL that is the root of a stage, as of CDK's `StepFunctionsRestApi`.
    ///
    /// Who names the route says, too, that it has a method of its own and starts nothing. Otherwise the first answer that
    /// tells of an execution, or that there is none, shows it; until then a look-up that is lost is not repeated, for a path
    /// that takes every HTTP method (`ANY`) starts a workflow by it.
    pub fn look_up_route(mut self, route: impl Into<String>) -> Self {
        self.look_up_route = Some(route.into());
        self
    }

    /// How the deployment turns requests into executions. Default: [`Wiring::Template`].
    pub fn wiring(mut self, wiring: Wiring) -> Self {
        self.wiring = wiring;
        self
    }

    /// The bound of every call with all that it waits for: credentials, attempts, pauses. Default: 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.note_zero("timeout", timeout);
        self.limits.timeout = timeout;
        self
    }

    /// The time that one attempt may take. Default: 30 s, a second more than API Gateway gives an integration.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.note_zero("attempt_timeout", timeout);
        self.limits.attempt_timeout = timeout;
        self
    }

    /// The time that name lookup, TCP and TLS may take together. Default: 5 s. A transport of your own has its own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.note_zero("connect_timeout", timeout);
        self.connect_timeout = timeout;
        self
    }

    /// The attempts of a call, the first included. Default: 3. Zero counts as one.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.limits.max_attempts = attempts.max(1);
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

    /// A header for every request, in place of an earlier one of the same name. Headers that the client sets itself are
    /// refused by [`build`](Self::build).
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match headers::plain(name, value) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(error) => self.note(error),
        }
        self
    }

    /// The host, with a port if need be, that requests name and signatures hold, where it is not that of the URL. The name that is
    /// looked up, and that the certificate has to be for, stays the URL's.
    ///
    /// So a private API is called by its VPC endpoint's own name, without private DNS; the header `x-apigw-api-id` does the same
    /// (API Gateway developer guide, "Invoke a private API").
    ///
    /// A transport of your own is given it as the header `host`. reqwest sends that over HTTP/1.1 as it stands, and names the
    /// URL's host beside it over HTTP/2: build such a client with `http1_only`, or use the header `x-apigw-api-id`.
    ///
    /// ```
    /// # fn doc() -> Result<(), stepgate::Error> {
    /// let endpoint = "https://vpce-0123456789abcdef0-abcd1234.execute-api.eu-west-1.vpce.amazonaws.com/prod/execute";
    /// let by_host = stepgate::Client::builder(endpoint).host("a1b2c3.execute-api.eu-west-1.amazonaws.com").build()?;
    /// let by_id = stepgate::Client::builder(endpoint).header("x-apigw-api-id", "a1b2c3").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// A usage plan's key, sent as `x-api-key`, beside any other authorisation.
    pub fn api_key(mut self, key: &str) -> Self {
        match secret(key, "API key") {
            Ok(key) => {
                self.headers.insert(HeaderName::from_static("x-api-key"), key);
            }
            Err(error) => self.note(error),
        }
        self
    }

    /// A token for an authorizer, sent as `Authorization: Bearer …`.
    pub fn bearer(mut self, token: &str) -> Self {
        if let Err(error) = secret(token, "bearer token") {
            self.note(error);
        }
        self.authorized(&format!("Bearer {token}"), "bearer token")
    }

    /// The whole value of the header `Authorization`, for an authorizer that wants another scheme or none.
    pub fn authorization(self, value: &str) -> Self {
        self.authorized(value, "authorization")
    }

    fn authorized(mut self, value: &str, what: &str) -> Self {
        match secret(value, what) {
            Ok(value) => self.authorize_by(Token(value)),
            Err(error) => {
                self.note(error);
                self
            }
        }
    }

    /// Settings of the built-in HTTP transport: proxy, certificates, versions of HTTP, connections. Beside a transport or an
    /// HTTP client of your own, which would not follow them, [`build`](Self::build) refuses them.
    pub fn http(mut self, settings: HttpSettings) -> Self {
        self.http = Some(settings);
        self
    }

    /// Sends by a reqwest client of your own, with its connections, proxies and certificates, and what [`HttpSettings`] does not
    /// have: SOCKS, addresses and resolvers of your choice, Unix sockets. Build it with
    /// `redirect(Policy::none())`: a redirected POST can start a workflow somewhere else, and headers such as the API key go
    /// there too. An answer from there proves nothing, and is told as a broken connection. reqwest does not tell on which
    /// connection an answer came, so a bad one cannot be retired, nor one that was idle while the process was frozen.
    ///
    /// With the feature `reqwest-0_13`.
    #[cfg(feature = "reqwest-0_13")]
    pub fn http_client(self, client: reqwest::Client) -> Self {
        let mut with_client = self.transport(crate::transport::ReqwestTransport(client));
        with_client.needs_runtime = true;
        with_client
    }

    /// Sends by another HTTP stack. Default, with the feature `hyper`: hyper with rustls.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self.needs_runtime = false;
        self
    }

    #[cfg_attr(
        feature = "tokio",
        doc = "Another clock. Default: [`TokioClock`](crate::TokioClock), which panics where it has to wait outside of a tokio runtime."
    )]
    #[cfg_attr(not(feature = "tokio"), doc = "The clock; with the feature `tokio`, one on its timer is the default.")]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Makes jitter and generated keys follow from a seed, for tests. Default: the system's randomness.
    ///
    /// Two clients of one seed generate the same keys, so on an endpoint that both use the second one's calls with generated
    /// keys are repetitions of the first one's. Request ids follow from no seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.random = Random::seeded(seed);
        self
    }

    /// Takes a way of authorising, unless there is one already.
    fn authorize_by(mut self, setup: impl Setup + 'static) -> Self {
        if self.setup.is_some() {
            self.note(Error::config(
                "two ways to authorise: give one of `credentials`, `sdk_config`, `bearer` and `authorization`",
            ));
        }
        self.setup = Some(Box::new(setup));
        self
    }

    pub(crate) fn identity(&mut self, endpoint: &Endpoint) -> Result<Arc<dyn Identity>, Error> {
        let region = std::mem::take(&mut self.region);
        if let Some(setup) = self.setup.take() {
            return setup.identity(endpoint, region, self.random.unit());
        }
        region.unused()?;
        Ok(Arc::new(Anonymous))
    }

    fn note_zero(&mut self, setting: &str, time: Duration) {
        if time.is_zero() {
            self.note(Error::config(format!("`{setting}` is zero: no call could be made in that time")));
        }
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

#[cfg(feature = "sigv4")]
mod signed {
    use super::ClientBuilder;
    use crate::auth::{IamSetup, region as checked_region};
    use crate::credentials::{CredentialsCache, ProvideCredentials};

    impl ClientBuilder {
        /// Signs every attempt with Signature Version 4 for IAM authorisation, with credentials of this provider. They
        /// are kept, refreshed three to five minutes before they expire by one caller at a time, and go on being used
        /// until then if the provider fails ([`CredentialsCache`]).
        ///
        /// An empty session token, access key id or secret is an error of the call: who has no token gives none.
        ///
        /// With the feature `sigv4`.
        pub fn credentials(self, provider: impl ProvideCredentials + 'static) -> Self {
            self.authorize_by(IamSetup(CredentialsCache::new(provider)))
        }

        /// The region to sign for, where the host does not tell: that of a custom domain. Another region than that of one
        /// of AWS's own hosts is refused by [`build`](Self::build), and so is any where nothing is signed.
        ///
        /// With the feature `sigv4`.
        pub fn region(mut self, region: impl Into<String>) -> Self {
            match checked_region(&region.into(), "region") {
                Ok(region) => self.region.explicit = Some(region),
                Err(error) => self.note(error),
            }
            self
        }

        /// Signs every attempt with the credentials of an AWS SDK's configuration, as
        /// [`credentials`](Self::credentials) does. Its region is signed for where neither [`region`](Self::region) nor
        /// the host tells another one.
        ///
        /// With the feature `sdk-config`.
        ///
        /// ```
        /// use aws_types::SdkConfig;
        /// use aws_types::region::Region;
        /// use stepgate::Client;
        /// use stepgate::credentials::{Credentials, SharedCredentialsProvider};
        ///
        /// let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "example");
        /// let config = SdkConfig::builder()
        ///     .credentials_provider(SharedCredentialsProvider::new(credentials))
        ///     .region(Region::new("eu-west-1"))
        ///     .build();
        /// let builder = Client::builder("http://api.example.com/execute").sdk_config(&config);
        /// # let builder = builder.transport(stepgate::testing::ScriptedTransport::new([]));
        /// let client = builder.build()?;
        /// # Ok::<(), stepgate::Error>(())
        /// ```
        #[cfg(feature = "sdk-config")]
        pub fn sdk_config(mut self, config: &aws_types::SdkConfig) -> Self {
            if let Some(region) = config.region() {
                match checked_region(region.as_ref(), "the SDK configuration's region") {
                    Ok(region) => self.region.fallback = Some(region),
                    Err(error) => self.note(error),
                }
            }
            if let Some(provider) = config.credentials_provider() {
                return self.credentials(provider);
            }
            self.note(crate::error::Error::config("the SDK configuration has no credentials provider: give it one"));
            self
        }
    }
}

#[cfg(feature = "hyper")]
pub(crate) fn default_transport(
    endpoint: &Endpoint,
    settings: &HttpSettings,
    connect_timeout: Duration,
) -> Result<Arc<dyn DynTransport>, Error> {
    let unusable = |unusable: crate::transport::Unusable| {
        let error = Error::config(unusable.message);
        match unusable.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    };
    if endpoint.host_header().is_some() && settings.proxy.is_some() && !endpoint.is_secure() {
        return Err(Error::config(
            "a proxy takes the host of an http URL from the URL: give an https URL, or leave `host` or `proxy` out",
        ));
    }
    let transport = crate::transport::HttpTransport::new(settings, connect_timeout).map_err(unusable)?;
    if endpoint.is_secure() {
        transport.load_certificates().map_err(unusable)?;
    } else if settings.identity.is_some() {
        return Err(Error::config("a client certificate is shown over TLS alone: give an https URL, or leave it out"));
    }
    Ok(Arc::new(transport))
}

#[cfg(not(feature = "hyper"))]
pub(crate) fn default_transport(_: &Endpoint, _: &HttpSettings, _: Duration) -> Result<Arc<dyn DynTransport>, Error> {
    Err(Error::config("no transport: give one, or enable the feature `hyper`"))
}

#[cfg(feature = "tokio")]
#[expect(clippy::unnecessary_wraps, reason = "its twin without tokio fails")]
pub(crate) fn default_clock() -> Result<Arc<dyn Clock>, Error> {
    Ok(Arc::new(crate::clock::TokioClock::new()))
}

#[cfg(not(feature = "tokio"))]
pub(crate) fn default_clock() -> Result<Arc<dyn Clock>, Error> {
    Err(Error::config("no clock: give one, or enable the feature `tokio`"))
}
