use super::purpose::Purpose;
use crate::attempt::Attempt;
use crate::auth::{Cause, Identity, Receipt, Refusal};
use crate::clock::{Deadline, within};
use crate::ending::{Ending, Reply, Verdict};
use crate::error::{Error, ErrorKind};
use crate::pace::Pace;
use crate::random::Random;
use crate::retry::{Decision, Pause, RetryBudget, decide, http_date, wait_hint};
use crate::session::{Limits, RequestMarks, Session, root_digits};
use crate::telemetry::AttemptSpan;
use crate::transport::{Breakdown, Progress};
use crate::wire::Class;
use bytes::Bytes;
use http::header::{Entry, HeaderMap, HeaderName, HeaderValue};
use std::io::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where requests go, and as whose.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) uri: http::Uri,
    pub(crate) identity: Arc<dyn Identity>,
    pub(crate) pace: Option<Arc<Pace>>,
}

/// A call whose request is known but for what each attempt adds to it.
pub(crate) struct Call<P> {
    pub(crate) session: Arc<Session>,
    pub(crate) target: Target,
    pub(crate) method: http::Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) limits: Limits,
    pub(crate) purpose: P,
}

/// A call that was answered with what it asked for.
pub(crate) struct Settled {
    pub(crate) answer: Reply,
    pub(crate) attempts: Vec<Attempt>,
}

/// What a call remembers from attempt to attempt.
#[derive(Default)]
struct Trail {
    attempts: Vec<Attempt>,
    last_cost: Option<u32>,
    mended: Vec<Cause>,
    refused: bool,
}

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

impl<P: Purpose> Call<P> {
    /// The request of one attempt, authorised as of now, and by what its answer is known.
    pub(crate) async fn request(&self) -> Result<(http::Request<Bytes>, Receipt, RequestMarks), Error> {
        let mut request = http::Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let marks = match request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()) {
            Some(key) => RequestMarks { id: key.to_owned(), is_traced: false },
            None if self.purpose.has_id() => self.mark(request.headers_mut()),
            None => RequestMarks::default(),
        };
        let receipt = self.target.identity.authorize(&mut request, self.session.clock.as_ref()).await?;
        Ok((request, receipt, marks))
    }

    /// Gives a request ids of its own. A trace that the caller has begun goes on.
    fn mark(&self, headers: &mut HeaderMap) -> RequestMarks {
        let id = Random::id();
        headers.insert(REQUEST_ID, HeaderValue::from_str(&id).expect("a UUID is visible ASCII"));
        let mut is_traced = false;
        if let Entry::Vacant(place) = headers.entry(TRACE_ID) {
            place.insert(trace(&id, self.session.clock.now()));
            is_traced = true;
        }
        RequestMarks { id, is_traced }
    }

    /// Makes the attempts that purpose, deadline and budget allow.
    pub(crate) async fn settle(mut self) -> Result<Settled, Error> {
        let settled = self.attempts().await;
        settled.map_err(|error| error.with_key(self.purpose.key().map(ToString::to_string)))
    }

    async fn attempts(&mut self) -> Result<Settled, Error> {
        let session = Arc::clone(&self.session);
        session.check_runtime()?;
        let clock = session.clock.as_ref();
        let deadline = Deadline::after(clock, self.limits.timeout);
        let mut trail = Trail::default();
        loop {
            if let Some(pace) = &self.target.pace
                && within(clock, deadline.left(clock), pace.turn(clock)).await.is_none()
            {
                return Err(trail.out_of_time(
                    "time was up before it was this call's turn: calls are spaced, so make fewer or give another `rate`",
                ));
            }
            let (request, receipt, marks) = match within(clock, deadline.left(clock), self.request()).await {
                Some(request) => request.map_err(|error| error.with_attempts(trail.attempts.clone()))?,
                None => return Err(trail.out_of_time("time was up while waiting for credentials")),
            };
            let left = deadline.left(clock);
            if left.is_zero() {
                return Err(trail.out_of_time("time was up before the request could be sent"));
            }
            let began = clock.elapsed();
            self.purpose.leaves();
            let span = AttemptSpan::start(&request, trail.attempts.len());
            let mut ending = self.attempt(request, left, &marks, &span).await;
            self.weigh(&mut ending, &receipt, &mut trail);
            let starts = self.purpose.may_start(&session);
            let name = self.purpose.execution_name(&session, &marks).map(str::to_owned);
            let attempt = Attempt::of(&ending, starts, clock.elapsed().saturating_sub(began)).sent(marks.id, name);
            self.purpose.returned(attempt.may_have_started());
            span.end(&attempt, ending.failure());
            trail.attempts.push(attempt);
            let wait = match (decide(&ending, self.purpose.may_repeat(&session)), ending) {
                (Decision::Accept, Ending::Answered(answer)) => {
                    session.budget.give(trail.last_cost.unwrap_or(1));
                    return Ok(Settled { answer: *answer, attempts: trail.attempts });
                }
                (Decision::Resend(pause), ending) => match self.pause(pause, &ending, deadline, &mut trail) {
                    Some(wait) => wait,
                    None => return Err(self.failed(ending, &receipt, trail.attempts)),
                },
                (_, ending) => return Err(self.failed(ending, &receipt, trail.attempts)),
            };
            if !wait.is_zero() {
                clock.sleep(wait).await;
            }
        }
    }

    /// Sends one request, and judges what comes.
    async fn attempt(
        &self,
        request: http::Request<Bytes>,
        left: Duration,
        marks: &RequestMarks,
        span: &AttemptSpan,
    ) -> Ending {
        let session = &*self.session;
        let progress = Progress::new();
        let mut sending = pin!(span.around(session.transport.send_boxed(request, &progress)));
        let _ended = Ended(&progress);
        let limit = left.min(self.limits.attempt_timeout);
        match within(session.clock.as_ref(), limit, sending.as_mut()).await {
            Some(Ok(response)) => Ending::Answered(Box::new(self.purpose.judge(session, Reply::read(response), marks))),
            // The transport's own time limits leave tasks behind, too.
            Some(Err(error)) => Ending::lost(progress.abandon(), error),
            None => {
                // Said before the sending is dropped, so that its connection is not used again.
                progress.expire();
                Ending::timed_out(progress.abandon())
            }
        }
    }

    /// Mends what made the endpoint refuse, each cause once a call, and settles what becomes of the connection.
    fn weigh(&self, ending: &mut Ending, receipt: &Receipt, trail: &mut Trail) {
        let Ending::Answered(answer) = ending else { return };
        if answer.verdict == Verdict::Failed && answer.class == Class::Forbidden {
            let reason = answer.reason.as_deref().unwrap_or_default();
            let refusal = Refusal { reason, date: http_date(&answer.headers), now: self.session.clock.now() };
            let mended = self.target.identity.mend(receipt, &refusal);
            if let Some(cause) = mended.filter(|cause| !trail.mended.contains(cause)) {
                trail.mended.push(cause);
                answer.verdict = Verdict::Mended;
            }
        }
        self.strike_request_id(answer, receipt);
        answer.release();
    }

    /// How long to wait before another attempt, or `None` if there is to be none.
    fn pause(&self, pause: Pause, ending: &Ending, deadline: Deadline, trail: &mut Trail) -> Option<Duration> {
        let session = &*self.session;
        let resend = u32::try_from(trail.attempts.len()).unwrap_or(u32::MAX);
        // What the client mended by itself is no attempt too many.
        let mended = u32::try_from(trail.mended.len()).unwrap_or(u32::MAX);
        if resend >= self.limits.max_attempts.saturating_add(mended) {
            return None;
        }
        let hint = match ending {
            Ending::Lost { breakdown: Breakdown::Refused, .. } if std::mem::replace(&mut trail.refused, true) => {
                return None;
            }
            Ending::Answered(answer) => wait_hint(&answer.headers, session.clock.now()),
            Ending::Lost { .. } => None,
        };
        let wait = session.backoff.wait(pause, resend, session.random.unit(), hint);
        let cost = if pause == Pause::Long { RetryBudget::THROTTLING_COST } else { RetryBudget::COST };
        if wait >= deadline.left(session.clock.as_ref()) || !session.budget.take(cost) {
            return None;
        }
        trail.last_cost = Some(cost);
        Some(wait)
    }
}

/// However an attempt ends, by its future being dropped too: what it left behind in the transport begins nothing more.
struct Ended<'a>(&'a Progress);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// A trace whose root is its version, seconds since 1970 and 24 hexadecimal digits (X-Ray developer guide, "Tracing
/// header"), which are those of the request id.
fn trace(id: &str, now: SystemTime) -> HeaderValue {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() & 0xffff_ffff;
    let mut text = Vec::with_capacity("Root=1-01234567-".len() + 24);
    write!(text, "Root=1-{seconds:08x}-").expect("a vector takes every byte");
    text.extend(root_digits(id));
    HeaderValue::try_from(text).expect("its digits are visible ASCII")
}

impl Trail {
    fn out_of_time(self, message: &str) -> Error {
        Error::new(ErrorKind::Timeout, message).with_attempts(self.attempts)
    }
}
