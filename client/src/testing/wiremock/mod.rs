//! The contract for [wiremock]: every answer of it, and a deployment that behaves.
//!
//! With the feature `wiremock-0_6`.
//!
//! A contract test of your own code:
//!
//! ```
//! use stepgate::testing::wiremock::{Answer, contract};
//! use stepgate::{Client, Error};
//! use wiremock::MockServer;
//!
//! // The code under test.
//! async fn order(client: &Client, number: u32) -> Result<String, Error> {
//!     let started = client.execute(number).idempotency_key(format!("order-{number}")).await?;
//!     Ok(started.name().to_owned())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let server = MockServer::start().await;
//! let deployment = contract(&server).await;
//! let client = Client::builder(deployment.url()).build()?;
//!
//! assert_eq!(order(&client, 17).await?, "order-17");
//! deployment.refuse_next(Answer::creation_failed("ExecutionLimitExceeded"));
//! assert!(order(&client, 18).await.unwrap_err().is_creation_failed());
//! assert_eq!(deployment.executions().len(), 1);
//! # Ok(())
//! # }
//! ```

/// The example of an answer, which a doc test runs: `server` and `client`, which asks once, are there.
macro_rules! example {
    ($($line:literal)+) => {
        concat!(
            "```\n",
            "# use stepgate::testing::wiremock::{Answer, Deployment, contract};\n",
            "# use stepgate::{Client, Delivery, ErrorKind, Status, Wiring};\n",
            "# use wiremock::{Mock, MockServer, matchers::any};\n",
            "# #[tokio::main(flavor = \"current_thread\")]\n",
            "# async fn main() -> Result<(), Box<dyn std::error::Error>> {\n",
            "# let server = MockServer::start().await;\n",
            "# let client = Client::builder(server.uri()).max_attempts(1).build()?;\n",
            $($line, "\n",)+
            "# Ok(())\n",
            "# }\n",
            "```",
        )
    };
}

mod answer;
mod deployment;
mod gateway;
mod ids;
mod json;
mod look_ups;
mod machine;
mod names;
mod service_error;
mod starts;

pub use answer::Answer;
pub use deployment::{Deployment, contract};
