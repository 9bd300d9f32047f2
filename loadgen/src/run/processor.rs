//! How busy the process is.

use rustix::time::{ClockId, clock_gettime};

/// The processor time of this process, looked at again and again.
#[derive(Debug)]
pub(super) struct ProcessorTime {
    last: u64,
}

impl Default for ProcessorTime {
    fn default() -> Self {
        Self { last: now() }
    }
}

impl ProcessorTime {
    /// Nanoseconds of all its threads, in user mode and in the kernel, since the last look.
    pub(super) fn since_last(&mut self) -> Option<u64> {
        let now = now();
        now.checked_sub(std::mem::replace(&mut self.last, now))
    }
}

fn now() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let nanoseconds = time.tv_sec.checked_mul(1_000_000_000).and_then(|n| n.checked_add(time.tv_nsec));
    nanoseconds.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}
