//! What systems do differently, each behind one name: Linux's own calls, and a twin for every other Unix.
//!
//! The twin can be built and tested on Linux as well, with `--cfg portable` among the compiler's flags.

#[cfg(all(target_os = "linux", not(portable)))]
mod linux;
#[cfg(not(all(target_os = "linux", not(portable))))]
mod portable;

#[cfg(all(target_os = "linux", not(portable)))]
use self::linux as system;
#[cfg(not(all(target_os = "linux", not(portable))))]
use self::portable as system;

use std::fmt;
use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

pub(crate) use self::system::{
    Alarm, bind_to_processor, clock_quality, local_ports, processors, receive, send, will_need,
};

/// Nanoseconds of the monotonic clock, the same in every thread of the machine.
#[must_use]
pub fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

/// How well the machine's clock is known to agree with others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockQuality {
    /// Whether a time daemon keeps it right; `null` where the system does not tell.
    pub(crate) synchronised: Option<bool>,
    /// Most microseconds that it is off; absent where it is not known.
    pub(crate) max_error_us: Option<u64>,
    /// Microseconds that it is probably off; absent where it is not known.
    pub(crate) estimated_error_us: Option<u64>,
}

impl fmt::Display for ClockQuality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.synchronised, self.max_error_us) {
            (_, Some(most)) => write!(f, "clock within {most}us"),
            (Some(_), None) => f.write_str("clock not synchronised"),
            (None, None) => f.write_str("clock quality unknown"),
        }
    }
}

/// The signals that whoever started this process had it ignore, as `nohup` does; none where the system does not tell.
#[must_use]
pub fn ignored_signals() -> Vec<i32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask >> (signal - 1) & 1 == 1).collect()
}

/// How many descriptors this process may have open, once the soft limit is raised to the hard one.
#[must_use]
pub(crate) fn raise_descriptor_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    // A system may refuse what it calls its hard limit (macOS has a lower one of its own): what was in force stays so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
