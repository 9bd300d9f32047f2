use crate::auth::Identity;
use crate::clock::Clock;
use crate::delivery::Delivery;
use crate::ending::{Foreign, Reply};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::keys::{KeySupport, Pins};
use crate::look_ups::LookUps;
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
    pub(crate) look_ups: LookUps,
    pub(crate) pins: Arc<Pins>,
    /// The request ids that the endpoint answers with.
    pub(crate) request_ids: Echo,
    /// The trace ids that it answers with.
    pub(crate) trace_ids: Echo,
    pub(crate) transport: Arc<dyn DynTransport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    /// Whether its transport works inside a tokio runtime only.
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "without tokio nobody can ask for its runtime"))]
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
    #[cfg_attr(
        not(feature = "tokio"),
        expect(
            clippy::unused_self,
            clippy::unnecessary_wraps,
            reason = "without tokio nobody can ask for its runtime"
        )
    )]
    pub(crate) fn check_runtime(&self) -> Result<(), Error> {
        #[cfg(feature = "tokio")]
        if self.needs_runtime {
            return crate::runtime::check();
        }
        Ok(())
    }

    /// How the answer shows that it is another request's. That can be told once the endpoint has been seen to answer with
    /// an id that it was sent; an answer without an id tells nothing.
    pub(crate) fn foreign(&self, answer: &Reply, marks: &RequestMarks) -> Option<Foreign> {
        match self.request_ids.learn(answer.request_id.as_deref().map(|id| id == marks.id)) {
            Some(same) => (!same).then_some(Foreign::RequestId),
            // The gateway's request id is on every answer, its trace id on those of integrations alone.
            None if self.request_ids.is_known() => None,
            None if marks.is_traced => {
                let same = self.trace_ids.learn(answer.trace_root().map(|root| is_root_of(root, &marks.id)));
                (same == Some(false)).then_some(Foreign::Trace)
            }
            None => None,
        }
    }
}

/// By what the answer to a request is known.
#[derive(Debug, Default)]
pub(crate) struct RequestMarks {
    /// The request id; empty if it has none of ours.
    pub(crate) id: String,
    /// Whether the root of its trace id is made of the same digits.
    pub(crate) is_traced: bool,
}

/// Whether an endpoint answers with an id that it was sent: learnt by one answer that does, never assumed.
#[derive(Debug, Default)]
pub(crate) struct Echo(AtomicBool);

impl Echo {
    fn is_known(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether an answer has the id that was sent, as it seems; `None` if that cannot be told.
    fn learn(&self, same: Option<bool>) -> Option<bool> {
        if same? {
            self.0.store(true, Ordering::Relaxed);
        }
        same.filter(|_| self.is_known())
    }
}

/// The digits of a request id that make the root of its trace.
pub(crate) fn root_digits(id: &str) -> impl Iterator<Item = u8> {
    id.bytes().filter(|digit| *digit != b'-').take(24)
}

fn is_root_of(root: &str, id: &str) -> bool {
    root.rsplit('-').next().is_some_and(|digits| digits.bytes().eq(root_digits(id)))
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
