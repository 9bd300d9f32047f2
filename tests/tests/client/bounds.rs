//! One bound for every call, whatever it waits for.

use crate::server::{Behaviour, FaultServer};
use aws_credential_types::provider::future;
use std::time::Duration;
use stepgate::credentials::ProvideCredentials;
use stepgate::{Client, ErrorKind};

const SHORT: Duration = Duration::from_millis(100);

/// A provider that never answers.
#[derive(Debug)]
struct Silent;

impl ProvideCredentials for Silent {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(std::future::pending())
    }
}

#[tokio::test]
async fn a_provider_that_never_answers_ends_every_call_in_time() {
    let builder = Client::builder("http://127.0.0.1:9/dev/execute").region("eu-west-1").credentials(Silent);
    let client = builder.timeout(SHORT).build().unwrap();
    let executions = client.executions_in("http://127.0.0.1:9/", "eu-west-1").unwrap();
    let errors = [
        client.execute(1).await.unwrap_err(),
        client.execute(1).into_request().await.unwrap_err(),
        client.execute_sync::<u32>(1).await.unwrap_err(),
        client.execution("order-17").await.unwrap_err(),
        client.preflight("http://localhost").await.unwrap_err(),
        executions.describe("arn").await.unwrap_err(),
        executions.stop("arn", "", "").await.unwrap_err(),
        executions.list("arn", None).next().await.unwrap_err(),
        executions.wait("arn", Duration::from_mins(1)).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Timeout, false), "{error}");
    }
}

#[tokio::test]
async fn an_endpoint_that_never_answers_ends_every_look_up_in_time() {
    let server = FaultServer::start(vec![Behaviour::Stall(String::new())]).await;
    let client = Client::builder(&server.url).timeout(SHORT).build().unwrap();
    let executions = client.executions(&server.url).unwrap();
    let errors = [
        client.execution("order-17").await.unwrap_err(),
        client.preflight("http://localhost").await.unwrap_err(),
        executions.describe("arn").await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Timeout, false), "{error}");
        assert_eq!(error.attempts().len(), 1, "an error of a look-up tells of its attempts, too");
    }
    // The bound of `wait` is its own, though the client's would allow more.
    let patient = Client::builder(&server.url).build().unwrap().executions(&server.url).unwrap();
    assert!(patient.wait("arn", SHORT).await.unwrap_err().is_timeout());
}
