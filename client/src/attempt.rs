use crate::transport::Phase;
use crate::wire::Class;
use std::time::Duration;

/// One request that was handed to the transport, as an audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub(crate) phase: Phase,
    pub(crate) class: Option<Class>,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    pub(crate) duration: Duration,
}

impl Attempt {
    /// How far it came: [`Phase::Reading`] if it was answered.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// What its answer said, if it had one.
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

    /// Whether this attempt alone may have started an execution.
    #[must_use]
    pub const fn may_have_started(&self) -> bool {
        match self.class {
            Some(class) => class.may_have_started(),
            None => self.phase.may_have_started(),
        }
    }
}
