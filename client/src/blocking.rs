//! The client for code that does not await.
//!
//! With the feature `blocking`.
//!
//! ```no_run
//! use stepgate::Client;
//! use stepgate::blocking::Blocking;
//!
//! # fn main() -> Result<(), stepgate::Error> {
//! let client = Client::builder("http://127.0.0.1:8080/dev/execute").build()?;
//! let blocking = Blocking::new()?;
//! let started = blocking.wait(client.execute("hello").idempotency_key("greeting-1"))?;
//! println!("{}", started.execution_arn());
//! # Ok(())
//! # }
//! ```
//!
//! The calls of [`Executions`](crate::Executions) borrow it, and what is waited for here has to own what it needs. So move a
//! clone into the call:
//!
//! ```no_run
//! # use std::time::Duration;
//! # use stepgate::{Error, Execution, Executions, blocking::Blocking};
//! # fn ended(blocking: &Blocking, executions: &Executions, arn: &str) -> Result<Execution, Error> {
//! let (executions, arn) = (executions.clone(), arn.to_owned());
//! let ended = blocking.wait(async move { executions.wait(&arn, Duration::from_mins(1)).await })?;
//! # Ok(ended)
//! # }
//! ```

use crate::error::Error;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use tokio::runtime::{Builder, Runtime};
use tokio::task::coop::consume_budget;

/// A thread that runs calls while others wait for them. Clones share it; one serves any number of clients.
#[derive(Debug, Clone)]
pub struct Blocking(Arc<Background>);

/// A runtime that does not wait for its thread when it is dropped, so that it can be dropped anywhere.
#[derive(Debug)]
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Blocking {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if no thread can be started.
    pub fn new() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("stepgate").enable_all().build();
        let runtime = runtime.map_err(|source| Error::config("no thread to run calls on").with_source(source))?;
        Ok(Self(Arc::new(Background(Some(runtime)))))
    }

    /// Waits for a call: of a [`Client`](crate::Client), of a clone of its [`Executions`](crate::Executions) (see
    /// [above](self)), or any future that ends in an [`Error`]. It may block in `spawn_blocking`, in `block_in_place` and under
    /// an entered handle.
    ///
    /// # Errors
    /// The call's own; [`ErrorKind::Config`](crate::ErrorKind::Config) inside an async task, whose thread it would block.
    ///
    /// # Panics
    /// If the call does.
    pub fn wait<T, C>(&self, call: C) -> Result<T, Error>
    where
        T: Send + 'static,
        C: IntoFuture<Output = Result<T, Error>>,
        C::IntoFuture: Send + 'static,
    {
        if is_in_task() {
            return Err(Error::config("a blocking call inside an async task: await the call instead"));
        }
        let runtime = self.0.0.as_ref().expect("the runtime goes when its last owner does");
        let (sender, receiver) = mpsc::sync_channel(1);
        let call = call.into_future();
        runtime.spawn(async move {
            // Nobody to tell it to if the waiting thread is gone.
            let _ = sender.send(call.await);
        });
        receiver.recv().expect("the call panicked")
    }
}

/// Whether this thread is polling a task of tokio's. Only there has a task a budget of steps, which this uses up: no
/// other question that tokio answers tells a task from `spawn_blocking`, where blocking is welcome.
fn is_in_task() -> bool {
    const MORE_THAN_ANY_BUDGET: usize = 1_024;
    let mut context = Context::from_waker(Waker::noop());
    (0..MORE_THAN_ANY_BUDGET).any(|_| pin!(consume_budget()).poll(&mut context) == Poll::Pending)
}
