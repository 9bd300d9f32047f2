use crate::ending::{Ending, Verdict};
use crate::transport::{Breakdown, Phase};
use crate::wire::Class;
use std::time::Duration;

/// One request that was handed to the transport, as an audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    phase: Phase,
    class: Option<Class>,
    status: Option<u16>,
    request_id: Option<String>,
    duration: Duration,
    may_have_started: bool,
}

impl Attempt {
    /// `starts`: whether the request was one to start an execution.
    pub(crate) fn of(ending: &Ending, starts: bool, duration: Duration) -> Self {
        let (phase, class, status, request_id, unknown) = match ending {
            Ending::Answered(answer) => {
                let class = match answer.verdict {
                    Verdict::Foreign(_) => None,
                    Verdict::Done if !starts => None,
                    _ => Some(answer.class),
                };
                let unknown = class.is_none_or(Class::may_have_started);
                (Phase::Reading, class, Some(answer.status), answer.request_id.clone(), unknown)
            }
            Ending::Lost { phase, breakdown, .. } => {
                let unknown = *breakdown != Breakdown::Refused && phase.may_have_started();
                (*phase, None, None, None, unknown)
            }
        };
        Self { phase, class, status, request_id, duration, may_have_started: starts && unknown }
    }

    /// How far it came: [`Phase::Reading`] if it was answered.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// What its answer said; `None` if there was none, if it belongs to another request, or if it is what a look-up asked
    /// for.
    #[must_use]
    pub const fn class(&self) -> Option<Class> {
        self.class
    }

    /// The HTTP status of its answer.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// The header `x-amzn-RequestId` of its answer.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How long it took, to the last byte or to the failure.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }

    /// Whether this attempt alone may have started an execution. Look-ups never do.
    #[must_use]
    pub const fn may_have_started(&self) -> bool {
        self.may_have_started
    }
}
