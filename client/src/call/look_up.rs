use super::purpose::Purpose;
use crate::ending::{Foreign, Reply, Verdict};
use crate::session::{RequestMarks, Session};
use crate::wire::Class;

/// A request that starts nothing, and may be repeated.
#[derive(Debug, Default)]
pub(crate) struct LookUp {
    /// The ARN or the name of the execution that was asked for, which the answer has to name.
    pub(crate) execution: Option<String>,
    /// Whether it goes through the gateway, which takes a request id of ours.
    pub(crate) through_gateway: bool,
    /// Whether every answer is what was asked for, errors included.
    pub(crate) any_answer: bool,
    /// JSON of the caller's that no error may repeat.
    pub(crate) payload: Vec<u8>,
}

impl Purpose for LookUp {
    const STARTS: bool = false;

    fn judge(&self, session: &Session, mut answer: Reply, marks: &RequestMarks) -> Reply {
        let is_success = (200..300).contains(&answer.status);
        if let (Some(asked), Some(execution)) = (&self.execution, &answer.execution)
            && is_success
            && ![&execution.arn, &execution.name].contains(&asked)
        {
            answer.verdict = Verdict::Foreign(Foreign::Name);
        } else if let (true, Some(foreign)) = (self.through_gateway, session.foreign(&answer, marks)) {
            answer.verdict = Verdict::Foreign(foreign);
        } else if is_success || self.any_answer {
            answer.verdict = Verdict::Done;
        } else {
            answer.verdict = Verdict::Failed;
            answer.class = class(&answer);
        }
        answer
    }

    fn may_repeat(&self, _: &Session) -> bool {
        true
    }

    fn has_id(&self) -> bool {
        self.through_gateway
    }

    fn payload(&self) -> &[u8] {
        &self.payload
    }
}

/// What an answer to a question means: names of errors that `StartExecution` does not have are listed nowhere, so the
/// status tells whose fault it is; but who refuses the caller says so by name.
fn class(answer: &Reply) -> Class {
    match (answer.class, answer.reason.as_deref()) {
        (_, Some("AccessDeniedException")) => Class::Forbidden,
        (Class::CreationFailed | Class::AlreadyExists, _) => Class::Rejected,
        (Class::ServerError, Some(_)) if (400..500).contains(&answer.status) => Class::Rejected,
        (Class::Started, _) => Class::Unrecognized,
        (class, _) => class,
    }
}
