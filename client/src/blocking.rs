//! The client for code that does not await.
//!
//! ```no_run
//! use stepgate::{Client, blocking};
//!
//! # fn main() -> Result<(), stepgate::Error> {
//! let client = Client::builder("http://127.0.0.1:8080/dev/execute").build()?;
//! let client = blocking::Client::new(client)?;
//! let started = client.execute("hello").idempotency_key("greeting-1").send()?;
//! println!("{}", started.execution_arn());
//! # Ok(())
//! # }
//! ```

use crate::cors::Cors;
use crate::executions::Execution;
use crate::{Completed, Delivery, Error, Started};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// A [`Client`](crate::Client) on a thread of its own, whose calls return when they have ended. Clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    inner: crate::Client,
    runtime: Arc<Background>,
}

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

impl Client {
    /// Starts the thread. It also sees connections that the gateway closes between calls, which a request would
    /// otherwise be lost on.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if no thread can be started.
    pub fn new(client: crate::Client) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("stepgate").enable_all().build();
        let runtime = runtime.map_err(|source| Error::config("no thread to run calls on").with_source(source))?;
        Ok(Self { inner: client, runtime: Arc::new(Background(Some(runtime))) })
    }

    /// As [`Client::execute`](crate::Client::execute), sent by [`Execute::send`].
    pub fn execute<T: Serialize>(&self, payload: T) -> Execute {
        Execute { call: self.inner.execute(payload), client: self.clone() }
    }

    /// As [`Client::execute_sync`](crate::Client::execute_sync).
    ///
    /// # Errors
    /// As there.
    pub fn execute_sync<O: DeserializeOwned>(&self, payload: impl Serialize) -> Result<Completed<O>, Error> {
        self.wait(self.inner.execute_sync(payload))
    }

    /// As [`Client::execution`](crate::Client::execution).
    ///
    /// # Errors
    /// As there.
    pub fn execution(&self, name: &str) -> Result<Option<Execution>, Error> {
        self.wait(self.inner.execution(name))
    }

    /// As [`Client::preflight`](crate::Client::preflight).
    ///
    /// # Errors
    /// As there.
    pub fn preflight(&self, origin: &str) -> Result<Cors, Error> {
        self.wait(self.inner.preflight(origin))
    }

    /// Waits for any call of the async client, or of its [`Executions`](crate::Executions).
    ///
    /// # Errors
    /// The call's own; [`ErrorKind::Config`](crate::ErrorKind::Config) inside an async runtime, whose thread it would
    /// block.
    pub fn wait<T>(&self, call: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, Error> {
        let Some(runtime) = self.runtime.0.as_ref().filter(|_| Handle::try_current().is_err()) else {
            return Err(Error::config("a blocking call inside an async runtime: await the async client instead"));
        };
        runtime.block_on(call.into_future())
    }
}

/// A call that is ready to be sent; made by [`Client::execute`].
#[must_use = "nothing is sent until `send`"]
#[derive(Debug)]
pub struct Execute {
    call: crate::Execute,
    client: Client,
}

impl Execute {
    /// The deadline of this call with all its attempts and pauses. Default: the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    /// The time that one attempt of this call may take. Default: the client's.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.attempt_timeout(timeout);
        self
    }

    /// What to do when nobody can know whether the workflow was started. Default: the client's.
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.call = self.call.delivery(delivery);
        self
    }

    /// The key of this call.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.call = self.call.idempotency_key(key);
        self
    }

    /// A header for the requests of this call.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.call = self.call.header(name, value);
        self
    }

    /// Sends it, and returns when it has ended.
    ///
    /// # Errors
    /// As awaiting [`Execute`](crate::Execute).
    pub fn send(self) -> Result<Started, Error> {
        self.client.wait(self.call)
    }
}
