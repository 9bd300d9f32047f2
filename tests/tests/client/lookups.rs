//! What became of executions, asked of the emulator: through the deployment's route, and through the Step Functions API.

use crate::server::reqwest_client;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use stepgate::credentials::Credentials;
use stepgate::transport::{Phase, Progress, Transport, TransportError};
use stepgate::{Client, ErrorKind, Status};
use stepgate_emulator::clock::{Clock, VirtualClock};
use stepgate_emulator::signature::AccessKey;
use stepgate_emulator::{Builder, Emulator, Serving, gateway};

/// A deployment's clock: it stands still until it is released, then workflows wait in no time.
#[derive(Debug)]
struct Held {
    time: VirtualClock,
    released: AtomicBool,
}

impl Held {
    fn new() -> Arc<Self> {
        let time = VirtualClock::starting_at(Duration::from_hours(490_896));
        Arc::new(Self { time, released: AtomicBool::new(false) })
    }

    fn release(&self) {
        self.released.store(true, Ordering::SeqCst);
    }
}

impl Clock for Held {
    fn now(&self) -> Duration {
        self.time.now()
    }

    fn block_for(&self, deadline: Duration) -> Duration {
        // Whoever blocks is not told of the release, so it looks again soon.
        if self.released.load(Ordering::SeqCst) { self.time.block_for(deadline) } else { Duration::from_millis(1) }
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

fn open() -> Builder {
    Emulator::builder().parameter("Auth", "NONE")
}

fn serve(builder: Builder) -> Serving {
    builder.build().unwrap().serve(([127, 0, 0, 1], 0).into()).unwrap()
}

fn client(endpoint: &Serving) -> Client {
    Client::builder(endpoint.url()).build().unwrap()
}

#[tokio::test]
async fn the_route_tells_whether_an_execution_runs_and_how_it_ended() {
    let clock = Held::new();
    let endpoint = serve(open().clock(clock.clone()));
    let client = client(&endpoint);
    let started = client.execute(json!({ "order": 17 })).idempotency_key("order-17").await.unwrap();

    let running = client.execution("order-17").await.unwrap().unwrap();
    assert_eq!((running.arn.as_str(), running.status), (started.execution_arn(), Status::Running));
    assert_eq!((running.start_date, running.stop_date), (started.start_date(), None));
    assert_eq!(running.input.as_deref(), Some(r#"{"order":17}"#));
    assert!(client.execution("order-18").await.unwrap().is_none());

    clock.release();
    let executions = client.executions(endpoint.base_url()).unwrap();
    executions.wait(started.execution_arn(), Duration::from_mins(1)).await.unwrap();
    let ended = client.execution("order-17").await.unwrap().unwrap();
    assert_eq!(ended.status, Status::Succeeded);
    assert_eq!(ended.output::<Value>().unwrap(), Some(json!({ "function": "end" })));
    assert!(ended.stop_date >= ended.start_date.map(|start| start + Duration::from_secs(3)));
}

#[tokio::test]
async fn every_name_that_a_key_may_have_is_found_behind_a_signature() {
    let key = AccessKey::generate([7; 46], "aws", "123456789012");
    let options = gateway::GatewayOptions { credentials: key.clone().into(), ..gateway::GatewayOptions::default() };
    let endpoint = serve(Emulator::builder().parameter("Auth", "AWS_IAM").gateway_options(options));
    let builder = |secret: &str| {
        let credentials = Credentials::new(key.access_key(), secret, None, None, "test");
        Client::builder(endpoint.url()).region("us-east-1").credentials(credentials)
    };
    let client = builder(key.secret()).build().unwrap();
    for name in ["order-17", "9c3d8aab-83bf-4542-8256-36c9f42b6b01", "a!'()+.=@_-Z"] {
        client.execute(1).idempotency_key(name).await.unwrap();
        assert_eq!(client.execution(name).await.unwrap().unwrap().name, name);
    }
    let stranger = builder("another secret").build().unwrap();
    let refused = stranger.execution("order-17").await.unwrap_err();
    assert!(refused.is_forbidden(), "{refused:?}");
}

/// Sends over a real connection or not at all, and loses the answer.
#[derive(Debug)]
struct Lossy {
    arrives: bool,
    http: reqwest::Client,
}

impl Transport for Lossy {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        progress: &Progress,
    ) -> Result<http::Response<Bytes>, TransportError> {
        progress.set(Phase::Waiting);
        if self.arrives {
            self.http.execute(request.try_into().unwrap()).await.unwrap();
        }
        Err(TransportError::new("the answer is lost"))
    }
}

#[tokio::test]
async fn what_may_have_started_is_found_if_it_did_and_not_if_it_did_not() {
    let endpoint = serve(open().clock(Held::new()));
    let witness = client(&endpoint);
    for (name, arrives) in [("arrived", true), ("lost", false)] {
        let http = reqwest_client().build().unwrap();
        let builder = Client::builder(endpoint.url()).transport(Lossy { arrives, http });
        let error = builder.build().unwrap().execute("tea").idempotency_key(name).await.unwrap_err();
        assert!(error.may_have_started());
        assert_eq!(witness.execution(name).await.unwrap().is_some(), arrives, "{name}");
    }
    assert_eq!(endpoint.counters().started, 1);
}

#[tokio::test]
async fn the_api_describes_stops_and_waits() {
    let clock = Held::new();
    let endpoint = serve(open().clock(clock.clone()));
    let client = client(&endpoint);
    let executions = client.executions(endpoint.base_url()).unwrap();
    let (first, second) = (client.execute("a").await.unwrap(), client.execute("b").await.unwrap());

    executions.stop(first.execution_arn(), "Cancelled", "by the customer").await.unwrap();
    let stopped = executions.describe(first.execution_arn()).await.unwrap().unwrap();
    assert_eq!(stopped.status, Status::Aborted);
    assert_eq!((stopped.error.as_deref(), stopped.cause.as_deref()), (Some("Cancelled"), Some("by the customer")));

    clock.release();
    let ended = executions.wait(second.execution_arn(), Duration::from_mins(1)).await.unwrap();
    assert_eq!((ended.status, ended.name.as_str()), (Status::Succeeded, second.name()));
    executions.stop(second.execution_arn(), "Late", "").await.unwrap();
    let still = executions.describe(second.execution_arn()).await.unwrap().unwrap();
    assert_eq!(still.status, Status::Succeeded, "one that has ended stays as it ended");
}

#[tokio::test]
async fn the_api_tells_what_is_missing_from_what_is_wrong() {
    let endpoint = serve(open().clock(Held::new()));
    let client = client(&endpoint);
    let executions = client.executions(endpoint.base_url()).unwrap();
    let started = client.execute("a").await.unwrap();
    let missing = started.execution_arn().replace(started.name(), "order-17");
    assert!(executions.describe(&missing).await.unwrap().is_none());
    let error = executions.describe("order-17").await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Rejected, Some("InvalidArn")));
}

#[tokio::test]
async fn a_list_of_more_than_a_page_is_whole_and_filtered() {
    let emulator = open().clock(Held::new()).build().unwrap();
    let machine = emulator.machines().next().unwrap().to_owned();
    let endpoint = emulator.serve(([127, 0, 0, 1], 0).into()).unwrap();
    let body = json!({ "stateMachineArn": machine, "input": "{}" }).to_string();
    for _ in 0..1_500 {
        assert_eq!(endpoint.call("StartExecution", body.as_bytes()).status, 200);
    }
    let executions = client(&endpoint).executions(endpoint.base_url()).unwrap();
    let mut running = executions.list(&machine, Some(Status::Running));
    let mut names = Vec::new();
    let mut pages = Vec::new();
    while let Some(page) = running.next().await.unwrap() {
        pages.push(page.len());
        names.extend(page.into_iter().map(|execution| execution.name));
    }
    assert_eq!(pages, [1_000, 500]);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 1_500);
    let mut succeeded = executions.list(&machine, Some(Status::Succeeded));
    assert_eq!(succeeded.next().await.unwrap().unwrap(), []);
    assert!(succeeded.next().await.unwrap().is_none());
}

#[tokio::test]
async fn executions_of_an_express_workflow_cannot_be_described() {
    let clock = Held::new();
    clock.release();
    let endpoint = serve(open().parameter("WorkflowType", "EXPRESS").clock(clock));
    let client = client(&endpoint);
    let completed = client.execute_sync::<Value>("a").await.unwrap();
    let executions = client.executions(endpoint.base_url()).unwrap();
    let error = executions.describe(completed.execution_arn()).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Rejected, Some("InvalidArn")));
}
