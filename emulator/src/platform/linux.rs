//! Linux's own calls.

use std::time::Duration;

use rustix::process::{getpid, getpriority_process, setpriority_process};
use rustix::time::{ClockId, clock_gettime};

/// How much lower: beside one busy thread that answers, each other gets a tenth of the processor.
const STEPS: i32 = 10;
/// The lowest priority that there is.
const LOWEST: i32 = 19;

/// Lets the threads that answer requests go first. On Linux each thread has a niceness of its own, which the threads that it
/// starts inherit.
pub(crate) fn lower_priority() {
    // Who may not lower a priority is as well off as before.
    if let Ok(main) = getpriority_process(Some(getpid())) {
        let _ = setpriority_process(None, (main + STEPS).min(LOWEST));
    }
}

/// How long the calling thread has been at work.
pub(crate) fn thread_time() -> Option<Duration> {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).ok()
}
