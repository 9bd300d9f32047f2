//! What an answer means for the request that it answers.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use stepgate::cors::{CredentialsMode, check_preflight};
use stepgate::wire::{self, Accepted, Outcome};

use super::response::Response;
use crate::payload::Content;
use crate::record::{Class, Kind};

/// What an answer means for a request that asked for `content`.
#[must_use]
pub(crate) fn class_of(content: &Content, answer: &Response<'_, '_>) -> Class {
    match content {
        Content::Execute(_) | Content::ExecuteSync(_) | Content::ExecuteHttp(_) => {
            let outcome = wire::classify(answer.status, &answer.headers, &answer.body);
            class_of_start(content.kind(), &outcome, answer.status)
        }
        Content::Preflight { origin, headers } => preflight(answer, origin, headers),
        Content::Describe => description(answer),
    }
}

/// What an answer means for a request of a kind that starts executions.
pub(super) fn class_of_start(kind: Kind, outcome: &Outcome<'_>, status: u16) -> Class {
    match kind {
        Kind::ExecuteSync => ended(outcome),
        Kind::ExecuteHttp => by_status(outcome, status),
        _ => Class::from(outcome.class()),
    }
}

/// What the answer means of a route that waits for its execution: HTTP 200 says only that it ran, its status how it ended.
fn ended(outcome: &Outcome<'_>) -> Class {
    match outcome {
        Outcome::Started(accepted) => match accepted.status() {
            Some("SUCCEEDED") => Class::Succeeded,
            Some("FAILED") => Class::WorkflowFailed,
            Some("TIMED_OUT") => Class::WorkflowTimedOut,
            // It was started, and nothing is known of its end: the route does not wait for it.
            _ => Class::Unrecognized,
        },
        other => Class::from(other.class()),
    }
}

/// What the answer means of a route whose answers say nothing but by their status: a body may be any workflow's output, and
/// only what gateway and Step Functions say of failures is read in it.
fn by_status(outcome: &Outcome<'_>, status: u16) -> Class {
    match outcome {
        _ if (200..300).contains(&status) => Class::Succeeded,
        Outcome::Started(_) if status >= 500 => Class::ServerError,
        Outcome::Started(_) => Class::Unrecognized,
        other => Class::from(other.class()),
    }
}

/// How long the execution took of which an answer tells, in nanoseconds.
pub(super) fn duration(accepted: &Accepted<'_>) -> Option<u64> {
    let seconds = accepted.stop_date()? - accepted.start_date()?;
    // Both are told to the millisecond, and as numbers that have no exact form.
    let milliseconds = Duration::try_from_secs_f64(seconds + 0.000_5).ok()?.as_millis();
    u64::try_from(milliseconds).ok()?.checked_mul(1_000_000)
}

/// What an answer to a preflight for `POST` means: whether a browser would go on, or who refused to say.
fn preflight(answer: &Response<'_, '_>, origin: &str, wanted: &[String]) -> Class {
    let mut headers = HeaderMap::new();
    for (name, value) in answer.headers.iter() {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    match check_preflight(origin, CredentialsMode::Omit, "POST", wanted, answer.status, &headers) {
        Ok(()) => Class::Allowed,
        Err(_) if (200..300).contains(&answer.status) => Class::Refused,
        Err(_) => refusal(answer),
    }
}

/// What an answer to `GET /executions/{name}` means.
fn description(answer: &Response<'_, '_>) -> Class {
    let outcome = wire::classify(answer.status, &answer.headers, &answer.body);
    match outcome {
        wire::Outcome::Started(_) if (200..300).contains(&answer.status) => Class::Described,
        other if other.fault().is_some_and(|fault| fault.reason.as_deref() == Some("ExecutionDoesNotExist")) => {
            Class::NotFound
        }
        _ => refusal(answer),
    }
}

/// The class of a refusal. No answer to these kinds starts anything.
fn refusal(answer: &Response<'_, '_>) -> Class {
    match wire::classify(answer.status, &answer.headers, &answer.body).class() {
        wire::Class::Started => Class::Unrecognized,
        other => Class::from(other),
    }
}
