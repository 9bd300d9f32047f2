use super::purpose::Purpose;
use crate::ending::{Foreign, Reply, Verdict};
use crate::session::{RequestMarks, Session};
use crate::wire::{Class, is_listed};

/// A request that asks.
#[derive(Debug, Default)]
pub(crate) struct LookUp {
    /// The ARN or the name of the execution that was asked for, which the answer has to name.
    pub(crate) execution: Option<String>,
    /// Whether it goes through the gateway, which takes a request id of ours.
    pub(crate) through_gateway: bool,
    /// JSON of the caller's that no error may repeat.
    pub(crate) payload: Vec<u8>,
}

impl LookUp {
    fn names_another(&self, answer: &Reply) -> bool {
        let (Some(asked), Some(execution)) = (&self.execution, &answer.execution) else { return false };
        ![&execution.arn, &execution.name].contains(&asked)
    }
}

impl Purpose for LookUp {
    fn judge(&self, session: &Session, mut answer: Reply, marks: &RequestMarks) -> Reply {
        // A deployment may answer HTTP 200 to every failure of Step Functions, which names it.
        let is_success = (200..300).contains(&answer.status) && answer.reason.is_none();
        let foreign = if self.through_gateway { session.foreign(&answer, marks) } else { None };
        answer.verdict = match foreign {
            Some(foreign) => Verdict::Foreign(foreign),
            None if self.through_gateway && answer.shows_a_start() => Verdict::Unasked,
            None if is_success && self.names_another(&answer) => Verdict::Foreign(Foreign::Name),
            None if is_success => Verdict::Done,
            None => {
                answer.class = class(&answer);
                Verdict::Failed
            }
        };
        if self.through_gateway && tells_of_executions(&answer) {
            session.look_ups.learn();
        }
        answer
    }

    /// The Step Functions API starts nothing by a question. A path of the gateway's may, until an answer has shown that it is
    /// the route for look-ups.
    fn may_start(&self, session: &Session) -> bool {
        self.through_gateway && !session.look_ups.start_nothing()
    }

    fn may_repeat(&self, session: &Session) -> bool {
        !self.may_start(session)
    }

    fn caveat(&self) -> Option<&'static str> {
        Some(
            "it was not asked again, for a path that takes every HTTP method (`ANY`) starts a workflow by it; \
             `look_up_route` says that this one does not",
        )
    }

    fn has_id(&self) -> bool {
        self.through_gateway
    }

    fn payload(&self) -> &[u8] {
        &self.payload
    }
}

/// Whether it is an answer that only a route for look-ups gives: neither `StartExecution` nor the gateway words it so.
fn tells_of_executions(answer: &Reply) -> bool {
    match answer.verdict {
        Verdict::Done => answer.execution.as_ref().is_some_and(|execution| execution.described),
        Verdict::Failed => answer.reason.as_deref() == Some("ExecutionDoesNotExist"),
        _ => false,
    }
}

/// What an answer to a question means: names of errors that `StartExecution` does not have are listed nowhere, so the
/// status tells whose fault it is; but who refuses the caller says so by name.
fn class(answer: &Reply) -> Class {
    match (answer.class, answer.reason.as_deref()) {
        (_, Some("AccessDeniedException")) => Class::Forbidden,
        (Class::CreationFailed | Class::AlreadyExists, _) => Class::Rejected,
        (Class::ServerError, Some(_)) if (400..500).contains(&answer.status) => Class::Rejected,
        // Behind a success nothing but the name tells, and those of failures that pass are listed.
        (Class::ServerError, Some(name)) if answer.status < 300 && !is_listed(name) => Class::Rejected,
        (Class::Started, _) => Class::Unrecognized,
        (class, _) => class,
    }
}
