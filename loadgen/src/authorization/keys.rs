//! Keys that may change while they are in use, without anybody waiting.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use stepgate::credentials::Credentials;

#[cfg(feature = "aws-config")]
use crate::mistake::Mistake;

/// The keys of a run. Generators look at a number for each request, and take a lock only when it has changed.
pub struct Keys {
    current: Mutex<Credentials>,
    version: AtomicU64,
}

impl Keys {
    /// The first keys.
    #[must_use]
    pub const fn new(credentials: Credentials) -> Self {
        Self { current: Mutex::new(credentials), version: AtomicU64::new(0) }
    }

    /// Puts others in their place, if they are others.
    pub fn replace(&self, credentials: Credentials) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if *current != credentials {
            *current = credentials;
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    /// The keys in use.
    #[must_use]
    pub(crate) fn current(&self) -> Credentials {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often they were replaced.
    #[must_use]
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// What the AWS SDK's default chain finds (profiles, roles, containers, instances), with its region; renewed on a
    /// thread of its own, before they expire, as long as somebody holds them.
    ///
    /// # Errors
    /// The chain finds none, in words.
    #[cfg(feature = "aws-config")]
    pub(super) fn of_the_default_chain() -> Result<(Option<String>, std::sync::Arc<Self>), Mistake> {
        use std::sync::{Arc, mpsc};
        use std::time::Duration;

        use stepgate::TokioClock;
        use stepgate::credentials::{CredentialsCache, default_chain};

        /// Credentials are renewed five minutes before they expire: looking this often is often enough.
        const LOOK: Duration = Duration::from_secs(10);

        let (sender, first) = mpsc::channel::<Result<(Option<String>, Arc<Self>), Mistake>>();
        let renew = move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(e) => {
                    return drop(sender.send(Err(Mistake::other(format!("no runtime for the credential chain: {e}")))));
                }
            };
            runtime.block_on(async {
                let config = default_chain(None).await;
                let region = config.region().map(ToString::to_string);
                let Some(provider) = config.credentials_provider() else {
                    return drop(sender.send(Err(Mistake::other("the default credential chain has no provider"))));
                };
                let (cache, clock) = (CredentialsCache::new(provider), TokioClock::new());
                let keys = match cache.get(&clock).await {
                    Ok(credentials) => Arc::new(Self::new(credentials)),
                    Err(e) => {
                        let why = std::error::Error::source(&e).map(ToString::to_string).unwrap_or_default();
                        return drop(sender.send(Err(Mistake::other(format!("{e}: {why}")))));
                    }
                };
                let held = Arc::downgrade(&keys);
                drop(sender.send(Ok((region, keys))));
                loop {
                    tokio::time::sleep(LOOK).await;
                    let Some(keys) = held.upgrade() else { return };
                    // Without new ones the old ones stay, and the target says when they no longer do.
                    if let Ok(credentials) = cache.get(&clock).await {
                        keys.replace(credentials);
                    }
                }
            });
        };
        let thread = std::thread::Builder::new().name("credentials".into()).spawn(renew);
        thread.map_err(|e| Mistake::other(format!("cannot start a thread: {e}")))?;
        first.recv().unwrap_or_else(|_| Err(Mistake::other("the credential chain ended without credentials")))
    }
}

/// Tells nothing of the keys.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("version", &self.version()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_keys_are_a_new_version() {
        let key = |id: &str| Credentials::new(id, "secret", None, None, "test");
        let keys = Keys::new(key("first"));
        keys.replace(key("first"));
        assert_eq!(keys.version(), 0);
        keys.replace(key("second"));
        assert_eq!((keys.version(), keys.current().access_key_id()), (1, "second"));
        assert_eq!(format!("{keys:?}"), "Keys { version: 1, .. }");
    }
}
