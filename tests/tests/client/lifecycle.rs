//! Calls that are given up, and runtimes that end, at every moment there is.

use crate::server::client;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use stepgate::testing::wiremock::{Answer, contract};
use stepgate::transport::HttpSettings;
use stepgate::{Client, Delivery, ErrorKind};
use wiremock::MockServer;

/// A future that is dropped instead of being polled once more than `left` times.
struct Polled<F> {
    inner: Option<Pin<Box<F>>>,
    left: usize,
}

impl<F: Future> Future for Polled<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            self.inner = None;
            return Poll::Ready(None);
        }
        self.left -= 1;
        let inner = self.inner.as_mut().expect("it is there until it is dropped");
        inner.as_mut().poll(context).map(Some)
    }
}

async fn dropped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    Polled { inner: Some(Box::pin(future)), left: polls }.await
}

#[tokio::test]
async fn wherever_a_call_is_dropped_its_key_makes_one_execution_of_one_payload() {
    for settings in [HttpSettings::new(), HttpSettings::new().http1_only()] {
        let server = MockServer::start().await;
        let deployment = contract(&server).await;
        let client = client(&deployment.url()).http(settings).build().unwrap();
        let mut ended = false;
        let mut polls = 0;
        while !ended {
            let key = format!("order-{polls}");
            ended = dropped_after(polls, client.execute(polls).idempotency_key(&key).into_future()).await.is_some();
            // Whether it had left or not, the same call under its key settles it.
            let started = client.execute(polls).idempotency_key(&key).await.unwrap();
            assert_eq!(started.name(), key);
            let refused = client.execute("another").idempotency_key(&key).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::KeyReused, "{polls}");
            polls += 1;
            assert!(polls < 1_000, "it ends");
        }
        let mut names: Vec<_> = deployment.executions().into_iter().map(|execution| execution.name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!((names.len(), all), (polls, polls), "each once");
    }
}

#[tokio::test]
async fn wherever_a_look_up_is_dropped_the_next_one_finds() {
    let server = MockServer::start().await;
    let deployment = contract(&server).await;
    let client = client(&deployment.url()).build().unwrap();
    client.execute(1).idempotency_key("order-17").await.unwrap();
    let mut polls = 0;
    while dropped_after(polls, client.execution("order-17").into_future()).await.is_none() {
        assert!(client.execution("order-17").await.unwrap().is_some());
        polls += 1;
    }
    assert!(polls > 0);
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_calls_takes_no_other_with_it() {
    let serving = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = serving.block_on(MockServer::start());
    let deployment = serving.block_on(contract(&server));
    let client: Client = client(&deployment.url()).delivery(Delivery::Idempotent).build().unwrap();
    for call in 0..5 {
        let ending = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        deployment.lose_next(Answer::key_honoured().delay(Duration::from_mins(1)));
        let held = ending.spawn(client.execute(call).into_future());
        while deployment.executions().len() < 2 * call + 1 {
            std::thread::yield_now();
        }
        ending.shutdown_background();
        let staying = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert!(staying.block_on(held).unwrap_err().is_cancelled());
        staying.block_on(client.execute(call).into_future()).unwrap();
    }
}
