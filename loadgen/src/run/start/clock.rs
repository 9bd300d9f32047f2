//! How well the machine's clock is known to agree with others: shards that start together do so by their clocks.

use std::fmt;

use rtime_clock::adjtime::{Timex, adjtimex};
use serde::{Deserialize, Serialize};

use crate::report::show_microseconds;

/// `STA_UNSYNC` of the kernel: nobody keeps the clock right.
const UNSYNCHRONISED: i32 = 0x40;

/// What the kernel says of its clock, as the time daemon told it (`adjtimex(2)`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Whether a time daemon keeps it right.
    pub synchronised: bool,
    /// Most microseconds that it is off; absent where it is not known.
    pub max_error_us: Option<u64>,
    /// Microseconds that it is probably off; absent where it is not known.
    pub estimated_error_us: Option<u64>,
}

impl Clock {
    /// Asks the kernel. Where it does not tell, nothing is known.
    pub(super) fn read() -> Self {
        // Nothing is set: all its modes are zero.
        let mut kernel = Timex::new();
        if adjtimex(&mut kernel).is_err() || kernel.0.status & UNSYNCHRONISED != 0 {
            return Self::default();
        }
        let micros = |error: i64| u64::try_from(error).ok();
        Self {
            synchronised: true,
            max_error_us: micros(kernel.0.maxerror),
            estimated_error_us: micros(kernel.0.esterror),
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max_error_us {
            Some(most) => write!(f, "clock within {}", show_microseconds(most)),
            None => f.write_str("clock not synchronised"),
        }
    }
}
