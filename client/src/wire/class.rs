use std::fmt;

/// The eight things that an answer can mean, as a plain tag to count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The execution was started.
    Started,
    /// An execution of that name exists already.
    AlreadyExists,
    /// Step Functions refused to start it.
    CreationFailed,
    /// The gateway or Step Functions throttled the request; nothing was started.
    Throttled,
    /// The gateway refused the caller; nothing was started.
    Forbidden,
    /// The gateway refused the request; nothing was started.
    Rejected,
    /// Something behind the URL failed; the execution may have been started.
    ServerError,
    /// Neither the gateway nor Step Functions spoke; the execution may have been started.
    Unrecognized,
}

impl Class {
    /// Every class, in the order of the declaration: `Class::ALL[class as usize] == class`.
    pub const ALL: [Self; 8] = [
        Self::Started,
        Self::AlreadyExists,
        Self::CreationFailed,
        Self::Throttled,
        Self::Forbidden,
        Self::Rejected,
        Self::ServerError,
        Self::Unrecognized,
    ];

    /// The name in `snake_case`, as reports and metrics write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::AlreadyExists => "already_exists",
            Self::CreationFailed => "creation_failed",
            Self::Throttled => "throttled",
            Self::Forbidden => "forbidden",
            Self::Rejected => "rejected",
            Self::ServerError => "server_error",
            Self::Unrecognized => "unrecognized",
        }
    }

    /// Whether the request that got such an answer may have started an execution.
    ///
    /// `AlreadyExists` is `true`: under a name that only this caller uses, the execution that exists is its own.
    #[must_use]
    pub const fn may_have_started(self) -> bool {
        match self {
            Self::Started | Self::AlreadyExists | Self::ServerError | Self::Unrecognized => true,
            Self::CreationFailed | Self::Throttled | Self::Forbidden | Self::Rejected => false,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
