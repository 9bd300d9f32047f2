//! When a generator is to end, and how it ended.

/// Whether a run shall go on, asked again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// It goes on.
    No,
    /// Nothing more is sent; what is in flight may end.
    Gracefully,
    /// It ends at once.
    Now,
}

/// How a generator's run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Nanoseconds from the start of the run.
    pub(crate) at: u64,
    /// Nanoseconds from the start to the last request that was sent, or to the end of sending where the run was ended early.
    pub(crate) sent_until: u64,
    /// Whether saturation aborted it.
    pub(crate) aborted: bool,
    /// Why a request could not be made, which ended it too.
    pub(crate) failure: Option<String>,
}
