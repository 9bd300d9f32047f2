use crate::auth::Identity;
use crate::clock::Clock;
use crate::delivery::Delivery;
use crate::ending::Reply;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::keys::{KeySupport, Pins};
use crate::random::Random;
use crate::retry::{Backoff, RetryBudget};
use crate::transport::DynTransport;
use crate::wiring::Wiring;
use http::HeaderMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What every call of a client shares.
pub(crate) struct Session {
    pub(crate) endpoint: Endpoint,
    pub(crate) wiring: Wiring,
    pub(crate) delivery: Delivery,
    pub(crate) limits: Limits,
    pub(crate) identity: Arc<dyn Identity>,
    /// The API key, and headers of the caller's.
    pub(crate) headers: HeaderMap,
    pub(crate) backoff: Backoff,
    pub(crate) budget: RetryBudget,
    pub(crate) keys: KeySupport,
    pub(crate) pins: Arc<Pins>,
    /// Whether the endpoint has been seen to answer with the request id that it was sent.
    pub(crate) echoes: AtomicBool,
    pub(crate) transport: Arc<dyn DynTransport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    /// Whether its transport works inside a tokio runtime only.
    pub(crate) needs_runtime: bool,
}

/// How long a call may take, and how many attempts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) max_attempts: u32,
}

impl Session {
    /// Tells before anything is sent that tokio would panic.
    pub(crate) fn check_runtime(&self) -> Result<(), Error> {
        #[cfg(feature = "tokio")]
        if self.needs_runtime && tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::config(
                "a call outside of a tokio runtime: await it inside one, or wait for it with `stepgate::blocking`",
            ));
        }
        Ok(())
    }

    /// Whether the answer has another request's id. That can be told once the endpoint has been seen to answer with the
    /// id that it was sent; an answer without an id tells nothing.
    pub(crate) fn is_foreign(&self, answer: &Reply, id: &str) -> bool {
        match answer.request_id.as_deref() {
            Some(echoed) if echoed == id => {
                self.echoes.store(true, Ordering::Relaxed);
                false
            }
            Some(_) => self.echoes.load(Ordering::Relaxed),
            None => false,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("endpoint", &self.endpoint)
            .field("wiring", &self.wiring)
            .field("delivery", &self.delivery)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
