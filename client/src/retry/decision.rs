use crate::ending::{Ending, Verdict};
use crate::transport::{Breakdown, Phase};
use crate::wire::Class;

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is settled.
    Accept,
    /// Send again after a pause.
    Resend(Pause),
    /// Report the failure.
    Fail,
}

/// How long to pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// The cause is mended.
    None,
    /// A passing failure.
    Short,
    /// The endpoint asked for fewer requests.
    Long,
}

/// The whole policy. `repeatable`: a second request does no harm, because it asks only, because the deployment is known to
/// make one execution of this call's key, or because the caller accepts a second execution.
pub(crate) fn decide(ending: &Ending, repeatable: bool) -> Decision {
    use Decision::{Accept, Fail, Resend};
    let perhaps = if repeatable { Resend(Pause::Short) } else { Fail };
    match ending {
        Ending::Answered(answer) => match answer.verdict {
            Verdict::Done | Verdict::Exists => Accept,
            Verdict::Mended => Resend(Pause::None),
            Verdict::Foreign(_) => perhaps,
            Verdict::Unasked => Fail,
            Verdict::Failed => match answer.class {
                // A usage plan's quota returns with its next period.
                Class::Throttled if answer.reason.as_deref() == Some("LimitExceededException") => Fail,
                // Nothing was started, whatever the delivery.
                Class::Throttled => Resend(Pause::Long),
                // It cannot be known whether it was started.
                Class::ServerError | Class::Unrecognized => perhaps,
                Class::Started | Class::AlreadyExists | Class::CreationFailed | Class::Forbidden | Class::Rejected => {
                    Fail
                }
            },
        },
        Ending::Lost { phase: Phase::Connecting, .. } | Ending::Lost { breakdown: Breakdown::Refused, .. } => {
            Resend(Pause::Short)
        }
        Ending::Lost { .. } => perhaps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ending::{Foreign, Reply};
    use Decision::{Accept, Fail, Resend};

    fn answered(verdict: Verdict, class: Class, reason: &str) -> Ending {
        let mut answer = Reply::read(http::Response::new(bytes::Bytes::new()));
        (answer.verdict, answer.class, answer.reason) = (verdict, class, Some(reason.to_owned()));
        Ending::Answered(Box::new(answer))
    }

    fn failed(class: Class) -> Ending {
        answered(Verdict::Failed, class, "")
    }

    fn lost(phase: Phase, breakdown: Breakdown) -> Ending {
        Ending::Lost { phase, breakdown, source: None }
    }

    /// For what may not be repeated, and for what may.
    fn row(ending: &Ending, expected: [Decision; 2]) {
        for (repeatable, expected) in [false, true].into_iter().zip(expected) {
            assert_eq!(decide(ending, repeatable), expected, "{ending:?} {repeatable}");
        }
    }

    #[test]
    fn a_started_execution_and_one_under_our_own_key_end_the_call() {
        row(&answered(Verdict::Done, Class::Started, ""), [Accept; 2]);
        row(&answered(Verdict::Exists, Class::AlreadyExists, ""), [Accept; 2]);
    }

    #[test]
    fn a_refusal_is_final() {
        for class in [Class::AlreadyExists, Class::CreationFailed, Class::Forbidden, Class::Rejected] {
            row(&failed(class), [Fail; 2]);
        }
        row(&answered(Verdict::Failed, Class::Throttled, "LimitExceededException"), [Fail; 2]);
    }

    #[test]
    fn a_question_that_started_an_execution_is_not_asked_again() {
        row(&answered(Verdict::Unasked, Class::Started, ""), [Fail; 2]);
    }

    #[test]
    fn throttling_started_nothing_and_is_sent_again_later() {
        row(&failed(Class::Throttled), [Resend(Pause::Long); 2]);
    }

    #[test]
    fn a_mended_signature_is_sent_again_at_once() {
        row(&answered(Verdict::Mended, Class::Forbidden, ""), [Resend(Pause::None); 2]);
    }

    #[test]
    fn what_was_never_written_or_never_processed_is_sent_again() {
        row(&lost(Phase::Connecting, Breakdown::Broken), [Resend(Pause::Short); 2]);
        row(&lost(Phase::Waiting, Breakdown::Refused), [Resend(Pause::Short); 2]);
    }

    #[test]
    fn what_may_have_started_is_sent_again_only_where_that_does_no_harm() {
        let perhaps = [Fail, Resend(Pause::Short)];
        row(&failed(Class::ServerError), perhaps);
        row(&failed(Class::Unrecognized), perhaps);
        for phase in [Phase::Sending, Phase::Waiting, Phase::Reading] {
            for breakdown in [Breakdown::Broken, Breakdown::TimedOut, Breakdown::TooLarge] {
                row(&lost(phase, breakdown), perhaps);
            }
        }
        for foreign in [Foreign::Name, Foreign::RequestId, Foreign::Trace] {
            row(&answered(Verdict::Foreign(foreign), Class::Started, ""), perhaps);
            row(&answered(Verdict::Foreign(foreign), Class::Throttled, ""), perhaps);
        }
    }
}
