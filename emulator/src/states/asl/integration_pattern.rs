//! How a task waits: what stands at the end of its `Resource`.

/// When a task is done (Step Functions developer guide, "Service integration patterns").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntegrationPattern {
    /// When the service has answered.
    RequestResponse,
    /// `.sync`: when the job that it began has ended.
    Sync,
    /// `.sync:2`: the same, with the job's output as JSON.
    SyncJson,
    /// `.waitForTaskToken`: when somebody sends the token back.
    Token,
}

impl IntegrationPattern {
    /// The pattern at the end of a resource, and what stands before it.
    pub(super) fn split(resource: &str) -> (&str, Self) {
        let patterns = [(".sync:2", Self::SyncJson), (".sync", Self::Sync), (".waitForTaskToken", Self::Token)];
        let found = patterns.into_iter().find_map(|(suffix, pattern)| Some((resource.strip_suffix(suffix)?, pattern)));
        found.unwrap_or((resource, Self::RequestResponse))
    }

    /// What stands at the end of the resource.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::RequestResponse => "",
            Self::Sync => ".sync",
            Self::SyncJson => ".sync:2",
            Self::Token => ".waitForTaskToken",
        }
    }
}
