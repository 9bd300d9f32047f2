use super::{Credentials, CredentialsError, ProvideCredentials, SharedCredentialsProvider};
use crate::clock::{Clock, within};
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Credentials of one provider, fetched once for all who ask and again shortly before they expire.
///
/// - One fetch at a time: whoever finds no valid credentials waits for it, and for its failure; whoever finds them
///   merely due for a refresh goes on with the current ones.
/// - The first caller within [`refresh_ahead`](Self::refresh_ahead) of the expiry fetches anew. There is no background
///   task.
/// - Should that fetch fail, be dropped by its caller or take more than [`PATIENCE`](Self::PATIENCE), the current
///   credentials serve until they expire; the next fetch comes [`RETRY_AFTER`](Self::RETRY_AFTER) later.
///
/// ```
/// use stepgate::TokioClock;
/// use stepgate::credentials::{Credentials, CredentialsCache};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Any provider of the AWS SDK; fixed credentials are one too.
/// let cache = CredentialsCache::new(Credentials::new("AKIDEXAMPLE", "secret", None, None, "example"));
/// let credentials = cache.get(&TokioClock::new()).await?;
/// assert_eq!(credentials.access_key_id(), "AKIDEXAMPLE");
/// # Ok(())
/// # }
/// ```
pub struct CredentialsCache {
    provider: SharedCredentialsProvider,
    ahead: Duration,
    state: Mutex<State>,
    /// Held by whoever fetches. Freed also when that caller is dropped, so that the next one takes over.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    /// Counts fetches that ended, so that a waiter knows whether one ended while it waited.
    fetches: u64,
    failure: Option<CredentialsUnavailable>,
}

struct Current {
    credentials: Credentials,
    /// `None`: for ever.
    until: Option<SystemTime>,
    /// When to fetch anew, or to try it again. `None`: never.
    due: Option<SystemTime>,
}

enum Held {
    Fresh(Credentials),
    Due(Credentials),
    Nothing,
}

impl CredentialsCache {
    /// How long before their expiry credentials are fetched anew unless told otherwise: 5 minutes, since the instance
    /// metadata service offers the next ones "at least five minutes before the expiration of the old" (Amazon EC2 user
    /// guide, "Retrieve security credentials from instance metadata").
    pub const REFRESH_AHEAD: Duration = Duration::from_mins(5);

    /// How long one caller waits for a refresh while the current credentials are valid: 5 s.
    pub const PATIENCE: Duration = Duration::from_secs(5);

    /// How long after a fetch the next one comes at the earliest, while there are credentials: 30 s.
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

    /// Credentials that are valid now.
    ///
    /// # Errors
    /// [`CredentialsUnavailable`] if there are none and the provider gives none.
    pub async fn get(&self, clock: &dyn Clock) -> Result<Credentials, CredentialsUnavailable> {
        let seen = match self.held(clock.now()) {
            (Held::Fresh(current), _) => return Ok(current),
            (Held::Due(current), _) => return Ok(self.refresh(clock).await.unwrap_or(current)),
            (Held::Nothing, seen) => seen,
        };
        let _flight = self.flight.lock().await;
        match self.held(clock.now()) {
            (Held::Fresh(current) | Held::Due(current), _) => return Ok(current),
            (Held::Nothing, fetches) if fetches != seen => {
                if let Some(failure) = self.state().failure.clone() {
                    return Err(failure);
                }
            }
            (Held::Nothing, _) => {}
        }
        self.fetch(clock).await
    }

    /// Drops `rejected` if these are still the current credentials: the endpoint called them expired. The next
    /// [`get`](Self::get) fetches anew, once for all whose request was rejected.
    pub fn reject(&self, rejected: &Credentials) {
        self.state().current.take_if(|current| current.credentials == *rejected);
    }

    /// New credentials, unless somebody else is fetching them or the provider fails or hangs.
    async fn refresh(&self, clock: &dyn Clock) -> Option<Credentials> {
        let _flight = self.flight.try_lock().ok()?;
        // Said before the fetch, so that it also holds if our caller drops us.
        if let Some(current) = &mut self.state().current {
            current.due = clock.now().checked_add(Self::RETRY_AFTER);
        }
        within(clock, Self::PATIENCE, self.fetch(clock)).await?.ok()
    }

    async fn fetch(&self, clock: &dyn Clock) -> Result<Credentials, CredentialsUnavailable> {
        let fetched = self.provider.provide_credentials().await;
        let mut state = self.state();
        state.fetches += 1;
        match fetched {
            Ok(credentials) => {
                // Not at every call, even if they expire within the window, or have by a clock of ours that is wrong:
                // that is for the endpoint to say.
                let soonest = clock.now().checked_add(Self::RETRY_AFTER);
                let expiry = credentials.expiry();
                let due = expiry.map(|expiry| expiry.checked_sub(self.ahead).unwrap_or(SystemTime::UNIX_EPOCH));
                state.current = Some(Current {
                    credentials: credentials.clone(),
                    until: expiry.map(|_| expiry.max(soonest)).unwrap_or_default(),
                    due: due.map(|_| due.max(soonest)).unwrap_or_default(),
                });
                state.failure = None;
                Ok(credentials)
            }
            Err(error) => {
                let failure = CredentialsUnavailable(Arc::new(error));
                state.failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    fn held(&self, now: SystemTime) -> (Held, u64) {
        let state = self.state();
        let held = match &state.current {
            None => Held::Nothing,
            Some(current) if current.until.is_some_and(|until| until <= now) => Held::Nothing,
            Some(current) if current.due.is_some_and(|due| due <= now) => Held::Due(current.credentials.clone()),
            Some(current) => Held::Fresh(current.credentials.clone()),
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
pub struct CredentialsUnavailable(Arc<CredentialsError>);

impl fmt::Display for CredentialsUnavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no AWS credentials: the provider failed")
    }
}

impl StdError for CredentialsUnavailable {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.0.as_ref())
    }
}
