//! What is served follows the files that it was read from.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::args::Args;
use super::load::{clock, load};
use super::terminal::say;
use crate::Serving;
use crate::signature::AccessKey;
use crate::watch::Watch;

/// Loads everything anew whenever a file changes, and serves it in the place of what is served. What does not load is
/// said, and changes nothing.
pub(super) fn reload(
    mut watch: Watch,
    args: Args,
    keys: (AccessKey, String),
    serving: &Arc<Mutex<Serving>>,
) -> Result<(), String> {
    /// How often the files are looked at.
    const EVERY: Duration = Duration::from_millis(300);
    let serving = Arc::clone(serving);
    let watching = std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(EVERY);
            if !watch.has_changed() {
                continue;
            }
            watch.settle();
            let (source, begun) = (args.source(), SystemTime::now());
            let loaded = load(&args, &source, &keys, clock(&args));
            // What could not be read is what will be mended.
            watch.also(source.files_read().into_iter().chain(args.files()), begun);
            let emulator = match loaded {
                Ok(emulator) => emulator,
                Err(message) => {
                    say(&message);
                    watch.await_files(args.folders());
                    continue;
                }
            };
            watch.found();
            match lock(&serving).replace(emulator) {
                Ok(()) => say("reloaded"),
                Err(error) => say(&format!("error: what was loaded cannot be served: {error}")),
            }
        }
    });
    watching.map(drop).map_err(|error| format!("error: files cannot be watched: {error}"))
}

pub(super) fn lock(serving: &Mutex<Serving>) -> MutexGuard<'_, Serving> {
    serving.lock().unwrap_or_else(PoisonError::into_inner)
}
