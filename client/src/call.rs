//! One call: its attempts, one after the other, until it is settled. The only place where policy, clock, signature and
//! transport meet.

use crate::attempt::Attempt;
use crate::auth::Authorized;
use crate::client::Shared;
use crate::clock::within;
use crate::delivery::Delivery;
use crate::error::{Error, ErrorKind};
use crate::judge::{Execution, Judgement};
use crate::keys::{IdempotencyKey, Support};
use crate::payload;
#[cfg(feature = "sigv4")]
use crate::retry::http_date;
use crate::retry::{Decision, Event, Pause, RetryBudget, decide, wait_hint};
use crate::started::Started;
use crate::telemetry::AttemptSpan;
use crate::transport::{Phase, Progress, TransportError};
use crate::wire::Class;
use crate::wiring::Wiring;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use std::sync::Arc;
use std::time::Duration;

/// How a call is to be made.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) delivery: Delivery,
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) headers: HeaderMap,
}

/// A call whose request is known but for the signature.
pub(crate) struct Call {
    shared: Arc<Shared>,
    plan: Plan,
    headers: HeaderMap,
    body: Bytes,
    /// Where the request itself says the name.
    direct_name: Option<String>,
}

/// A call that ended with an execution.
pub(crate) struct Settled {
    pub(crate) execution: Execution,
    expected_name: Option<String>,
    key_honoured: Option<bool>,
    deduplicated: bool,
    pub(crate) response: http::Response<Bytes>,
    pub(crate) attempts: Vec<Attempt>,
}

/// How one attempt ended.
enum Ended {
    Answered(http::Response<Bytes>),
    Broke(TransportError),
    TimedOut,
}

impl Ended {
    /// What `attempt` is reported as, unless an execution came of it.
    fn failure(&self, attempt: &Attempt) -> Option<ErrorKind> {
        match (self, attempt.class()) {
            (_, Some(Class::Started)) => None,
            (_, Some(class)) => Some(ErrorKind::of_class(class)),
            (Self::Broke(error), None) if !error.is_timeout() => Some(Error::lost(attempt.phase()).kind()),
            (_, None) => Some(ErrorKind::Timeout),
        }
    }
}

impl Call {
    /// Everything that can be wrong before sending, but for the credentials.
    pub(crate) fn prepare(shared: Arc<Shared>, json: Bytes, mut plan: Plan) -> Result<Self, Error> {
        payload::check(&json, &shared.wiring)?;
        match &plan.key {
            Some(key) => shared.pins.pin(key, &json)?,
            None if plan.delivery == Delivery::Idempotent => {
                plan.key = Some(IdempotencyKey::new(shared.random.uuid())?);
            }
            None => {}
        }
        let mut headers = shared.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(std::mem::take(&mut plan.headers));
        let (mut body, mut direct_name) = (json, None);
        if let Wiring::Direct { state_machine_arn } = &shared.wiring {
            let name = plan.key.as_ref().map_or_else(|| shared.random.uuid(), ToString::to_string);
            body = payload::envelope(&body, &name, state_machine_arn)?;
            direct_name = Some(name);
        } else if let Some(key) = &plan.key {
            let value = HeaderValue::from_str(key.as_str())
                .map_err(|source| Error::config("the idempotency key is no header value").with_source(source))?;
            if key.is_uuid() {
                headers.insert(HeaderName::from_static("x-amzn-requestid"), value.clone());
            }
            headers.insert(HeaderName::from_static("idempotency-key"), value);
        }
        Ok(Self { shared, plan, headers, body, direct_name })
    }

    /// The request of one attempt, signed as of now.
    pub(crate) async fn request(&self) -> Result<(http::Request<Bytes>, Authorized), Error> {
        let mut request = http::Request::new(self.body.clone());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.shared.endpoint.uri().clone();
        *request.headers_mut() = self.headers.clone();
        let authorized = self.shared.auth.apply(&mut request, self.shared.clock.as_ref()).await?;
        Ok((request, authorized))
    }

    /// Makes the attempts that delivery, deadline and budget allow.
    pub(crate) async fn run(self) -> Result<Settled, Error> {
        let clock = Arc::clone(&self.shared.clock);
        let start = clock.elapsed();
        let mut state = State::default();
        loop {
            let left = self.plan.timeout.saturating_sub(clock.elapsed().saturating_sub(start));
            let (request, authorized) = match within(clock.as_ref(), left, self.request()).await {
                Some(request) => request.map_err(|error| error.with_attempts(state.attempts.clone()))?,
                None => return Err(state.out_of_time("time was up while waiting for credentials")),
            };
            let began = clock.elapsed();
            let left = self.plan.timeout.saturating_sub(began.saturating_sub(start));
            if left.is_zero() {
                return Err(state.out_of_time("time was up before the request could be sent"));
            }
            let progress = Progress::new();
            let span = AttemptSpan::start(&self.shared.endpoint, state.attempts.len());
            let sending = span.around(self.shared.transport.send_boxed(request, &progress));
            let ended = match within(clock.as_ref(), left.min(self.plan.attempt_timeout), sending).await {
                Some(Ok(response)) => Ended::Answered(response),
                Some(Err(error)) => Ended::Broke(error),
                None => Ended::TimedOut,
            };
            let duration = clock.elapsed().saturating_sub(began);
            let (event, judgement) = self.weigh(&ended, progress.phase(), &authorized, &mut state);
            let attempt = Attempt {
                phase: if judgement.is_some() { Phase::Reading } else { progress.phase() },
                class: judgement.as_ref().map(|judgement| judgement.class),
                status: judgement.as_ref().map(|judgement| judgement.status),
                request_id: judgement.as_ref().and_then(|judgement| judgement.request_id.clone()),
                duration,
            };
            span.end(&attempt, ended.failure(&attempt));
            state.attempts.push(attempt);
            let honoured = self.plan.key.as_ref().is_some_and(|key| self.keys_honoured(key));
            match (decide(self.plan.delivery, honoured, event), ended, judgement) {
                (decision @ (Decision::Accept | Decision::Deduplicate), Ended::Answered(response), Some(judgement)) => {
                    self.shared.budget.give(state.last_cost.unwrap_or(1));
                    return self.settle(decision == Decision::Deduplicate, response, judgement, state);
                }
                (Decision::Resend(pause), ended, judgement) => {
                    let left = self.plan.timeout.saturating_sub(clock.elapsed().saturating_sub(start));
                    let Some(wait) = self.pause(pause, &ended, left, &mut state) else {
                        return Err(state.fail(ended, judgement));
                    };
                    if !wait.is_zero() {
                        clock.sleep(wait).await;
                    }
                }
                (_, ended, judgement) => return Err(state.fail(ended, judgement)),
            }
        }
    }

    /// What the end of an attempt means for sending again, and what its answer said.
    fn weigh(
        &self,
        ended: &Ended,
        phase: Phase,
        authorized: &Authorized,
        state: &mut State,
    ) -> (Event, Option<Judgement>) {
        let Ended::Answered(response) = ended else { return (Event::Lost(phase), None) };
        let judgement = Judgement::of(response);
        let event = match judgement.class {
            Class::Started => {
                self.learn(&judgement);
                Event::Started
            }
            Class::AlreadyExists => {
                let ours = self.plan.key.is_some() && judgement.execution.is_some() && self.has_key_as_name(&judgement);
                if ours {
                    self.learn(&judgement);
                }
                Event::AlreadyExists { ours }
            }
            Class::CreationFailed => Event::CreationFailed,
            Class::Throttled if judgement.reason.as_deref() == Some("LimitExceededException") => Event::QuotaExceeded,
            Class::Throttled => Event::Throttled,
            Class::Forbidden => self.mend(response, &judgement, authorized, state),
            Class::Rejected => Event::Rejected,
            Class::ServerError => Event::ServerError,
            Class::Unrecognized => Event::Unrecognized,
        };
        (event, Some(judgement))
    }

    /// A refusal whose cause the client can mend, each cause once a call.
    #[cfg(feature = "sigv4")]
    fn mend(
        &self,
        response: &http::Response<Bytes>,
        judgement: &Judgement,
        authorized: &Authorized,
        state: &mut State,
    ) -> Event {
        let (Some(iam), Some(credentials)) = (self.shared.auth.iam(), &authorized.credentials) else {
            return Event::Forbidden;
        };
        match judgement.reason.as_deref().unwrap_or_default() {
            // Also when the keys were replaced where the provider reads them: those that it gave are not known any more.
            "ExpiredTokenException" | "UnrecognizedClientException" if !state.refreshed => {
                state.refreshed = true;
                iam.reject(credentials);
                Event::CredentialsExpired
            }
            // The gateway's words for a signature that is too old, too young, or wrong for another reason.
            "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "RequestTimeTooSkewed"
            | "AccessDeniedException"
                if !state.skew_corrected =>
            {
                let gateway_time = http_date(response.headers());
                state.skew_corrected = gateway_time.is_some_and(|time| iam.correct_skew(time, self.shared.clock.now()));
                if state.skew_corrected { Event::ClockSkewed } else { Event::Forbidden }
            }
            _ => Event::Forbidden,
        }
    }

    #[cfg(not(feature = "sigv4"))]
    #[expect(clippy::unused_self, reason = "the twin with signatures looks at all of it")]
    fn mend(&self, _: &http::Response<Bytes>, _: &Judgement, _: &Authorized, _: &mut State) -> Event {
        Event::Forbidden
    }

    /// Notes whether this answer has the key as its name.
    fn learn(&self, judgement: &Judgement) {
        if let Some(key) = &self.plan.key {
            self.shared.keys.learn(key, self.has_key_as_name(judgement));
        }
    }

    /// Names of EXPRESS workflows are not unique, so nothing is made once by them.
    fn has_key_as_name(&self, judgement: &Judgement) -> bool {
        match (&self.plan.key, &judgement.execution) {
            (Some(key), Some(execution)) => !execution.express && execution.name == key.as_str(),
            _ => false,
        }
    }

    fn keys_honoured(&self, key: &IdempotencyKey) -> bool {
        self.shared.keys.of(key) == Support::Honoured
    }

    /// How long to wait before another attempt, or `None` if there is to be none.
    fn pause(&self, pause: Pause, ended: &Ended, left: Duration, state: &mut State) -> Option<Duration> {
        let resend = u32::try_from(state.attempts.len()).unwrap_or(u32::MAX);
        // What the client mended by itself is no attempt too many.
        let mended = u32::from(state.skew_corrected) + u32::from(state.refreshed);
        if resend >= self.shared.defaults.max_attempts.saturating_add(mended) {
            return None;
        }
        let hint = match ended {
            Ended::Answered(response) => wait_hint(response.headers(), self.shared.clock.now()),
            _ => None,
        };
        let wait = self.shared.backoff.wait(pause, resend, self.shared.random.unit(), hint);
        let cost = if pause == Pause::Long { RetryBudget::THROTTLING_COST } else { RetryBudget::COST };
        if wait >= left || !self.shared.budget.take(cost) {
            return None;
        }
        state.last_cost = Some(cost);
        Some(wait)
    }

    fn settle(
        &self,
        deduplicated: bool,
        response: http::Response<Bytes>,
        judgement: Judgement,
        state: State,
    ) -> Result<Settled, Error> {
        let key_honoured = self.plan.key.as_ref().map(|_| self.has_key_as_name(&judgement));
        let key = self.plan.key.as_ref().map(ToString::to_string);
        let expected_name = match self.shared.wiring {
            Wiring::Unnamed => None,
            _ => self.direct_name.clone().or(key).or_else(|| judgement.request_id.clone()),
        };
        let Some(execution) = judgement.execution else {
            return Err(state.fail(Ended::Answered(response), None));
        };
        Ok(Settled { execution, expected_name, key_honoured, deduplicated, response, attempts: state.attempts })
    }
}

/// What a call remembers from attempt to attempt.
#[derive(Debug, Default)]
struct State {
    attempts: Vec<Attempt>,
    last_cost: Option<u32>,
    skew_corrected: bool,
    refreshed: bool,
}

impl State {
    fn out_of_time(self, message: &str) -> Error {
        Error::new(ErrorKind::Timeout, message).with_attempts(self.attempts)
    }

    fn fail(self, ended: Ended, judgement: Option<Judgement>) -> Error {
        let phase = self.attempts.last().map_or(Phase::Connecting, Attempt::phase);
        let error = match ended {
            Ended::Answered(_) => judgement.map_or_else(
                || Error::new(ErrorKind::Unrecognized, "the answer names no execution"),
                Judgement::into_error,
            ),
            Ended::TimedOut => Error::time_out(phase),
            Ended::Broke(error) if error.is_timeout() => Error::time_out(phase).with_source(error.into_source()),
            Ended::Broke(error) => Error::lost(phase).with_source(error.into_source()),
        };
        error.with_attempts(self.attempts)
    }
}

impl Settled {
    pub(crate) fn into_started(self) -> Started {
        let trace_id = self.response.headers().get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
        Started {
            trace_id: trace_id.map(str::to_owned),
            execution_arn: self.execution.arn,
            name: self.execution.name,
            start_date: self.execution.start_date,
            expected_name: self.expected_name,
            key_honoured: self.key_honoured,
            deduplicated: self.deduplicated,
            attempts: self.attempts,
        }
    }
}
