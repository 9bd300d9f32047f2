//! The machine that generates the load.

use std::fmt;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::engine::Lateness;
use crate::report::show_microseconds;

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its name in the network.
    #[serde(default)]
    pub name: String,
    /// Operating system and processor architecture.
    pub platform: String,
    /// Release of the operating system's kernel.
    pub kernel: String,
    /// Processors that the process may use.
    pub processors: usize,
    /// How late a sleeping generator woke just before the run; absent where it could not be measured.
    #[serde(default)]
    pub timer_late_us: Option<Lateness>,
    /// The same of one that spins, as with `--spin`.
    #[serde(default)]
    pub spin_late_us: Option<Lateness>,
}

impl Host {
    /// This machine. How late it wakes is measured on the way.
    #[must_use]
    pub(crate) fn measured() -> Self {
        Self {
            // What cannot be measured here fails in the run, with its reason.
            timer_late_us: Lateness::measure(false).ok(),
            spin_late_us: Lateness::measure(true).ok(),
            ..Self::of_simulation()
        }
    }

    /// This machine for a run on virtual time, in which nobody is late.
    #[must_use]
    pub(crate) fn of_simulation() -> Self {
        let uname = rustix::system::uname();
        Self {
            name: uname.nodename().to_string_lossy().into_owned(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            kernel: uname.release().to_string_lossy().into_owned(),
            processors: thread::available_parallelism().map_or(1, std::num::NonZero::get),
            timer_late_us: None,
            spin_late_us: None,
        }
    }
}

/// What of it bears on the figures.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} CPUs", self.processors)?;
        for (late, how) in [(self.timer_late_us, "; wakes late by"), (self.spin_late_us, ", spinning")] {
            let Some(Lateness { p50, p99 }) = late else { continue };
            write!(f, "{how} p50 {} p99 {}", show_microseconds(p50), show_microseconds(p99))?;
        }
        Ok(())
    }
}
