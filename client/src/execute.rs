use crate::call::{Call, Plan, Start};
use crate::clock::within;
use crate::delivery::Delivery;
use crate::error::{Error, ErrorKind};
use crate::headers;
use crate::keys::IdempotencyKey;
use crate::session::{Limits, Session};
use crate::started::Started;
use bytes::Bytes;
use http::HeaderMap;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A call that is ready to be awaited; made by [`Client::execute`](crate::Client::execute).
///
/// It holds the serialised payload, not the value, so it is small and can be sent to another thread whatever the
/// payload was.
///
/// # Dropping it
///
/// A future that is dropped (`select!`, `tokio::time::timeout`, a request handler whose client hung up) stops where it
/// is, and nobody learns how far it got: the workflow may have been started. Use [`timeout`](Self::timeout) instead, which
/// reports it. If the future may be dropped nevertheless, choose the key first and look it up afterwards:
///
/// ```
/// # use std::time::Duration;
/// # async fn doc(client: stepgate::Client) -> Result<(), stepgate::Error> {
/// let key = "order-17";
/// let call = client.execute("tea").idempotency_key(key).into_future();
/// if tokio::time::timeout(Duration::from_secs(2), call).await.is_err() {
///     let found = client.execution(key).within(Duration::from_secs(30)).await?;
///     println!("{}", if found.is_some() { "it runs" } else { "no such execution" });
/// }
/// # Ok(())
/// # }
/// # use std::future::IntoFuture;
/// ```
///
/// # Options
///
/// ```
/// # use std::time::Duration;
/// # use stepgate::{Client, Delivery};
/// # async fn doc(client: Client) -> Result<(), stepgate::Error> {
/// let call = client.execute("hello").timeout(Duration::from_secs(5)).idempotency_key("greeting-1");
/// let started = tokio::spawn(call.into_future()).await.unwrap()?;
/// assert_eq!(started.key_honoured(), Some(true));
/// # Ok(())
/// # }
/// # use std::future::IntoFuture;
/// ```
#[must_use = "nothing is sent until this is awaited"]
pub struct Execute {
    session: Arc<Session>,
    payload: Result<Bytes, Error>,
    options: Option<Box<Options>>,
}

/// What this call does otherwise than its client's.
#[derive(Debug, Default)]
struct Options {
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    max_attempts: Option<u32>,
    delivery: Option<Delivery>,
    key: Option<IdempotencyKey>,
    headers: HeaderMap,
    error: Option<Error>,
}

impl Execute {
    pub(crate) const fn new(session: Arc<Session>, payload: Result<Bytes, Error>) -> Self {
        Self { session, payload, options: None }
    }

    pub(crate) fn client_delivery(&self) -> Delivery {
        self.session.delivery
    }

    /// The deadline of this call with all its attempts and pauses. Default: the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options().timeout = Some(timeout);
        self
    }

    /// The time that one attempt of this call may take. Default: the client's.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options().attempt_timeout = Some(timeout);
        self
    }

    /// The attempts of this call, the first included; zero counts as one. Default: the client's.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.options().max_attempts = Some(attempts.max(1));
        self
    }

    /// What to do when it cannot be known whether the workflow was started. Default: the client's, or
    /// [`Delivery::Idempotent`] if there is a key.
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.options().delivery = Some(delivery);
        self
    }

    /// The key of this call: calls with one key and one payload start one execution, on a deployment that honours keys.
    /// Without one, [`Delivery::Idempotent`] makes a UUID for each call.
    ///
    /// An illegal key (see [`IdempotencyKey`]) is an error of the call.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        let options = self.options();
        match IdempotencyKey::new(key) {
            Ok(key) => options.key = Some(key),
            Err(error) => {
                options.error.get_or_insert(error);
            }
        }
        self
    }

    /// A header for the requests of this call, in place of one of the same name for every call. A header that the client
    /// sets itself is an error of the call.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let options = self.options();
        match headers::plain(name, value) {
            Ok((name, value)) => {
                options.headers.insert(name, value);
            }
            Err(error) => {
                options.error.get_or_insert(error);
            }
        }
        self
    }

    /// The request that the first attempt would send, signed as of now, without sending it: for curl, for a queue, or
    /// for another HTTP stack. It carries a request id of its own (`x-amzn-RequestId`, the key if that is a UUID), so on a
    /// deployment that names executions after it, sending it twice starts one execution.
    ///
    /// # Errors
    /// What would be wrong before sending: payload, key, header, credentials.
    pub async fn into_request(self) -> Result<http::Request<Bytes>, Error> {
        let call = self.into_call()?;
        call.session.check_runtime()?;
        let limit = call.limits.timeout;
        let clock = Arc::clone(&call.session.clock);
        match within(clock.as_ref(), limit, call.request()).await {
            Some(request) => Ok(request?.0),
            None => Err(Error::new(ErrorKind::Timeout, "time was up before the request could be signed")),
        }
    }

    pub(crate) fn into_call(self) -> Result<Call<Start>, Error> {
        let options = self.options.map(|options| *options).unwrap_or_default();
        if let Some(error) = options.error {
            return Err(error);
        }
        let keyed = options.key.is_some().then_some(Delivery::Idempotent);
        let limits = Limits {
            timeout: options.timeout.unwrap_or(self.session.limits.timeout),
            attempt_timeout: options.attempt_timeout.unwrap_or(self.session.limits.attempt_timeout),
            max_attempts: options.max_attempts.unwrap_or(self.session.limits.max_attempts),
        };
        let delivery = options.delivery.or(keyed).unwrap_or(self.session.delivery);
        let plan = Plan { delivery, limits, key: options.key, headers: options.headers };
        Call::start(self.session, self.payload?, plan)
    }

    fn options(&mut self) -> &mut Options {
        self.options.get_or_insert_default()
    }
}

impl fmt::Debug for Execute {
    /// Without the payload.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Execute")
            .field("client", &self.session)
            .field("payload_bytes", &self.payload.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

impl IntoFuture for Execute {
    type Output = Result<Started, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let call = self.into_call()?.pinned()?;
            Started::settle(call).await
        })
    }
}
