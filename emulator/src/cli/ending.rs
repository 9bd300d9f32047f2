//! The end of serving.

use std::fs;
use std::io::{self, Read};
use std::sync::Arc;

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use super::Until;

/// What serving waits for.
pub(super) struct Ending {
    until: Until,
    signals: Signals,
}

impl Ending {
    /// Takes the signals that end it.
    pub(super) fn new(until: Until) -> io::Result<Self> {
        // A write beyond the limit on the size of files fails with its error, where the signal would end the process without
        // a word.
        signal_hook::flag::register(SIGXFSZ, Arc::default())?;
        let signals = match until {
            // A signal that whoever started it had it ignore stays ignored, as a shell's `&` asks for.
            Until::Interrupted => Signals::new([SIGINT, SIGTERM].into_iter().filter(|n| !is_ignored(*n)))?,
            // Taken and left unread: an interrupt at the terminal reaches the whole group, and the parent decides.
            Until::StdinClosed => Signals::new([SIGINT])?,
        };
        Ok(Self { until, signals })
    }

    /// Waits for the end.
    pub(super) fn wait(mut self) {
        match self.until {
            Until::Interrupted => drop(self.signals.forever().next()),
            Until::StdinClosed => {
                let mut input = io::stdin().lock();
                let mut ignored = [0; 256];
                // An input that fails is as closed as one that ends.
                while matches!(input.read(&mut ignored), Ok(1..)) {}
            }
        }
    }
}

/// Whether this process was started to ignore a signal; no where the system does not tell.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
