//! Doubles for the tests of code that calls workflows: a transport that follows a script, and a clock that never makes
//! anybody wait.
//!
//! With the feature `testing`.
//!
//! ```
//! use stepgate::testing::{ScriptedTransport, Step, TestClock};
//! use stepgate::transport::Phase;
//! use stepgate::{Client, Delivery};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), stepgate::Error> {
//! let transport = ScriptedTransport::new([Step::Break(Phase::Connecting), Step::Start]);
//! let client = Client::builder("http://test.invalid/execute")
//!     .transport(transport.clone())
//!     .clock(TestClock::new())
//!     .seed(1)
//!     .build()?;
//! let started = client.execute("hello").await?;
//! assert_eq!(started.attempts().len(), 2);
//! assert_eq!(transport.requests()[1].body(), "\"hello\"");
//! # Ok(())
//! # }
//! ```

mod clock;
mod script;
#[cfg(feature = "wiremock-0_6")]
pub mod wiremock;

pub use clock::TestClock;
pub use script::{ScriptedTransport, Step};
