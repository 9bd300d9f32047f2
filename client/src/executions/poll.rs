use crate::clock::{Clock, Deadline};
use crate::error::{Error, ErrorKind};
use std::time::Duration;

/// When to ask again: after 0.5 s, 1 s, 2 s, … at most every 15 s.
pub(super) struct Poll {
    deadline: Deadline,
    pause: Duration,
}

impl Poll {
    pub(super) fn until(deadline: Deadline) -> Self {
        Self { deadline, pause: Duration::from_millis(500) }
    }

    /// Waits for the next turn; `false` if there is none within the time.
    pub(super) async fn turn(&mut self, clock: &dyn Clock) -> bool {
        let left = self.deadline.left(clock);
        if left.is_zero() {
            return false;
        }
        clock.sleep(self.pause.min(left)).await;
        self.pause = (self.pause * 2).min(Duration::from_secs(15));
        true
    }
}

/// Whether asking again later may help.
pub(super) fn is_passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connect
        | ErrorKind::Interrupted
        | ErrorKind::Mismatch
        | ErrorKind::Refused
        | ErrorKind::Server
        | ErrorKind::Throttled => true,
        // Without an attempt it was no answer that did not come, but credentials.
        ErrorKind::Timeout => !error.attempts().is_empty(),
        ErrorKind::AlreadyExists
        | ErrorKind::Config
        | ErrorKind::CreationFailed
        | ErrorKind::Credentials
        | ErrorKind::Forbidden
        | ErrorKind::KeyReused
        | ErrorKind::Output
        | ErrorKind::Payload
        | ErrorKind::Rejected
        | ErrorKind::Unrecognized
        | ErrorKind::WorkflowFailed
        | ErrorKind::WorkflowTimedOut => false,
    }
}
