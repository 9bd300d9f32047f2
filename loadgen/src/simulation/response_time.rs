//! How long answers take on virtual time.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::random::{Random, Stream};
use crate::scenario::show_duration;
use crate::statistics::CensoredTimes;

/// How long an answer takes beyond what faults do to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum ResponseTime {
    /// No time.
    #[default]
    Nothing,
    /// Always the same.
    Constant(Duration),
    /// As long as answers took in a run of before, whose directory this is: each draws one of its service times.
    Measured(PathBuf, CensoredTimes),
}

impl ResponseTime {
    /// Nanoseconds that the answer to request `number` of a load with this seed takes.
    #[must_use]
    pub(crate) fn draw(&self, seed: u64, number: u64) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Constant(time) => u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
            Self::Measured(_, times) => {
                let share = Random::at(seed, Stream::ResponseTime, number).unit();
                times.value(share).map_or(0, |time| time.micros().saturating_mul(1_000))
            }
        }
    }
}

/// As it stands behind "answers take".
impl fmt::Display for ResponseTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no time"),
            Self::Constant(time) => f.write_str(&show_duration(*time)),
            Self::Measured(run, _) => write!(f, "the service times of {}", run.display()),
        }
    }
}
