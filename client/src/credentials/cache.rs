use super::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_credential_types::provider::error::CredentialsError;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Credentials of one provider, fetched once for all who ask and again shortly before they expire.
///
/// - One fetch at a time: whoever finds the credentials expired waits for it, whoever finds them merely due goes on
///   with the current ones.
/// - The first caller within [`refresh_ahead`](Self::refresh_ahead) of the expiry fetches anew. There is no background
///   task.
/// - Should that fetch fail, or be dropped by its caller, the current credentials serve until they expire; the next
///   fetch comes [`RETRY_AFTER`](Self::RETRY_AFTER) later.
pub struct CredentialsCache {
    provider: SharedCredentialsProvider,
    ahead: Duration,
    state: Mutex<State>,
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    current: Option<Credentials>,
    /// When the current ones are due for a fetch, or for the next try of one. `None`: never.
    due: Option<SystemTime>,
    /// Counts fetches that ended, so that a waiter knows whether one ended while it waited.
    fetches: u64,
    failure: Option<CredentialsUnavailable>,
}

enum Held {
    Fresh(Credentials),
    Due(Credentials),
    Nothing,
}

impl CredentialsCache {
    /// How long before their expiry credentials are fetched anew unless told otherwise: 5 minutes, since the instance
    /// metadata service offers the next ones "at least five minutes before the expiration of the old" (EC2 user guide,
    /// "Retrieve security credentials from instance metadata").
    pub const REFRESH_AHEAD: Duration = Duration::from_mins(5);

    /// How long after a failed fetch the next one is tried while the current credentials are valid: 30 s.
    pub const RETRY_AFTER: Duration = Duration::from_secs(30);

    /// A cache that has fetched nothing yet.
    #[must_use]
    pub fn new(provider: impl ProvideCredentials + 'static) -> Self {
        Self {
            provider: SharedCredentialsProvider::new(provider),
            ahead: Self::REFRESH_AHEAD,
            state: Mutex::default(),
            flight: tokio::sync::Mutex::new(()),
        }
    }

    /// Fetches credentials anew `ahead` of their expiry; [`REFRESH_AHEAD`](Self::REFRESH_AHEAD) by default. Give each
    /// process a random part of the window, so that a fleet does not ask all at once.
    #[must_use]
    pub const fn refresh_ahead(mut self, ahead: Duration) -> Self {
        self.ahead = ahead;
        self
    }

    /// Credentials that are valid at `now`.
    ///
    /// # Errors
    /// [`CredentialsUnavailable`] if there are none and the provider gives none.
    pub async fn get(&self, now: SystemTime) -> Result<Credentials, CredentialsUnavailable> {
        let seen = match self.held(now) {
            (Held::Fresh(current), _) => return Ok(current),
            (Held::Due(current), _) => {
                let Ok(_flight) = self.flight.try_lock() else { return Ok(current) };
                // Said before the fetch, so that it also holds if our caller drops us.
                self.state().due = now.checked_add(Self::RETRY_AFTER);
                return Ok(self.fetch(now).await.unwrap_or(current));
            }
            (Held::Nothing, seen) => seen,
        };
        let _flight = self.flight.lock().await;
        match self.held(now) {
            (Held::Fresh(current) | Held::Due(current), _) => return Ok(current),
            (Held::Nothing, fetches) if fetches != seen => {
                if let Some(failure) = self.state().failure.clone() {
                    return Err(failure);
                }
            }
            (Held::Nothing, _) => {}
        }
        self.fetch(now).await
    }

    /// Drops `rejected` if these are still the current credentials: the endpoint called them expired. The next
    /// [`get`](Self::get) fetches anew, once for all whose request was rejected.
    pub fn reject(&self, rejected: &Credentials) {
        let mut state = self.state();
        state.current.take_if(|current| {
            current.access_key_id() == rejected.access_key_id() && current.session_token() == rejected.session_token()
        });
    }

    async fn fetch(&self, now: SystemTime) -> Result<Credentials, CredentialsUnavailable> {
        let fetched = self.provider.provide_credentials().await.map_err(CredentialsUnavailable::from);
        let fetched = fetched.and_then(|fetched| match fetched.expiry() {
            Some(expiry) if expiry <= now => Err(CredentialsUnavailable::expired()),
            _ => Ok(fetched),
        });
        let mut state = self.state();
        state.fetches += 1;
        match &fetched {
            Ok(fetched) => {
                // Those that live no longer than the window are asked for again, but not at every call.
                let due = |expiry: SystemTime| expiry.checked_sub(self.ahead).unwrap_or(SystemTime::UNIX_EPOCH);
                let soonest = now.checked_add(Self::RETRY_AFTER);
                state.due = fetched.expiry().map(due).max(soonest).filter(|_| fetched.expiry().is_some());
                state.current = Some(fetched.clone());
                state.failure = None;
            }
            Err(failure) => state.failure = Some(failure.clone()),
        }
        fetched
    }

    fn held(&self, now: SystemTime) -> (Held, u64) {
        let state = self.state();
        let held = match &state.current {
            None => Held::Nothing,
            Some(current) if current.expiry().is_some_and(|expiry| expiry <= now) => Held::Nothing,
            Some(current) if state.due.is_some_and(|due| due <= now) => Held::Due(current.clone()),
            Some(current) => Held::Fresh(current.clone()),
        };
        (held, state.fetches)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CredentialsCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CredentialsCache").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

/// No valid credentials: the provider failed, and says why as the source.
#[derive(Debug, Clone)]
pub struct CredentialsUnavailable(Option<Arc<CredentialsError>>);

impl CredentialsUnavailable {
    const fn expired() -> Self {
        Self(None)
    }
}

impl From<CredentialsError> for CredentialsUnavailable {
    fn from(error: CredentialsError) -> Self {
        Self(Some(Arc::new(error)))
    }
}

impl fmt::Display for CredentialsUnavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Some(_) => "no AWS credentials: the provider failed",
            None => "no AWS credentials: the provider gave ones that have expired; compare the clocks",
        })
    }
}

impl StdError for CredentialsUnavailable {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.as_deref().map(|error| error as &(dyn StdError + 'static))
    }
}
