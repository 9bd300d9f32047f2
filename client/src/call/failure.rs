//! What a call that failed reports.

use super::attempts::{Call, Settled};
use super::purpose::Purpose;
use crate::attempt::Attempt;
use crate::auth::Receipt;
use crate::ending::{Ending, Foreign, Reply, Verdict};
use crate::error::{Error, ErrorKind};
use crate::retry::wait_hint;
use crate::secrets::Secrets;
use crate::transport::{Breakdown, MAX_ANSWER, Phase};
use crate::wire::Class;
use http::header::{CONTENT_ENCODING, LOCATION};

impl Ending {
    /// What it is reported as; `None` if it is no failure.
    pub(super) fn failure(&self) -> Option<ErrorKind> {
        match self {
            Self::Answered(answer) => match answer.verdict {
                Verdict::Done | Verdict::Exists => None,
                Verdict::Foreign(_) => Some(ErrorKind::Mismatch),
                Verdict::Unasked => Some(ErrorKind::Unrecognized),
                Verdict::Failed | Verdict::Mended => Some(ErrorKind::of_class(answer.class)),
            },
            Self::Lost { breakdown: Breakdown::TimedOut, .. } => Some(ErrorKind::Timeout),
            Self::Lost { breakdown: Breakdown::Refused, .. } => Some(ErrorKind::Refused),
            Self::Lost { breakdown: Breakdown::TooLarge, .. } => Some(ErrorKind::Unrecognized),
            Self::Lost { phase: Phase::Connecting, .. } => Some(ErrorKind::Connect),
            Self::Lost { .. } => Some(ErrorKind::Interrupted),
        }
    }
}

impl<P: Purpose> Call<P> {
    pub(super) fn failed(&self, ending: Ending, receipt: &Receipt, attempts: Vec<Attempt>) -> Error {
        let kind = ending.failure().unwrap_or(ErrorKind::Unrecognized);
        let is_unknown = attempts.last().is_some_and(Attempt::may_have_started)
            && !matches!(&ending, Ending::Answered(answer) if answer.verdict == Verdict::Unasked);
        let error = match ending {
            Ending::Answered(answer) => {
                let wait = wait_hint(&answer.headers, self.session.clock.now());
                self.answered(kind, &answer, receipt).with_retry_after(wait)
            }
            Ending::Lost { phase, source, .. } => {
                let message = match kind {
                    ErrorKind::Timeout => format!("time was up while {phase}"),
                    ErrorKind::Connect => "no connection to the endpoint".to_owned(),
                    ErrorKind::Refused => "the server refused the request unprocessed".to_owned(),
                    ErrorKind::Unrecognized => format!("the answer is larger than {MAX_ANSWER} bytes"),
                    _ => format!("the connection broke while {phase}"),
                };
                let error = Error::new(kind, message);
                match source {
                    Some(source) => error.with_source(source),
                    None => error,
                }
            }
        };
        error.with_caveat(self.purpose.caveat().filter(|_| is_unknown)).with_attempts(attempts)
    }

    fn answered(&self, kind: ErrorKind, answer: &Reply, receipt: &Receipt) -> Error {
        let mut secrets = self.secrets(receipt);
        let reason = answer.reason.as_deref().map(|name| secrets.strike_name(name));
        secrets.add_payload(self.purpose.payload());
        let strike = |text: &str| secrets.strike(text);
        let arn = answer.execution.as_ref().map(|execution| execution.arn.clone());
        if answer.verdict == Verdict::Unasked {
            let message = format!(
                "this {} request has started an execution: its method takes every HTTP method (`ANY`); \
                 give the path a method of its own for it",
                self.method
            );
            return Error::new(kind, message).with_execution(arn);
        }
        if let Verdict::Foreign(foreign) = answer.verdict {
            let named = answer.execution.as_ref().map_or("none", |execution| execution.name.as_str());
            let message = match foreign {
                Foreign::Name => format!(
                    "the answer names the execution `{named}`, which is not this call's: \
                     the connection was out of step, or the deployment does not honour keys"
                ),
                Foreign::RequestId => format!(
                    "the answer belongs to another request, `{}`: the connection was out of step",
                    answer.request_id.as_deref().unwrap_or_default()
                ),
                Foreign::Trace => {
                    "the answer belongs to another request, as its trace id shows: the connection was out of step"
                        .into()
                }
            };
            return Error::new(kind, message).with_reason(reason).with_execution(arn);
        }
        let mut message = what(answer).to_owned();
        let coding = answer.header(CONTENT_ENCODING.as_str()).filter(|coding| !coding.eq_ignore_ascii_case("identity"));
        if let Some(coding) = coding.filter(|_| answer.class == Class::Unrecognized) {
            message =
                format!("the answer is encoded as {}, which this client does not decode", printable(&strike(coding)));
        }
        if let Some(place) = answer.header(LOCATION.as_str()).filter(|_| (300..400).contains(&answer.status)) {
            // The query may be that of our own URL.
            let place = place.split(['?', '#']).next().unwrap_or_default();
            message = format!("the endpoint redirects to {}: give that URL", printable(&strike(place)));
        }
        if let Some(action) = answer.header("x-amzn-waf-action") {
            message = format!(
                "AWS WAF answers with a {}, which a browser alone can meet: leave this caller out of that rule",
                printable(&strike(action))
            );
        }
        if answer.status == 407 {
            "a proxy asks who calls: give its user and password in `HttpSettings::proxy`".clone_into(&mut message);
        }
        let text = answer.message.as_deref().map(|text| strike(excerpt(text)));
        for part in [&reason, &text].into_iter().flatten().filter(|part| !part.is_empty()) {
            message.push_str(": ");
            message.push_str(&printable(part));
        }
        Error::new(kind, message).with_reason(reason).with_execution(arn)
    }

    /// A request id is shown wherever an attempt is, so it must not be something else.
    pub(super) fn strike_request_id(&self, answer: &mut Reply, receipt: &Receipt) {
        if let Some(id) = answer.request_id.take_if(|id| uuid::Uuid::try_parse(id).is_err()) {
            let mut secrets = self.secrets(receipt);
            secrets.add_payload(self.purpose.payload());
            answer.request_id = Some(secrets.strike(&id));
        }
    }

    /// All that was sent to say who calls, and the headers that the caller sent along.
    fn secrets(&self, receipt: &Receipt) -> Secrets {
        const PUBLIC: [&str; 11] = [
            "accept",
            "access-control-request-headers",
            "access-control-request-method",
            "content-type",
            "host",
            "idempotency-key",
            "origin",
            "user-agent",
            "x-amz-target",
            "x-amzn-requestid",
            "x-amzn-trace-id",
        ];
        let mut secrets = Secrets::default();
        self.target.identity.confide(receipt, &mut secrets);
        for (_, value) in self.headers.iter().filter(|(name, _)| !PUBLIC.contains(&name.as_str())) {
            secrets.add_header(value);
        }
        if let Some(query) = self.target.uri.query() {
            secrets.add(query);
            query.split('&').filter_map(|pair| pair.split_once('=')).for_each(|(_, value)| secrets.add(value));
        }
        secrets
    }
}

const fn what(answer: &Reply) -> &'static str {
    match answer.class {
        Class::AlreadyExists => "an execution of that name exists already",
        Class::CreationFailed => "the execution was not created",
        Class::Throttled => "throttled",
        Class::Forbidden => "the caller was refused",
        Class::Rejected => "the request was refused",
        Class::ServerError => "the endpoint failed",
        Class::Started | Class::Unrecognized => "the answer is neither the gateway's nor Step Functions'",
    }
}

/// The gateway's refusal of a signature goes on with the canonical request, in which the session token stands.
fn excerpt(message: &str) -> &str {
    message.split("The Canonical String").next().unwrap_or(message).trim_ascii()
}

/// A text of the endpoint's on one line. It can be long; its beginning says enough.
fn printable(text: &str) -> String {
    let printable = |character: char| if character.is_control() { ' ' } else { character };
    text.chars().take(300).map(printable).collect()
}

impl Settled {
    /// An error about an answer that came as it should, and does not hold what it should.
    pub(crate) fn error(self, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, message).with_attempts(self.attempts)
    }
}
