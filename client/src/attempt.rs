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
    sent_id: Option<String>,
    expected_name: Option<String>,
    request_id: Option<String>,
    duration: Duration,
    may_have_started: bool,
}

impl Attempt {
    /// `starts`: whether the request was one that starts an execution, or may.
    pub(crate) fn of(ending: &Ending, starts: bool, duration: Duration) -> Self {
        let unasked = matches!(ending, Ending::Answered(answer) if answer.verdict == Verdict::Unasked);
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
        let may_have_started = (starts || unasked) && unknown;
        Self { phase, class, status, sent_id: None, expected_name: None, request_id, duration, may_have_started }
    }

    /// The same, of a request with this id of ours, whose execution would have this name.
    pub(crate) fn sent(self, id: String, expected_name: Option<String>) -> Self {
        Self { sent_id: Some(id).filter(|id| !id.is_empty()), expected_name, ..self }
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

    /// The id that the client chose and sent as `x-amzn-RequestId`, also where no answer came. The gateway logs it, and a
    /// deployment that names executions by `$context.requestId` names them by it. `None` for calls of the Step Functions API
    /// and preflights.
    #[must_use]
    pub fn sent_id(&self) -> Option<&str> {
        self.sent_id.as_deref()
    }

    /// The name that the execution has if this attempt started one: the idempotency key if there is one, else the name or
    /// the request id that was sent. What to look for after an ambiguous failure, by
    /// [`Client::execution`](crate::Client::execution). `None` where Step Functions chooses the name
    /// ([`Wiring::Unnamed`](crate::Wiring::Unnamed)), and for look-ups.
    ///
    /// It is what a deployment ought to do: one that names executions otherwise answers with another name, see
    /// [`Started::name_as_expected`](crate::Started::name_as_expected).
    #[must_use]
    pub fn expected_name(&self) -> Option<&str> {
        self.expected_name.as_deref()
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

    /// Whether this attempt alone may have started an execution. A look-up may too, where its
    /// route has not been seen yet to start nothing ([`look_up_route`](crate::ClientBuilder::look_up_route)).
    #[must_use]
    pub const fn may_have_started(&self) -> bool {
        self.may_have_started
    }
}
