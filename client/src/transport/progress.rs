use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

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

/// Where an attempt stands, told by the transport and read by the client when the attempt fails or its time is up.
///
/// It begins at [`Phase::Sending`], so that a transport that tells nothing is never sent again by mistake. A transport
/// that knows when the first byte leaves sets [`Phase::Connecting`] first.
#[derive(Debug, Clone)]
pub struct Progress(Arc<AtomicU8>);

impl Progress {
    /// The progress of a new attempt.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(AtomicU8::new(Phase::Sending as u8)))
    }

    /// Says that the attempt has reached `phase`. To be called *before* the first byte may leave.
    pub fn set(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Release);
    }

    /// Where the attempt stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        let stored = self.0.load(Ordering::Acquire);
        Phase::ALL.into_iter().find(|phase| *phase as u8 == stored).unwrap_or(Phase::Sending)
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
