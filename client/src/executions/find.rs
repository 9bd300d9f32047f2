use super::description::described;
use super::model::Execution;
use super::name;
use super::poll::{Poll, is_passing};
use crate::call::{Call, LookUp, Target};
use crate::clock::Deadline;
use crate::error::Error;
use crate::session::{Limits, Session};
use bytes::Bytes;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A look-up that is ready to be awaited; made by [`Client::execution`](crate::Client::execution).
#[must_use = "nothing is sent until this is awaited"]
pub struct FindExecution {
    session: Arc<Session>,
    name: String,
    timeout: Duration,
    within: Duration,
}

impl FindExecution {
    pub(crate) fn new(session: Arc<Session>, name: String) -> Self {
        let timeout = session.limits.timeout;
        Self { session, name, timeout, within: Duration::ZERO }
    }

    /// The bound of each question with all its attempts, credentials included. Default: the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Goes on asking for so long if the execution is not found, or if the question fails in a way that may pass: 0.5 s
    /// later, 1 s, 2 s, … It bounds everything, the question that is under way too. Default: asks once.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    async fn run(self) -> Result<Option<Execution>, Error> {
        name::check(&self.name)?;
        if self.within.is_zero() {
            return self.ask(self.timeout).await;
        }
        let clock = self.session.clock.as_ref();
        let deadline = Deadline::after(clock, self.within);
        let mut poll = Poll::until(deadline);
        loop {
            let last = self.ask(self.timeout.min(deadline.left(clock))).await;
            let goes_on = match &last {
                Ok(found) => found.is_none(),
                // What may have started a workflow is not asked again.
                Err(error) => is_passing(error) && !error.may_have_started(),
            };
            if !goes_on || !poll.turn(clock).await || deadline.left(clock).is_zero() {
                return last;
            }
        }
    }

    async fn ask(&self, timeout: Duration) -> Result<Option<Execution>, Error> {
        let session = Arc::clone(&self.session);
        let uri = session.look_ups.uri(&session.endpoint, &self.name)?;
        let target = Target { uri, identity: Arc::clone(&session.identity), pace: None };
        let (headers, limits) = (session.headers.clone(), Limits { timeout, ..session.limits });
        let purpose = LookUp { execution: Some(self.name.clone()), through_gateway: true, ..LookUp::default() };
        let call = Call { session, target, method: http::Method::GET, headers, body: Bytes::new(), limits, purpose };
        described(call.settle().await)
    }
}

impl IntoFuture for FindExecution {
    type Output = Result<Option<Execution>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for FindExecution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FindExecution").field("name", &self.name).finish_non_exhaustive()
    }
}
