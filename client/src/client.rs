use crate::auth::Auth;
use crate::builder::{ClientBuilder, default_transport};
use crate::clock::{Clock, within};
use crate::delivery::Delivery;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::execute::Execute;
use crate::keys::{KeySupport, Pins};
use crate::payload;
use crate::random::Random;
use crate::retry::{Backoff, RetryBudget};
use crate::transport::{DynTransport, Progress};
use crate::wiring::Wiring;
use bytes::Bytes;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Starts executions of one workflow, through the URL of its execute method.
///
/// Cheap to clone; clones share connections, credentials, the retry budget and what was learnt about the deployment.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

/// What every call of a client shares.
pub(crate) struct Shared {
    pub(crate) endpoint: Endpoint,
    pub(crate) wiring: Wiring,
    pub(crate) auth: Auth,
    pub(crate) headers: http::HeaderMap,
    pub(crate) defaults: Defaults,
    pub(crate) backoff: Backoff,
    pub(crate) budget: RetryBudget,
    pub(crate) keys: KeySupport,
    pub(crate) pins: Pins,
    pub(crate) transport: Arc<dyn DynTransport>,
    /// The time limit of connecting, if the transport is the built-in one.
    pub(crate) builtin: Option<Duration>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
}

/// What a call does unless told otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults {
    pub(crate) delivery: Delivery,
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) max_attempts: u32,
}

impl Client {
    /// A builder for the full URL of the execute method, such as
    /// `https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod/execute`. The URL is all that is needed.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// Starts an execution with `payload` as its input.
    ///
    /// The payload is serialised here and now, by value or by reference; the call is sent when the returned [`Execute`]
    /// is awaited, and can be adjusted before.
    ///
    /// # Errors
    /// Awaiting it gives an [`Error`](crate::Error); also what is wrong with the payload is told then.
    ///
    /// ```
    /// # use stepgate::Client;
    /// #[derive(serde::Serialize)]
    /// struct Order { id: u32 }
    ///
    /// # async fn doc(client: Client) -> Result<(), stepgate::Error> {
    /// let order = Order { id: 17 };
    /// let started = client.execute(&order).await?;
    /// println!("{} since {:?}", started.execution_arn(), started.start_date());
    /// # Ok(())
    /// # }
    /// ```
    pub fn execute<T: Serialize>(&self, payload: T) -> Execute {
        Execute::new(self.clone(), payload::serialize(&payload))
    }
}

impl Shared {
    /// The transport for another endpoint: the built-in one holds certificates only for an endpoint that needs them.
    pub(crate) fn transport_for(&self, endpoint: &Endpoint) -> Result<Arc<dyn DynTransport>, Error> {
        match self.builtin {
            Some(connect_timeout) => default_transport(endpoint, connect_timeout),
            None => Ok(Arc::clone(&self.transport)),
        }
    }

    /// One attempt of a request that starts nothing, within the time of an attempt.
    pub(crate) async fn send_once(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Error> {
        self.send_once_by(self.transport.as_ref(), request).await
    }

    /// [`send_once`](Self::send_once) to another endpoint.
    pub(crate) async fn send_once_by(
        &self,
        transport: &dyn DynTransport,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Error> {
        let progress = Progress::new();
        let sending = transport.send_boxed(request, &progress);
        match within(self.clock.as_ref(), self.defaults.attempt_timeout, sending).await {
            Some(Ok(response)) => Ok(response),
            Some(Err(error)) if error.is_timeout() => {
                Err(Error::time_out(progress.phase()).with_source(error.into_source()))
            }
            Some(Err(error)) => Err(Error::lost(progress.phase()).with_source(error.into_source())),
            None => Err(Error::time_out(progress.phase())),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt(formatter)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("endpoint", &self.endpoint)
            .field("wiring", &self.wiring)
            .field("defaults", &self.defaults)
            .finish_non_exhaustive()
    }
}
