//! How one attempt ended: the one form in which an outcome goes from the transport to the decision about it.

use crate::transport::{Breakdown, Lease, Phase, TransportError};
use crate::wire::{self, Accepted, Class, Outcome};
use bytes::Bytes;
use http::HeaderMap;
use std::error::Error as StdError;

/// How one attempt ended.
#[derive(Debug)]
pub(crate) enum Ending {
    Answered(Box<Reply>),
    /// No whole answer.
    Lost {
        phase: Phase,
        breakdown: Breakdown,
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
}

/// A whole answer, read and judged.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) verdict: Verdict,
    pub(crate) class: Class,
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    /// The error's name.
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
    /// The execution that was started, or that exists already.
    pub(crate) execution: Option<NamedExecution>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    connection: Option<Lease>,
}

/// What an answer means for the request that it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What was asked for.
    Done,
    /// The execution exists, and it is this call's.
    Exists,
    /// It failed, as the answer's class says.
    Failed,
    /// It was refused for a cause that is mended now.
    Mended,
    /// The request was to start nothing, and has started an execution: the method takes every HTTP method.
    Unasked,
    /// The answer is not this request's.
    Foreign(Foreign),
}

/// How it shows that an answer is not this request's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// By the execution's name.
    Name,
    /// By the request id.
    RequestId,
    /// By the trace id.
    Trace,
}

/// An execution as an answer names it.
#[derive(Debug)]
pub(crate) struct NamedExecution {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) start_date: Option<f64>,
    pub(crate) express: bool,
    /// Whether the answer tells how far it has come, as `DescribeExecution` does, which knows no EXPRESS executions.
    pub(crate) described: bool,
}

impl Ending {
    pub(crate) fn lost(phase: Phase, error: TransportError) -> Self {
        Self::Lost { phase, breakdown: error.breakdown(), source: Some(error.into_source()) }
    }

    pub(crate) const fn timed_out(phase: Phase) -> Self {
        Self::Lost { phase, breakdown: Breakdown::TimedOut, source: None }
    }
}

impl Reply {
    /// Reads an answer as one to `POST /execute`.
    pub(crate) fn read(response: http::Response<Bytes>) -> Self {
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let request_id = head.headers.get("x-amzn-requestid").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let outcome = wire::classify(status, &head.headers, &body);
        let class = outcome.class();
        let execution = match &outcome {
            Outcome::Started(accepted) => Some(NamedExecution::of(accepted)),
            Outcome::AlreadyExists(fault) => fault.message.as_deref().and_then(NamedExecution::in_message),
            _ => None,
        };
        let fault = outcome.fault();
        let reason = fault.and_then(|fault| fault.reason.as_deref()).map(str::to_owned);
        let message = fault.and_then(|fault| fault.message.as_deref()).map(str::to_owned);
        drop(outcome);
        let verdict = if class == Class::Started { Verdict::Done } else { Verdict::Failed };
        let connection = head.extensions.get::<Lease>().cloned();
        Self { verdict, class, status, request_id, reason, message, execution, headers: head.headers, body, connection }
    }

    /// Whether it is the answer of `StartExecution` or `StartSyncExecution`, and not a description of an execution.
    pub(crate) fn shows_a_start(&self) -> bool {
        self.class == Class::Started && self.execution.as_ref().is_some_and(|execution| !execution.described)
    }

    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The root of the trace id.
    pub(crate) fn trace_root(&self) -> Option<&str> {
        self.header("x-amzn-trace-id")?.split(';').find_map(|part| part.trim().strip_prefix("Root="))
    }

    /// Takes the connection out of use if the answer casts doubt on it, and lets go of it in any case.
    pub(crate) fn release(&mut self) {
        let is_suspect = match self.verdict {
            Verdict::Foreign(_) => true,
            Verdict::Failed => matches!(self.class, Class::ServerError | Class::Unrecognized),
            Verdict::Done | Verdict::Exists | Verdict::Mended | Verdict::Unasked => false,
        };
        if let Some(connection) = self.connection.take().filter(|_| is_suspect) {
            connection.retire();
        }
    }
}

impl NamedExecution {
    fn of(accepted: &Accepted<'_>) -> Self {
        Self {
            arn: accepted.execution_arn().to_owned(),
            name: accepted.name().to_owned(),
            start_date: accepted.start_date(),
            express: accepted.is_express(),
            described: accepted.status().is_some() && !accepted.is_express(),
        }
    }

    /// `Execution Already Exists: 'arn:…'`. The name may hold quotes itself, so the outermost ones count.
    fn in_message(message: &str) -> Option<Self> {
        let (_, rest) = message.split_once('\'')?;
        let (arn, _) = rest.rsplit_once('\'')?;
        let accepted = Accepted::of_arn(arn)?;
        Some(Self { start_date: None, ..Self::of(&accepted) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_execution_that_exists_is_read_from_the_message_quotes_and_all() {
        for name in ["n", "it's", "'", "a'b'c", "!'()+.=@_-"] {
            let message = format!("Execution Already Exists: 'arn:aws:states:r:1:execution:m:{name}'");
            let execution = NamedExecution::in_message(&message).unwrap();
            assert_eq!((execution.name.as_str(), execution.start_date), (name, None));
        }
        for message in ["Execution Already Exists: 'it'", "Execution Already Exists", "'", ""] {
            assert!(NamedExecution::in_message(message).is_none(), "{message}");
        }
    }
}
