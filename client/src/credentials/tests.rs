use super::*;
use crate::Clock;
use crate::testing::TestClock;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

const MINUTE: Duration = Duration::from_mins(1);

/// A clock that only a test moves, and on which no wait ends.
#[derive(Debug, Clone)]
struct StillClock(Arc<Mutex<SystemTime>>);

impl StillClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(TestClock::new().now())))
    }

    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for StillClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::pending())
    }
}

/// What the provider does when it is asked once more.
#[derive(Debug)]
enum Step {
    Give(Credentials),
    Fail,
    Hang,
    /// Waits until the test says what to give.
    Wait(tokio::sync::oneshot::Receiver<Credentials>),
}

#[derive(Debug, Clone, Default)]
struct Scripted(Arc<Mutex<VecDeque<Step>>>);

impl Scripted {
    fn new<const N: usize>(steps: [Step; N]) -> Self {
        Self(Arc::new(Mutex::new(steps.into())))
    }

    /// Steps that nobody has asked for yet.
    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl ProvideCredentials for Scripted {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let step = self.0.lock().unwrap().pop_front().expect("the provider is asked no more often than the script has");
        future::ProvideCredentials::new(async move {
            match step {
                Step::Give(credentials) => Ok(credentials),
                Step::Fail => Err(CredentialsError::not_loaded("down")),
                Step::Hang => std::future::pending().await,
                Step::Wait(given) => Ok(given.await.unwrap()),
            }
        })
    }
}

fn lasting(id: &str, until: Option<SystemTime>) -> Credentials {
    Credentials::new(id, "the-secret", Some("the-token".into()), until, "test")
}

fn poll<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// The id that the cache gives without waiting.
fn id(cache: &CredentialsCache, clock: &dyn Clock) -> Result<String, CredentialsUnavailable> {
    let given = poll(pin!(cache.get(clock))).expect("nobody has to wait");
    given.map(|credentials| credentials.access_key_id().to_owned())
}

#[test]
fn credentials_are_fetched_once_and_again_five_minutes_before_they_expire() {
    let clock = StillClock::new();
    let expiry = clock.now() + 60 * MINUTE;
    let steps = [Step::Give(lasting("one", Some(expiry))), Step::Give(lasting("two", Some(expiry + 60 * MINUTE)))];
    let provider = Scripted::new(steps);
    let cache = CredentialsCache::new(provider.clone());
    assert_eq!(id(&cache, &clock).unwrap(), "one");
    clock.advance(54 * MINUTE + Duration::from_secs(59));
    assert_eq!((id(&cache, &clock).unwrap().as_str(), provider.left()), ("one", 1));
    clock.advance(Duration::from_secs(1));
    assert_eq!(id(&cache, &clock).unwrap(), "two");
    clock.advance(59 * MINUTE);
    assert_eq!(id(&cache, &clock).unwrap(), "two");
}

#[test]
fn credentials_that_never_expire_are_fetched_once() {
    let clock = StillClock::new();
    let cache = CredentialsCache::new(Scripted::new([Step::Give(lasting("one", None))]));
    for _ in 0..3 {
        assert_eq!(id(&cache, &clock).unwrap(), "one");
        clock.advance(100_000 * MINUTE);
    }
}

#[test]
fn one_fetch_serves_all_who_wait_for_it() {
    let clock = StillClock::new();
    let (give, given) = tokio::sync::oneshot::channel();
    let cache = CredentialsCache::new(Scripted::new([Step::Wait(given)]));
    let mut callers: Vec<_> = (0..10).map(|_| Box::pin(cache.get(&clock))).collect();
    for caller in &mut callers {
        assert!(poll(caller.as_mut()).is_none());
    }
    give.send(lasting("one", Some(clock.now() + 60 * MINUTE))).unwrap();
    for caller in &mut callers {
        assert_eq!(poll(caller.as_mut()).unwrap().unwrap().access_key_id(), "one");
    }
}

#[test]
fn a_failure_is_shared_by_those_who_waited_and_the_next_caller_asks_again() {
    let clock = StillClock::new();
    let (give, given) = tokio::sync::oneshot::channel::<Credentials>();
    let provider = Scripted::new([Step::Wait(given), Step::Fail, Step::Give(lasting("one", None))]);
    let cache = CredentialsCache::new(provider.clone());
    let mut dropped = Box::pin(cache.get(&clock));
    let mut first = Box::pin(cache.get(&clock));
    let mut second = Box::pin(cache.get(&clock));
    for caller in [&mut dropped, &mut first, &mut second] {
        assert!(poll(caller.as_mut()).is_none());
    }
    // Whoever waited next takes over from a caller that is gone.
    drop(dropped);
    assert!(give.is_closed());
    let failure = poll(first.as_mut()).unwrap().unwrap_err();
    assert_eq!(std::error::Error::source(&failure).unwrap().source().unwrap().to_string(), "down");
    assert!(poll(second.as_mut()).unwrap().is_err());
    assert_eq!(provider.left(), 1);
    assert_eq!(id(&cache, &clock).unwrap(), "one");
}

#[test]
fn while_one_caller_refreshes_the_others_go_on_with_the_current_ones() {
    let clock = StillClock::new();
    let (give, given) = tokio::sync::oneshot::channel();
    let steps = [Step::Give(lasting("one", Some(clock.now() + 60 * MINUTE))), Step::Wait(given)];
    let cache = CredentialsCache::new(Scripted::new(steps)).refresh_ahead(10 * MINUTE);
    assert_eq!(id(&cache, &clock).unwrap(), "one");
    clock.advance(50 * MINUTE);
    let mut refreshing = pin!(cache.get(&clock));
    assert!(poll(refreshing.as_mut()).is_none());
    assert_eq!(id(&cache, &clock).unwrap(), "one");
    give.send(lasting("two", Some(clock.now() + 60 * MINUTE))).unwrap();
    assert_eq!(poll(refreshing).unwrap().unwrap().access_key_id(), "two");
    assert_eq!(id(&cache, &clock).unwrap(), "two");
}

#[test]
fn a_failed_refresh_is_tried_again_every_half_minute_and_is_an_error_only_after_the_expiry() {
    let clock = StillClock::new();
    let steps = [
        Step::Give(lasting("one", Some(clock.now() + 60 * MINUTE))),
        Step::Fail,
        Step::Fail,
        Step::Fail,
        Step::Give(lasting("two", None)),
    ];
    let provider = Scripted::new(steps);
    let cache = CredentialsCache::new(provider.clone());
    assert_eq!(id(&cache, &clock).unwrap(), "one");
    clock.advance(55 * MINUTE);
    for (left, seconds) in [(3, 29), (3, 1), (2, 29), (2, 240)] {
        assert_eq!((id(&cache, &clock).unwrap().as_str(), provider.left()), ("one", left));
        clock.advance(Duration::from_secs(seconds));
    }
    clock.advance(MINUTE);
    assert!(id(&cache, &clock).is_err());
    assert_eq!(id(&cache, &clock).unwrap(), "two");
}

#[test]
fn a_refresh_that_hangs_or_is_dropped_delays_one_caller_and_nobody_else() {
    let clock = TestClock::new();
    let steps = [Step::Give(lasting("one", Some(clock.now() + 60 * MINUTE))), Step::Hang, Step::Hang];
    let provider = Scripted::new(steps);
    let cache = CredentialsCache::new(provider.clone());
    assert_eq!(id(&cache, &clock).unwrap(), "one");
    clock.advance(55 * MINUTE);
    assert_eq!(id(&cache, &clock).unwrap(), "one");
    assert_eq!(clock.waits(), [CredentialsCache::PATIENCE]);
    assert_eq!((id(&cache, &clock).unwrap().as_str(), provider.left()), ("one", 1));

    let still = StillClock::new();
    still.advance(56 * MINUTE);
    let mut dropped = Box::pin(cache.get(&still));
    assert!(poll(dropped.as_mut()).is_none());
    drop(dropped);
    assert_eq!((id(&cache, &still).unwrap().as_str(), provider.left()), ("one", 0));
}

#[test]
fn credentials_that_seem_expired_are_used_all_the_same_and_not_fetched_at_every_call() {
    let clock = StillClock::new();
    let expired = || Step::Give(lasting("one", Some(clock.now() - 60 * MINUTE)));
    let provider = Scripted::new([expired(), expired()]);
    let cache = CredentialsCache::new(provider.clone());
    for (left, seconds) in [(1, 29), (1, 1), (0, 29)] {
        assert_eq!((id(&cache, &clock).unwrap().as_str(), provider.left()), ("one", left));
        clock.advance(Duration::from_secs(seconds));
    }
}

#[test]
fn rejected_credentials_are_replaced_once_for_all_whose_request_was_rejected() {
    let clock = StillClock::new();
    let steps = [Step::Give(lasting("one", None)), Step::Give(lasting("two", None))];
    let provider = Scripted::new(steps);
    let cache = CredentialsCache::new(provider.clone());
    assert_eq!(id(&cache, &clock).unwrap(), "one");
    for _ in 0..3 {
        cache.reject(&lasting("one", None));
        assert_eq!(id(&cache, &clock).unwrap(), "two");
    }
    assert_eq!(provider.left(), 0);
}

#[test]
fn nothing_printed_tells_a_secret() {
    let clock = StillClock::new();
    let cache = CredentialsCache::new(lasting("one", None));
    let credentials = poll(pin!(cache.get(&clock))).unwrap().unwrap();
    let printed = format!("{cache:?} {credentials:?}");
    assert!(!printed.contains("the-secret") && !printed.contains("the-token"), "{printed}");
}
