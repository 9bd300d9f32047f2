//! Starts AWS Step Functions workflows through an API Gateway `POST /execute` wired straight to `StartExecution`.
//!
//! ```no_run
//! # async fn doc() -> Result<(), stepgate::Error> {
//! let client = stepgate::Client::builder("http://127.0.0.1:8080/dev/execute").build()?;
//! let started = client.execute(serde_json::json!({ "order": 17 })).await?;
//! println!("{}", started.execution_arn());
//! # Ok(())
//! # }
//! ```
//!
//! # Did it start?
//!
//! Every plain re-send of such a request is a *new* execution, and API Gateway's time-out strikes after the start. So
//! the client sends again only what provably started nothing ([`Delivery::AtMostOnce`]), and every [`Error`] says
//! whether a workflow may run all the same ([`Error::may_have_started`]).
//!
//! The pure centre is [`wire`]: it decides what one answer of the endpoint means.

mod attempt;
mod auth;
mod builder;
mod call;
mod client;
mod clock;
mod delivery;
mod endpoint;
mod epoch;
mod error;
mod execute;
mod execute_sync;
mod executions;
mod judge;
mod keys;
mod payload;
mod random;
mod retry;
mod started;
mod telemetry;
mod wiring;

#[cfg(feature = "blocking")]
pub mod blocking;
pub mod cors;
#[cfg(feature = "sigv4")]
pub mod credentials;
#[cfg(feature = "sigv4")]
pub mod sigv4;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transport;
pub mod wire;

pub use attempt::Attempt;
pub use builder::ClientBuilder;
pub use client::Client;
pub use clock::Clock;
#[cfg(feature = "tokio")]
pub use clock::TokioClock;
pub use delivery::Delivery;
pub use error::{Error, ErrorKind};
pub use execute::Execute;
pub use execute_sync::{Completed, ExecuteSync};
pub use executions::{Execution, Executions, ListPages, Status};
pub use keys::IdempotencyKey;
pub use payload::MAX_INPUT;
pub use retry::{Backoff, RetryBudget};
pub use started::Started;
pub use wiring::Wiring;
