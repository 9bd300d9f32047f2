//! What one answer of the endpoint means: pure, borrowing, and free of allocation for a started execution.
//!
//! A deployment may hide every Step Functions failure behind HTTP 200, as the posted template does, because API
//! Gateway selects integration responses of AWS services by status code and passes the body through. So the body is
//! read first and the status second. [`classify`] is the one place that knows this; client, load generator and
//! fuzzers share it.
//!
//! ```
//! use stepgate::wire::{self, Class};
//!
//! // HTTP 200, yet nothing was started.
//! let body = br#"{"__type":"com.amazonaws.swf.service.v2.model#InvalidName","message":"Invalid Name: 'x y'"}"#;
//! let headers = http::HeaderMap::new();
//! let outcome = wire::classify(200, &headers, body);
//! assert_eq!(outcome.class(), Class::CreationFailed);
//! assert!(!outcome.may_have_started());
//! ```

mod answer;
mod class;
mod headers;
mod outcome;
mod service_error;

pub use class::Class;
pub use headers::HeaderLookup;
pub use outcome::{Accepted, Fault, Outcome, Speaker};

pub(crate) use service_error::is_listed;

use answer::AnswerFields;
use outcome::cut_error_type;
use service_error::{Meaning, says_that_it_exists};
use std::borrow::Cow;

/// What an answer to `POST /execute` says happened.
///
/// `headers` is asked for `x-amzn-errortype`, `x-amzn-waf-action` and `content-type` only, and only when no execution is named;
/// `body` is the whole body. Never panics, whatever the bytes.
pub fn classify<'a>(status: u16, headers: &'a (impl HeaderLookup + ?Sized), body: &'a [u8]) -> Outcome<'a> {
    let answer = AnswerFields::parse(body);
    let Some(mut answer) = answer else { return plain_text(status, headers, body) };
    if let Some(accepted) = answer.execution_arn.take().and_then(Accepted::new) {
        return Outcome::Started(accepted.told(answer));
    }
    if let Some(name) = answer.service_error.map(cut_error_type) {
        return service_error(status, Meaning::of_type(&name), Some(name), answer.message);
    }
    // These are anybody's words, and may be a workflow's own output: they count with the status that they come with alone.
    match answer.code.as_deref() {
        Some("CREATION_FAILED") if is_client_error(status) => {
            let meaning = Meaning::of_failed_creation(answer.reason.as_deref(), answer.message.as_deref());
            service_error(status, meaning, answer.reason, answer.message)
        }
        // With a reason it is the integration's answer, without one the gateway's own.
        Some("THROTTLED") if is_client_error(status) && answer.reason.is_some() => {
            service_error(status, Meaning::Throttled, answer.reason, answer.message)
        }
        Some("SERVICE_FAILED") => service_error(status, Meaning::Ambiguous, answer.reason, answer.message),
        code => {
            let spoken = answer.message.is_some() || code.is_some();
            gateway_or_opaque(status, headers, spoken, answer.reason.or(answer.code), answer.message)
        }
    }
}

/// An answer in the words of Step Functions, by whichever wiring it came through.
fn service_error<'a>(
    status: u16,
    meaning: Meaning,
    reason: Option<Cow<'a, str>>,
    message: Option<Cow<'a, str>>,
) -> Outcome<'a> {
    let reason = reason.filter(|reason| !reason.is_empty());
    let fault = Fault { reason, message, speaker: Speaker::StepFunctions };
    match meaning {
        Meaning::AlreadyExists => Outcome::AlreadyExists(fault),
        Meaning::NotStarted => Outcome::CreationFailed(fault),
        Meaning::Throttled => Outcome::Throttled(fault),
        Meaning::Forbidden => Outcome::Forbidden(fault),
        // The name says nothing, the status does.
        Meaning::Unlisted if status == 429 => Outcome::Throttled(fault),
        Meaning::Ambiguous | Meaning::Unlisted => Outcome::ServerError(fault),
    }
}

/// A body that is not a JSON object: the posted template's raw `CREATION_FAILED…`, the gateway's text/plain 413, HTML.
fn plain_text<'a>(status: u16, headers: &'a (impl HeaderLookup + ?Sized), body: &'a [u8]) -> Outcome<'a> {
    let text = body.trim_ascii();
    // `$input.path('$.errorMessage')` renders a string bare and an object as a Java map, never as JSON.
    let raw_failure = [&b"CREATION_FAILED"[..], b"\"CREATION_FAILED", b"{code=CREATION_FAILED"];
    if is_client_error(status) && raw_failure.iter().any(|start| text.starts_with(start)) {
        return service_error(status, Meaning::NotStarted, None, Some(String::from_utf8_lossy(text)));
    }
    let is_plain = headers.header("content-type").is_some_and(|value| value.starts_with(b"text/plain"));
    let message = (is_plain && !text.is_empty()).then(|| String::from_utf8_lossy(text));
    gateway_or_opaque(status, headers, false, None, message)
}

/// An answer that Step Functions did not word. `spoken`: the body has the shape of a gateway response; `named`: what
/// the body calls the error.
///
/// The header is the gateway's. A name in the body is believed of a 4xx alone: with a success the body may be what a workflow
/// put out, which is nobody's to repeat.
fn gateway_or_opaque<'a>(
    status: u16,
    headers: &'a (impl HeaderLookup + ?Sized),
    spoken: bool,
    named: Option<Cow<'a, str>>,
    message: Option<Cow<'a, str>>,
) -> Outcome<'a> {
    let error_type = headers.header("x-amzn-errortype").and_then(|value| std::str::from_utf8(value).ok());
    let is_signed = error_type.is_some();
    // AWS WAF lets nothing through that it answers so (its developer guide, "CAPTCHA and Challenge action behavior").
    if headers.header("x-amzn-waf-action").is_some() {
        return Outcome::Forbidden(Fault { reason: None, message: None, speaker: Speaker::Gateway });
    }
    if (200..300).contains(&status) && !is_signed {
        return Outcome::Unrecognized(Fault { reason: None, message: None, speaker: Speaker::Opaque });
    }
    let speaker = if spoken || is_signed { Speaker::Gateway } else { Speaker::Opaque };
    let own = error_type.map(Cow::Borrowed).map(cut_error_type).filter(|name| !name.is_empty());
    let meaning = match (&own, &named) {
        (Some(name), _) => Meaning::of_type(name),
        (None, Some(name)) if is_client_error(status) => Meaning::of_type(name),
        _ => Meaning::Unlisted,
    };
    let (unauthorized, refused) = match own.as_deref() {
        // The authorizer failed, so the integration was not called (API Gateway, "Gateway response types").
        Some("AuthorizerConfigurationException" | "AuthorizerFailureException") => (true, false),
        // A deployment may give them statuses of its own.
        Some("BadRequestException" | "NotFoundException" | "RequestTooLargeException") => (false, true),
        _ => (false, false),
    };
    let exists = says_that_it_exists(message.as_deref());
    let fault = Fault { reason: own.or(named), message, speaker };
    match (status, speaker, meaning) {
        (_, Speaker::Gateway, Meaning::Throttled) => Outcome::Throttled(fault),
        (_, Speaker::Gateway, Meaning::AlreadyExists) => Outcome::AlreadyExists(fault),
        (_, Speaker::Gateway, _) if exists => Outcome::AlreadyExists(fault),
        (_, Speaker::Gateway, Meaning::Forbidden) => Outcome::Forbidden(fault),
        (500..600, Speaker::Gateway, _) if unauthorized => Outcome::Forbidden(fault),
        (400..500, Speaker::Gateway, Meaning::Ambiguous) | (500..600, _, _) => Outcome::ServerError(fault),
        (429, _, _) => Outcome::Throttled(fault),
        // A 407 is a proxy's, which passes nothing on before it knows who asks (RFC 9110 §15.5.8).
        (401 | 403, Speaker::Gateway, _) | (407, _, _) => Outcome::Forbidden(fault),
        // The statuses that the gateway refuses requests with, as documented there; others may say that somebody on the
        // way lost patience after the request had gone on.
        (400 | 404 | 415, Speaker::Gateway, _)
        | (413 | 414, _, _)
        | (400..500, Speaker::Gateway, Meaning::NotStarted) => Outcome::Rejected(fault),
        (400..500, _, _) if refused => Outcome::Rejected(fault),
        _ => Outcome::Unrecognized(fault),
    }
}

const fn is_client_error(status: u16) -> bool {
    status >= 400 && status < 500
}

#[cfg(test)]
mod tests;
