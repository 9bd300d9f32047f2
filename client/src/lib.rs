//! Starts AWS Step Functions workflows through an API Gateway `POST /execute` wired straight to `StartExecution`.
//!
//! ```no_run
//! # async fn doc() -> Result<(), stepgate::Error> {
//! use stepgate::Client;
//!
//! #[derive(serde::Serialize)]
//! struct Order { id: u32 }
//!
//! let client = Client::builder("http://127.0.0.1:8080/prod/execute").build()?;
//! let started = client.execute(&Order { id: 17 }).await?;
//! println!("{} since {:?}", started.execution_arn(), started.start_date());
//! # Ok(())
//! # }
//! ```
//!
//! # Did it start?
//!
//! A request that fails has started nothing, or a workflow, or it cannot be known. API Gateway's time-out of 29 s strikes
//! *after* the start, and every plain request makes a *new* execution; so sending again what "failed" runs an order
//! twice. This client knows the three apart:
//!
//! | what happened | [`Error::may_have_started`] | sent again |
//! | --- | --- | --- |
//! | no connection; refused unprocessed by HTTP/2 | no | always |
//! | throttled, by the gateway or by Step Functions, also behind HTTP 200 | no | always |
//! | refused by Step Functions ([`ErrorKind::CreationFailed`]) or by the gateway | no | never |
//! | 500, 502, 503, 504; reset or time-out once the request began to be written; an answer that is another request's, or neither the gateway's nor Step Functions' | **yes** | as the delivery says |
//!
//! [`Delivery`] decides about the last row:
//!
//! - [`Delivery::AtMostOnce`], the default, reports it. Nothing ever runs twice.
//! - [`Delivery::Idempotent`] sends it again under the same key, on a deployment that names executions after the key.
//!   This project's does; another is trusted only once it has been seen to.
//! - [`Delivery::AtLeastOnce`] sends it again, and tells which attempts may run beside the one it reports.
//!
//! After an ambiguous failure, [`Client::execution`] looks the key up, which turns "may have" into yes or, after a while,
//! into "no such execution". A call whose future is *dropped* is an ambiguous failure as well: see [`Execute`].
//!
//! With a key there is no success without an execution of that key; what proves an answer to be its request's is in the
//! repository's `docs/semantics.md`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), stepgate::Error> {
//! use stepgate::testing::{ScriptedTransport, Step, TestClock};
//! use stepgate::{Client, Delivery, ErrorKind};
//!
//! // The workflow is started, and then the gateway's time is up; all that follows is a duplicate to avoid.
//! let timeout = Step::gateway(504, "InternalServerErrorException", "Endpoint request timed out");
//! let transport = ScriptedTransport::new([timeout.clone(), timeout, Step::Start]);
//! let client = Client::builder("http://test.invalid/execute")
//!     .transport(transport.clone())
//!     .clock(TestClock::new())
//!     .keys_honoured()
//!     .build()?;
//!
//! let error = client.execute("tea").await.unwrap_err();
//! assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Server, true));
//!
//! let started = client.execute("tea").delivery(Delivery::Idempotent).await?;
//! assert_eq!((started.attempts().len(), started.key_honoured()), (2, Some(true)));
//! # Ok(())
//! # }
//! ```
//!
//! # Who may call
//!
#![cfg_attr(
    feature = "sigv4",
    doc = "[`ClientBuilder::credentials`] signs for IAM with any provider, [`ClientBuilder::api_key`] and [`ClientBuilder::bearer`] do the rest."
)]
//! [`ClientBuilder::authorization`] takes any other scheme. Secrets show in no `Debug`, error or span, not even where the
//! endpoint repeats them. Redirects are not followed and ambient proxies not used, because a signed request is for one host
//! only; [`transport::HttpSettings`] has a proxy of your choice.
//!
//! # Around it
//!
//! [`Client::execute_sync`] runs EXPRESS workflows to their output; [`Client::executions`] describes, lists, waits for
//! and stops executions; [`Client::preflight`] says what a browser would make of the deployment's CORS headers;
//! [`wire::classify`] is the judgement of one answer by itself, without a client.
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `hyper` (default) | the HTTP transport, with rustls; without it, give a [`transport::Transport`]; brings `tokio` |
//! | `sigv4` (default) | IAM signatures; brings `tokio` |
//! | `sdk-config` | settings of an AWS SDK; brings `sigv4` |
//! | `aws-config` | the AWS SDK's default chain of credentials; brings `sdk-config` |
//! | `reqwest-0_13` | `ClientBuilder::http_client`, for a reqwest client of your own; brings `tokio` |
//! | `tokio` | the default clock; without it, give a [`Clock`] |
//! | `blocking` | calls for code that does not await; brings `tokio` |
//! | `tracing` | a span for each attempt, in OpenTelemetry's names |
//! | `testing` | a scripted transport and a clock that never waits |
//! | `wiremock-0_6` | the contract as answers for wiremock, and a deployment that behaves; brings `testing` |

/// README's snippets, which only doctests see.
#[cfg(all(doctest, feature = "hyper", feature = "wiremock-0_6"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod attempt;
mod auth;
mod builder;
mod call;
mod client;
mod clock;
mod delivery;
mod ending;
mod endpoint;
mod epoch;
mod error;
mod execute;
mod execute_sync;
mod executions;
mod headers;
mod keys;
mod look_ups;
mod pace;
mod payload;
mod random;
mod retry;
#[cfg(feature = "tokio")]
mod runtime;
mod secrets;
mod session;
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
pub use executions::{Execution, Executions, FindExecution, ListPages, Status};
pub use keys::IdempotencyKey;
pub use payload::MAX_INPUT;
pub use retry::{Backoff, RetryBudget};
pub use started::Started;
pub use wiring::Wiring;
