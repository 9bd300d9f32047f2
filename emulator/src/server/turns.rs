//! Turns of requests that may take long: between two of them a thread serves all others that are there.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tokio::sync::Semaphore;

/// The turns of one thread's requests.
#[derive(Debug)]
pub(crate) struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

impl Turns {
    /// Has work begin when it is its turn. Only the beginning is counted, which is all the work of a request that waits for
    /// nothing: one that waits keeps nobody from a turn.
    pub(super) async fn take<W: Future>(&self, work: W) -> W::Output {
        let mut work = pin!(work);
        let turn = self.0.acquire().await.expect("nobody closes the semaphore of turns");
        let begun = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        // Goes on once the runtime has looked for what has arrived meanwhile, and that has been served.
        tokio::task::yield_now().await;
        drop(turn);
        match begun {
            Poll::Ready(done) => done,
            Poll::Pending => work.await,
        }
    }
}
