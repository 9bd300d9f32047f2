//! The generator threads of a run: all of them start, or none goes on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crate::engine::{Ended, Stop};

/// Asks a run to end: signals, counted, and whoever has seen enough.
#[derive(Debug, Clone)]
pub(super) struct Brake {
    /// How often a signal asked to stop: once is gracefully, twice is now.
    signals: Arc<AtomicUsize>,
    enough: Arc<AtomicBool>,
    gone: Arc<AtomicBool>,
}

impl Brake {
    pub(super) fn new(signals: &Arc<AtomicUsize>) -> Self {
        Self { signals: Arc::clone(signals), enough: Arc::default(), gone: Arc::default() }
    }

    /// Lets what is in flight end, and nothing more be sent.
    pub(super) fn pull(&self) {
        self.enough.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_pulled(&self) -> bool {
        self.enough.load(Ordering::Relaxed)
    }

    /// How often a signal asked to stop.
    pub(super) fn signals(&self) -> usize {
        self.signals.load(Ordering::Relaxed)
    }

    /// What a generator is to do.
    pub(super) fn stop(&self) -> Stop {
        match self.signals() {
            _ if self.gone.load(Ordering::Relaxed) => Stop::Now,
            0 if !self.is_pulled() => Stop::No,
            0 | 1 => Stop::Gracefully,
            _ => Stop::Now,
        }
    }
}

/// Stops the other generators when one fails or panics: half a load is none that anybody asked for.
struct Alarm(Option<Brake>);

impl Alarm {
    fn calm(mut self) {
        self.0 = None;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(brake) = &self.0 {
            brake.gone.store(true, Ordering::Relaxed);
        }
    }
}

/// Threads that send. Dropped, they end at once.
#[derive(Debug)]
pub(super) struct Generators {
    threads: Vec<JoinHandle<io::Result<Ended>>>,
    brake: Brake,
}

impl Generators {
    /// Starts a thread for each of `loads`.
    ///
    /// # Errors
    /// The operating system gives no thread; those that were started are ended.
    pub(super) fn start<L>(loads: Vec<L>, brake: &Brake) -> io::Result<Self>
    where
        L: FnOnce() -> io::Result<Ended> + Send + 'static,
    {
        let mut started = Self { threads: Vec::new(), brake: brake.clone() };
        for (number, load) in loads.into_iter().enumerate() {
            let alarm = Alarm(Some(brake.clone()));
            let watched = move || {
                let ended = load()?;
                // Of an orderly end the others hear nothing.
                alarm.calm();
                Ok(ended)
            };
            started.threads.push(thread::Builder::new().name(format!("generator-{number}")).spawn(watched)?);
        }
        Ok(started)
    }

    /// Waits for all of them and tells how they ended: when the last one did, and the first reason to end early.
    ///
    /// # Errors
    /// One of them could not go on.
    pub(super) fn join(mut self) -> io::Result<Ended> {
        let mut all = Ended::default();
        for thread in std::mem::take(&mut self.threads) {
            let ended = thread.join().map_err(|_| io::Error::other("a generator thread panicked"))??;
            all = Ended {
                at: all.at.max(ended.at),
                sent_until: all.sent_until.max(ended.sent_until),
                aborted: all.aborted || ended.aborted,
                failure: all.failure.or(ended.failure),
            };
        }
        Ok(all)
    }
}

impl Drop for Generators {
    fn drop(&mut self) {
        self.brake.gone.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // Whatever it came to, somebody else has failed first.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A load that goes on until it is stopped, or fails at once.
    fn load(brake: &Brake, fails: bool) -> impl FnOnce() -> io::Result<Ended> + Send + 'static {
        let brake = brake.clone();
        move || {
            if fails {
                return Err(io::Error::other("no descriptors"));
            }
            while brake.stop() != Stop::Now {
                thread::yield_now();
            }
            Ok(Ended::default())
        }
    }

    #[test]
    fn a_generator_that_fails_stops_the_others() {
        let brake = Brake::new(&Arc::default());
        let loads = vec![load(&brake, false), load(&brake, true), load(&brake, false)];
        let ended = Generators::start(loads, &brake).unwrap().join();
        assert_eq!(ended.unwrap_err().to_string(), "no descriptors");
    }

    #[test]
    fn generators_that_nobody_waits_for_end_at_once() {
        let brake = Brake::new(&Arc::default());
        drop(Generators::start(vec![load(&brake, false)], &brake).unwrap());
        assert_eq!(brake.stop(), Stop::Now);
    }

    #[test]
    fn signals_come_before_whoever_has_seen_enough() {
        let signals = Arc::new(AtomicUsize::new(0));
        let brake = Brake::new(&signals);
        assert_eq!(brake.stop(), Stop::No);
        brake.pull();
        assert_eq!(brake.stop(), Stop::Gracefully);
        signals.store(2, Ordering::Relaxed);
        assert_eq!(brake.stop(), Stop::Now);
    }
}
