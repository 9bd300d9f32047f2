//! How a sent request ended: what the answer means, or what kept it from coming.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use stepgate::wire;

use super::Kind;

/// The one class in which a sent request ends.
///
/// The first eight are [`wire::Class`]: an answer came. The last seven are what preflights, describes and executions that
/// are waited for come to. Those in between are failures on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The execution was started.
    Started,
    /// An execution of that name existed already.
    AlreadyExists,
    /// Step Functions refused.
    CreationFailed,
    /// Throttled; nothing started.
    Throttled,
    /// The gateway refused the caller.
    Forbidden,
    /// The gateway refused the request.
    Rejected,
    /// Something behind the URL failed.
    ServerError,
    /// The answer is neither the gateway's nor Step Functions'.
    Unrecognized,
    /// The connection was refused.
    ConnectRefused,
    /// The connection did not come about in time.
    ConnectTimeout,
    /// The connection failed otherwise, as when there is no route.
    ConnectFailed,
    /// The TLS handshake failed.
    Tls,
    /// The connection was reset after the request was handed to it.
    Reset,
    /// The connection was closed before an answer began.
    Closed,
    /// The connection was closed within an answer.
    Truncated,
    /// No whole answer in time.
    Timeout,
    /// What came is not HTTP, or larger than an answer may be.
    Protocol,
    /// A preflight was answered so that a browser goes on.
    Allowed,
    /// A preflight was answered so that a browser sends nothing.
    Refused,
    /// An execution was described.
    Described,
    /// There is no execution of the name asked for, or none of the run had been started yet.
    NotFound,
    /// The execution that was waited for succeeded; of a route that is counted by its HTTP status, it was a 2xx.
    Succeeded,
    /// It failed.
    WorkflowFailed,
    /// It took longer than its state machine allows.
    WorkflowTimedOut,
}

impl Class {
    /// Every class: `Class::ALL[class as usize] == class`.
    pub(crate) const ALL: [Self; 24] = [
        Self::Started,
        Self::AlreadyExists,
        Self::CreationFailed,
        Self::Throttled,
        Self::Forbidden,
        Self::Rejected,
        Self::ServerError,
        Self::Unrecognized,
        Self::ConnectRefused,
        Self::ConnectTimeout,
        Self::ConnectFailed,
        Self::Tls,
        Self::Reset,
        Self::Closed,
        Self::Truncated,
        Self::Timeout,
        Self::Protocol,
        Self::Allowed,
        Self::Refused,
        Self::Described,
        Self::NotFound,
        Self::Succeeded,
        Self::WorkflowFailed,
        Self::WorkflowTimedOut,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => wire::Class::Started.as_str(),
            Self::AlreadyExists => wire::Class::AlreadyExists.as_str(),
            Self::CreationFailed => wire::Class::CreationFailed.as_str(),
            Self::Throttled => wire::Class::Throttled.as_str(),
            Self::Forbidden => wire::Class::Forbidden.as_str(),
            Self::Rejected => wire::Class::Rejected.as_str(),
            Self::ServerError => wire::Class::ServerError.as_str(),
            Self::Unrecognized => wire::Class::Unrecognized.as_str(),
            Self::ConnectRefused => "connect_refused",
            Self::ConnectTimeout => "connect_timeout",
            Self::ConnectFailed => "connect_failed",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Truncated => "truncated",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Described => "described",
            Self::NotFound => "not_found",
            Self::Succeeded => "succeeded",
            Self::WorkflowFailed => "workflow_failed",
            Self::WorkflowTimedOut => "workflow_timed_out",
        }
    }

    /// Whether the request did what it was sent for.
    #[must_use]
    pub(crate) const fn is_success(self) -> bool {
        matches!(self, Self::Started | Self::Succeeded | Self::Allowed | Self::Described)
    }

    /// Whether an execution may have been started although nothing says so: the answer was lost, or says that one of that
    /// name exists.
    #[must_use]
    pub const fn may_have_started(self) -> bool {
        match self {
            Self::AlreadyExists
            | Self::ServerError
            | Self::Unrecognized
            | Self::Reset
            | Self::Closed
            | Self::Truncated
            | Self::Timeout
            | Self::Protocol => true,
            Self::Started
            | Self::Succeeded
            | Self::WorkflowFailed
            | Self::WorkflowTimedOut
            | Self::CreationFailed
            | Self::Throttled
            | Self::Forbidden
            | Self::Rejected
            | Self::ConnectRefused
            | Self::ConnectTimeout
            | Self::ConnectFailed
            | Self::Tls
            | Self::Allowed
            | Self::Refused
            | Self::Described
            | Self::NotFound => false,
        }
    }

    /// Whether the connection failed, so that nothing of the request went out.
    #[must_use]
    pub(crate) const fn is_before_the_request(self) -> bool {
        matches!(self, Self::ConnectRefused | Self::ConnectTimeout | Self::ConnectFailed | Self::Tls)
    }

    /// The kinds of requests that alone can end so; none where any can.
    #[must_use]
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Started => &[Kind::Execute],
            Self::Succeeded => &[Kind::ExecuteSync, Kind::ExecuteHttp],
            Self::WorkflowFailed | Self::WorkflowTimedOut => &[Kind::ExecuteSync],
            Self::Allowed | Self::Refused => &[Kind::Preflight],
            Self::Described | Self::NotFound => &[Kind::Describe],
            _ => &[],
        }
    }

    /// Whether a request that starts executions did so, and succeeded.
    #[must_use]
    pub(crate) const fn is_start(self) -> bool {
        matches!(self, Self::Started | Self::Succeeded)
    }

    /// How a request of a kind that starts executions ends where all is well.
    #[must_use]
    pub(crate) const fn success_of(kind: Kind) -> Self {
        match kind {
            Kind::Execute => Self::Started,
            Kind::ExecuteSync | Kind::ExecuteHttp => Self::Succeeded,
            Kind::Preflight => Self::Allowed,
            Kind::Describe => Self::Described,
        }
    }

    /// Whether its time is a lower bound of the time that an answer would have taken: nobody waited to the end.
    #[must_use]
    pub(crate) const fn is_censored(self) -> bool {
        matches!(self, Self::Timeout | Self::ConnectTimeout)
    }
}

impl Serialize for Class {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Class {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|class| class.as_str() == name);
        known.ok_or_else(|| de::Error::custom(format!("there is no class `{name}`")))
    }
}

impl From<wire::Class> for Class {
    fn from(class: wire::Class) -> Self {
        match class {
            wire::Class::Started => Self::Started,
            wire::Class::AlreadyExists => Self::AlreadyExists,
            wire::Class::CreationFailed => Self::CreationFailed,
            wire::Class::Throttled => Self::Throttled,
            wire::Class::Forbidden => Self::Forbidden,
            wire::Class::Rejected => Self::Rejected,
            wire::Class::ServerError => Self::ServerError,
            wire::Class::Unrecognized => Self::Unrecognized,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_stands_at_its_own_index_under_its_own_name() {
        let mut names = std::collections::BTreeSet::new();
        for (index, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, index);
            assert!(names.insert(class.as_str()));
        }
        for class in wire::Class::ALL {
            assert_eq!(Class::from(class).as_str(), class.as_str());
            let ours = Class::from(class);
            assert_eq!(ours.may_have_started() || ours == Class::Started, class.may_have_started(), "{class}");
        }
    }
}
