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
/// that knows when the first byte leaves sets [`Phase::Connecting`] first, and asks [`begin_sending`](Self::begin_sending)
/// before that byte; [`ObservedBody`](super::ObservedBody) does so for any HTTP stack that asks for the body once it has a
/// connection.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    phase: AtomicU8,
    expired: AtomicBool,
}

/// The attempt ended before its request was begun: nothing of it may be sent any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the attempt ended before its request was begun")]
#[non_exhaustive]
pub struct Abandoned;

const CONNECTING: u8 = Phase::Connecting as u8;
const SENDING: u8 = Phase::Sending as u8;
/// In place of a phase: it ended while connecting, and stays so.
const ABANDONED: u8 = u8::MAX;

impl Progress {
    /// The progress of a new attempt.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Shared { phase: AtomicU8::new(SENDING), expired: AtomicBool::new(false) }))
    }

    /// Says that the attempt has reached `phase`. To be called *before* the first byte may leave. From
    /// [`Phase::Connecting`] to [`Phase::Sending`] a transport that works beside its future, in tasks or threads of its
    /// own, goes by [`begin_sending`](Self::begin_sending): that future may have been dropped meanwhile.
    pub fn set(&self, phase: Phase) {
        let next = |stored: u8| (stored != ABANDONED).then_some(phase as u8);
        // Nothing but the end of an attempt is for good.
        let _ = self.0.phase.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
    }

    /// Goes from [`Phase::Connecting`] to [`Phase::Sending`], or stays at a later phase; to be asked before the first
    /// byte leaves. Either this comes first, and the attempt may have started an execution, or the attempt's end does,
    /// and nothing is sent.
    ///
    /// # Errors
    /// The attempt has ended, and was reported as one that sent nothing: send nothing.
    pub fn begin_sending(&self) -> Result<(), Abandoned> {
        match self.0.phase.compare_exchange(CONNECTING, SENDING, Ordering::AcqRel, Ordering::Acquire) {
            Err(ABANDONED) => Err(Abandoned),
            _ => Ok(()),
        }
    }

    /// The request is handed over whole.
    pub(super) fn sent(&self) {
        let waiting = Phase::Waiting as u8;
        // The answer may have come before the request had an end.
        let _ = self.0.phase.compare_exchange(SENDING, waiting, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Ends the attempt, and tells how far it came: what was not begun can be begun no more.
    pub(crate) fn abandon(&self) -> Phase {
        let ended = self.0.phase.compare_exchange(CONNECTING, ABANDONED, Ordering::AcqRel, Ordering::Acquire);
        phase_of(ended.unwrap_or_else(|later| later))
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.0.phase.load(Ordering::Acquire) == ABANDONED
    }

    /// Where the attempt stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        phase_of(self.0.phase.load(Ordering::Acquire))
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

fn phase_of(stored: u8) -> Phase {
    match stored {
        ABANDONED => Phase::Connecting,
        stored => Phase::ALL[usize::from(stored)],
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_and_the_beginning_exclude_each_other_however_they_race() {
        let mut winners = 0;
        for _ in 0..2_000 {
            let progress = Progress::new();
            progress.set(Phase::Connecting);
            let (start, sender) = (std::sync::Barrier::new(2), progress.clone());
            let (phase, begun) = std::thread::scope(|scope| {
                let sending = scope.spawn(|| {
                    start.wait();
                    sender.begin_sending()
                });
                start.wait();
                (progress.abandon(), sending.join().unwrap())
            });
            assert_eq!(phase.may_have_started(), begun.is_ok());
            assert_eq!(progress.phase(), phase);
            winners += usize::from(begun.is_ok());
        }
        println!("{winners} of 2,000 began");
    }

    #[test]
    fn what_ended_while_connecting_stays_so() {
        let progress = Progress::new();
        progress.set(Phase::Connecting);
        assert_eq!(progress.abandon(), Phase::Connecting);
        for phase in Phase::ALL {
            progress.set(phase);
            assert_eq!((progress.phase(), progress.begin_sending()), (Phase::Connecting, Err(Abandoned)));
        }
    }

    #[test]
    fn what_had_begun_is_told_by_its_phase() {
        for phase in [Phase::Sending, Phase::Waiting, Phase::Reading] {
            let progress = Progress::new();
            progress.set(phase);
            assert_eq!((progress.begin_sending(), progress.abandon()), (Ok(()), phase));
        }
    }
}
