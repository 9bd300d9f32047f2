//! Turns of requests that may take long: between two of them a thread serves all others that are there.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// Work that takes longer to begin says that others like it may follow.
const LONG: Duration = Duration::from_millis(2);
/// After it so many requests take turns, whatever they look like: a small one may ask for an expression or a template that takes as
/// long as its budget.
const WARY: u32 = 100;

/// The turns of one thread's requests.
#[derive(Debug)]
pub(crate) struct Turns {
    one: Semaphore,
    /// How many more requests take turns.
    wary: AtomicU32,
}

impl Default for Turns {
    fn default() -> Self {
        Self { one: Semaphore::new(1), wary: AtomicU32::new(0) }
    }
}

impl Turns {
    /// Has work begin: when it is its turn, if it may take long, or if others have lately. Only the beginning is counted, which is all
    /// the work of a request that waits for nothing: one that waits keeps nobody from a turn.
    pub(super) async fn take<W: Future>(&self, work: W, may_take_long: bool) -> W::Output {
        let mut work = pin!(work);
        let begun = if may_take_long || self.is_wary() {
            let turn = self.one.acquire().await.expect("nobody closes the semaphore of turns");
            let begun = poll_fn(|context| Poll::Ready(self.begin(work.as_mut(), context))).await;
            // Goes on once the runtime has looked for what has arrived meanwhile, and that has been served.
            tokio::task::yield_now().await;
            drop(turn);
            begun
        } else {
            poll_fn(|context| Poll::Ready(self.begin(work.as_mut(), context))).await
        };
        match begun {
            Poll::Ready(done) => done,
            Poll::Pending => work.await,
        }
    }

    fn begin<W: Future>(&self, work: Pin<&mut W>, context: &mut Context<'_>) -> Poll<W::Output> {
        let start = Instant::now();
        let begun = work.poll(context);
        self.took(start.elapsed());
        begun
    }

    /// Work took so long to begin.
    fn took(&self, time: Duration) {
        let left = self.wary.load(Ordering::Relaxed);
        let left = if time > LONG { WARY } else { left.saturating_sub(1) };
        self.wary.store(left, Ordering::Relaxed);
    }

    fn is_wary(&self) -> bool {
        self.wary.load(Ordering::Relaxed) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_one_that_took_long_the_next_hundred_take_turns_whatever_they_ask_for() {
        let turns = Turns::default();
        turns.took(Duration::from_millis(1));
        assert!(!turns.is_wary());
        turns.took(Duration::from_millis(80));
        for _ in 0..WARY {
            assert!(turns.is_wary());
            turns.took(Duration::ZERO);
        }
        assert!(!turns.is_wary());
    }
}
