use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// How far an attempt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Phase {
    /// Name lookup, TCP, TLS, or waiting for a connection: nothing of the request was written.
    Connecting,
    /// Writing the request.
    Sending,
    /// The request is handed over whole; no answer yet.
    Waiting,
    /// The answer's head is there; reading its body.
    Reading,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 4] = [Self::Connecting, Self::Sending, Self::Waiting, Self::Reading];

    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Reading => "reading",
        }
    }

    /// Whether an attempt that ended here without an answer may have started an execution. Half a request starts
    /// nothing, yet "half" is the sender's view: what was handed to the kernel may have arrived whole.
    #[must_use]
    pub const fn may_have_started(self) -> bool {
        !matches!(self, Self::Connecting)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Where an attempt stands: set by the transport, read by the client when the attempt fails or its time is up.
///
/// It begins at [`Phase::Sending`], so that a transport that reports nothing is never sent again by mistake. A transport
/// that knows when the first byte leaves sets [`Phase::Connecting`] first; [`ObservedBody`](super::ObservedBody) does the
/// rest for any HTTP stack that asks for the body once it has a connection.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    phase: AtomicU8,
    expired: AtomicBool,
}

impl Progress {
    /// The progress of a new attempt.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Shared { phase: AtomicU8::new(Phase::Sending as u8), expired: AtomicBool::new(false) }))
    }

    /// Says that the attempt has reached `phase`. To be called *before* the first byte may leave.
    pub fn set(&self, phase: Phase) {
        self.0.phase.store(phase as u8, Ordering::Release);
    }

    /// Where the attempt stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        let stored = self.0.phase.load(Ordering::Acquire);
        Phase::ALL.into_iter().find(|phase| *phase as u8 == stored).unwrap_or(Phase::Sending)
    }

    /// Whether the attempt's time ran out. A transport whose future is dropped then should not use the connection
    /// again: its peer may be silent for good.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.0.expired.load(Ordering::Acquire)
    }

    pub(crate) fn expire(&self) {
        self.0.expired.store(true, Ordering::Release);
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
