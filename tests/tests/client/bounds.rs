//! One bound for every call, whatever it waits for.

use crate::server::{Behaviour, FaultServer};
use aws_credential_types::provider::future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use stepgate::credentials::ProvideCredentials;
use stepgate::transport::HttpSettings;
use stepgate::{Client, Error, ErrorKind};

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

#[test]
fn a_time_of_zero_is_refused_when_the_client_is_built() {
    let builder = || Client::builder("http://127.0.0.1:9/dev/execute");
    let zero = Duration::ZERO;
    for (setting, built) in [
        ("timeout", builder().timeout(zero).build()),
        ("attempt_timeout", builder().attempt_timeout(zero).build()),
        ("connect_timeout", builder().connect_timeout(zero).build()),
        ("keep_alive", builder().http(HttpSettings::new().keep_alive(zero, SHORT)).build()),
        ("keep_alive", builder().http(HttpSettings::new().keep_alive(SHORT, zero)).build()),
    ] {
        let error = built.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{setting}");
        assert!(error.to_string().contains(&format!("`{setting}`")), "{error}");
    }
}

/// Polls once, as a caller does that has no runtime.
fn outside_of_a_runtime<T>(future: impl Future<Output = Result<T, Error>>) -> Option<Error> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.err(),
        Poll::Pending => None,
    }
}

#[test]
fn a_call_without_a_runtime_is_a_clear_error() {
    let client = Client::builder("http://127.0.0.1:9/dev/execute").build().unwrap();
    let brought =
        Client::builder("http://127.0.0.1:9/dev/execute").http_client(reqwest::Client::new()).build().unwrap();
    let signed = Client::builder("http://127.0.0.1:9/dev/execute").region("eu-west-1").credentials(Silent).build();
    let signed = signed.unwrap();
    let executions = signed.executions_in("http://127.0.0.1:9/", "eu-west-1").unwrap();
    let outcomes = [
        outside_of_a_runtime(client.execute(1).into_future()),
        outside_of_a_runtime(client.execute_sync::<u32>(1).into_future()),
        outside_of_a_runtime(client.execution("order-17").within(SHORT).into_future()),
        outside_of_a_runtime(client.preflight("http://localhost").into_future()),
        outside_of_a_runtime(brought.execute(1).into_future()),
        outside_of_a_runtime(signed.execute(1).into_request()),
        outside_of_a_runtime(signed.preflight("http://localhost").into_future()),
        outside_of_a_runtime(executions.describe("arn")),
        outside_of_a_runtime(executions.wait("arn", SHORT)),
    ];
    for error in outcomes {
        let error = error.expect("it ends at once");
        assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Config, false), "{error}");
        assert!(error.to_string().contains("outside of a tokio runtime"), "{error}");
    }
}

#[test]
fn a_runtime_that_lacks_what_a_call_needs_is_a_clear_error() {
    let client = Client::builder("http://127.0.0.1:9/dev/execute").build().unwrap();
    let brought =
        Client::builder("http://127.0.0.1:9/dev/execute").http_client(reqwest::Client::new()).build().unwrap();
    let bare = || tokio::runtime::Builder::new_current_thread();
    for (runtime, lacking) in [
        (bare().build(), "enable_time"),
        (bare().enable_io().build(), "enable_time"),
        (bare().enable_time().build(), "enable_io"),
    ] {
        let runtime = runtime.unwrap();
        for client in [&client, &brought] {
            let error = runtime.block_on(client.execute(1).into_future()).unwrap_err();
            assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Config, false), "{error}");
            assert!(error.to_string().contains(lacking), "{error}");
        }
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
        // Nothing has shown yet that the path has a method of its own for it.
        (client.execution("order-17").await.unwrap_err(), true),
        // The path is the one that starts executions, maybe by any method.
        (client.preflight("http://localhost").await.unwrap_err(), true),
        (executions.describe("arn").await.unwrap_err(), false),
    ];
    for (error, may_have_started) in errors {
        assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Timeout, may_have_started), "{error}");
        assert_eq!(error.attempts().len(), 1, "an error of a look-up tells of its attempts, too");
    }
    // The bound of `wait` and `within` is their own, though the client's would allow more.
    let patient = Client::builder(&server.url).build().unwrap().executions(&server.url).unwrap();
    assert!(patient.wait("arn", SHORT).await.unwrap_err().is_timeout());
    let patient = Client::builder(&server.url).look_up_route("executions/{name}").build().unwrap();
    assert!(patient.execution("order-17").within(SHORT).await.unwrap_err().is_timeout());
}
