//! Signals that ask to end. A command that has something to keep heeds them; every other ends at once.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::exit::Exit;
use crate::platform::ignored_signals;

/// Lets a write beyond the limit on the size of files (`ulimit -f`) fail with an error that names the file, where the signal
/// would end the process without a word.
pub(super) fn outlast_file_limits() {
    // Where it cannot be caught, the process ends as any other does.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// Looks for a signal this often while it waits.
const GLANCE: Duration = Duration::from_millis(50);

/// Signals so far, and how many of them the command takes care of itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupts {
    count: Arc<AtomicUsize>,
    heeded: Arc<AtomicUsize>,
}

impl Interrupts {
    /// Counts the signals of this process from now on. Those that whoever started it had it ignore stay ignored, as
    /// `nohup` and a shell's `&` ask for.
    pub(super) fn watch(&self) {
        let ignored = ignored_signals();
        let watched: Vec<i32> = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|n| !ignored.contains(n)).collect();
        // Without a handler signals end the process, as they do in any program.
        let Ok(mut signals) = Signals::new(watched) else { return };
        let interrupts = self.clone();
        let thread = thread::Builder::new().name("signals".into());
        // Without memory for a thread signals end the process, once nothing catches them any more.
        let _ = thread.spawn(move || signals.forever().for_each(|_| interrupts.interrupt()));
    }

    fn interrupt(&self) {
        if self.count.fetch_add(1, Ordering::SeqCst) < self.heeded.load(Ordering::SeqCst) {
            return;
        }
        // Whatever the command waits for, a name server or a pipe, nobody wants it any more.
        let _ = writeln!(io::stderr(), "error: interrupted by a signal");
        process::exit(Exit::Interrupted.code().into());
    }

    /// Promises to look at the count, and to end in good order, for as many signals.
    pub(crate) fn heed(&self, signals: usize) {
        self.heeded.fetch_max(signals, Ordering::SeqCst);
    }

    /// Whether a signal asked to end.
    pub(crate) fn came(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }

    /// Waits; false as soon as a signal came.
    pub(crate) fn wait(&self, duration: Duration) -> bool {
        let until = Instant::now() + duration;
        loop {
            if self.came() {
                return false;
            }
            match until.checked_duration_since(Instant::now()) {
                None | Some(Duration::ZERO) => return true,
                Some(left) => thread::sleep(left.min(GLANCE)),
            }
        }
    }

    /// How many did.
    pub(crate) const fn count(&self) -> &Arc<AtomicUsize> {
        &self.count
    }
}
