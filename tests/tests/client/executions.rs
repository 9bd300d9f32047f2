//! What became of an execution: the deployment's own route, and the Step Functions API.

use crate::scene::Scene;
use serde_json::json;
use std::time::Duration;
use stepgate::credentials::Credentials;
use stepgate::testing::Step;
use stepgate::{Client, ErrorKind, Executions, Status};

const ARN: &str = "arn:aws:states:eu-west-1:1:execution:machine:order-17";

fn client(scene: &Scene) -> Client {
    let credentials = Credentials::new("AKID", "secret", None, None, "test");
    scene.builder().credentials(credentials).max_attempts(4).build().unwrap()
}

fn executions(scene: &Scene) -> Executions {
    client(scene).executions("http://states.eu-west-1.amazonaws.com/").unwrap()
}

fn sent(scene: &Scene, number: usize) -> (String, serde_json::Value) {
    let request = &scene.transport.requests()[number];
    let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
    (target, serde_json::from_slice(request.body()).unwrap())
}

fn execution(status: &str) -> serde_json::Value {
    json!({
        "executionArn": ARN, "name": "order-17", "status": status, "startDate": 1.5e9,
        "stateMachineArn": "arn:aws:states:eu-west-1:1:stateMachine:machine", "input": "{}",
    })
}

fn described(status: &str) -> Step {
    Step::answer(200, execution(status).to_string())
}

fn refused(error: &str) -> Step {
    Step::answer(400, json!({ "__type": error, "message": "no" }).to_string())
}

#[tokio::test]
async fn the_deployments_route_turns_may_have_started_into_yes_or_no() {
    let missing = json!({ "code": "NOT_FOUND", "message": "", "reason": "ExecutionDoesNotExist" });
    let scene =
        Scene::new([described("RUNNING"), Step::answer(404, missing.to_string()), refused("ExecutionDoesNotExist")]);
    let client = client(&scene);
    assert_eq!(client.execution("order-17").await.unwrap().unwrap().status, Status::Running);
    assert!(client.execution("order-17").await.unwrap().is_none());
    assert!(client.execution("order-17").await.unwrap().is_none());
    let request = &scene.transport.requests()[0];
    assert_eq!((request.method().as_str(), request.uri().path()), ("GET", "/prod/executions/order-17"));
    assert!(request.headers().contains_key("authorization"));
}

#[tokio::test]
async fn a_route_elsewhere_is_asked_where_the_caller_says() {
    let scene = Scene::new([described("RUNNING"), refused("ExecutionDoesNotExist")]);
    let client = scene.builder().look_up_route("/prod/orders/{name}/execution").build().unwrap();
    assert!(client.execution("order-17").await.unwrap().is_some());
    assert!(client.execution("bestellung-\u{e4}").await.unwrap().is_none(), "a name that is no key");
    let paths: Vec<_> = scene.transport.requests().iter().map(|request| request.uri().path().to_owned()).collect();
    assert_eq!(paths, ["/prod/orders/order-17/execution", "/prod/orders/bestellung-%C3%A4/execution"]);
}

#[tokio::test]
async fn a_look_up_asks_no_longer_than_it_is_told_to() {
    let hang = || Step::Hang(stepgate::transport::Phase::Waiting);
    let missing = || refused("ExecutionDoesNotExist");
    let scene = Scene::new([missing(), hang(), hang(), hang()]);
    let error = client(&scene).execution("order-17").within(Duration::from_secs(3)).await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_started(), "{error:?}");
    assert_eq!(scene.clock.waits().iter().sum::<Duration>(), Duration::from_secs(3));
}

#[tokio::test]
async fn a_deployment_without_the_route_gives_no_verdict() {
    let unknown = Step::gateway(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    let scene = Scene::new([unknown]);
    let error = client(&scene).execution("order-17").await.unwrap_err();
    assert!(error.is_forbidden());
    for name in ["a/b", "..", "."] {
        assert_eq!(client(&scene).execution(name).await.unwrap_err().kind(), ErrorKind::Config);
    }
}

#[tokio::test]
async fn describing_is_signed_for_the_step_functions_api() {
    let mut answer = execution("SUCCEEDED");
    answer["output"] = json!(r#"{"function":"end"}"#);
    let scene = Scene::new([
        Step::answer(200, answer.to_string()),
        refused("com.amazonaws.swf.service.v2.model#ExecutionDoesNotExist"),
    ]);
    let executions = executions(&scene);
    let execution = executions.describe(ARN).await.unwrap().unwrap();
    assert_eq!(execution.output::<serde_json::Value>().unwrap(), Some(json!({ "function": "end" })));
    assert_eq!(execution.output::<u32>().unwrap_err().kind(), ErrorKind::Output);
    assert!(executions.describe(ARN).await.unwrap().is_none());
    assert_eq!(sent(&scene, 0), ("AWSStepFunctions.DescribeExecution".into(), json!({ "executionArn": ARN })));
    let authorization = scene.transport.requests()[0].headers()["authorization"].to_str().unwrap().to_owned();
    assert!(authorization.contains("/eu-west-1/states/aws4_request"), "{authorization}");
}

#[tokio::test]
async fn waiting_asks_less_and_less_often_until_the_end() {
    let steps = ["RUNNING", "RUNNING", "RUNNING", "TIMED_OUT"].map(described);
    let scene = Scene::new(steps);
    let execution = executions(&scene).wait(ARN, Duration::from_mins(1)).await.unwrap();
    assert_eq!(execution.status, Status::TimedOut);
    assert_eq!(scene.clock.waits(), [500, 1_000, 2_000].map(Duration::from_millis));
}

#[tokio::test]
async fn waiting_ends_with_its_time() {
    let scene = Scene::new(std::iter::repeat_n(described("RUNNING"), 9));
    let error = executions(&scene).wait(ARN, Duration::from_secs(2)).await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_started());
    assert_eq!(scene.clock.waits().iter().sum::<Duration>(), Duration::from_secs(2));
}

#[tokio::test]
async fn waiting_right_after_a_start_is_patient_with_step_functions() {
    let missing = || refused("ExecutionDoesNotExist");
    let scene = Scene::new([missing(), missing(), described("RUNNING"), described("SUCCEEDED")]);
    let execution = executions(&scene).wait(ARN, Duration::from_mins(1)).await.unwrap();
    assert_eq!(execution.status, Status::Succeeded);

    let scene = Scene::new(std::iter::repeat_with(missing).take(9));
    let error = executions(&scene).wait(ARN, Duration::from_mins(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Rejected, Some("ExecutionDoesNotExist")));
    assert!(scene.clock.waits().iter().sum::<Duration>() >= Executions::SETTLING);
}

#[tokio::test]
async fn waiting_goes_on_through_failures_that_may_pass_until_its_time() {
    let unavailable = || Step::answer(503, json!({ "__type": "ServiceUnavailable" }).to_string());
    let outage = || std::iter::repeat_with(unavailable).take(9);
    let scene = Scene::new([described("RUNNING")].into_iter().chain(outage()).chain([described("SUCCEEDED")]));
    let execution = executions(&scene).wait(ARN, Duration::from_mins(2)).await.unwrap();
    assert_eq!(execution.status, Status::Succeeded);
    let found = Scene::new(outage().chain([described("RUNNING")]));
    let looking = found.builder().max_attempts(4).look_up_route("executions/{name}").build().unwrap();
    assert!(looking.execution("order-17").within(Duration::from_mins(2)).await.unwrap().is_some());

    let scene = Scene::new(outage().chain([refused("InvalidArn")]));
    let error = executions(&scene).wait(ARN, Duration::from_mins(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "what cannot pass ends it");
    let scene = Scene::new(std::iter::repeat_with(unavailable).take(99));
    let error = executions(&scene).wait(ARN, Duration::from_secs(5)).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, Some(503)));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("503"));
}

#[tokio::test]
async fn what_an_execution_is_stopped_with_is_repeated_by_no_error() {
    let scene =
        Scene::new([Step::answer(400, json!({ "__type": "InvalidArn", "message": "no: card 4111-1111" }).to_string())]);
    let error = executions(&scene).stop("arn", "Cancelled", "card 4111-1111").await.unwrap_err();
    assert!(error.to_string().contains("[redacted]") && !format!("{error:?}").contains("4111"), "{error}");
}

#[tokio::test]
async fn a_look_up_goes_on_asking_if_it_is_told_to() {
    let missing = || refused("ExecutionDoesNotExist");
    let scene = Scene::new([missing(), missing(), described("RUNNING"), missing()]);
    let found = client(&scene).execution("order-17").within(Duration::from_secs(30)).await.unwrap();
    assert_eq!(found.unwrap().status, Status::Running);
    assert!(client(&scene).execution("order-17").await.unwrap().is_none());
}

#[tokio::test]
async fn a_description_of_another_execution_is_not_taken() {
    let mut other = execution("SUCCEEDED");
    other["executionArn"] = json!("arn:aws:states:eu-west-1:1:execution:machine:order-18");
    let other = || Step::answer(200, other.to_string());
    let scene = Scene::new([other(), described("RUNNING"), other(), other(), described("RUNNING")]);
    assert_eq!(executions(&scene).describe(ARN).await.unwrap().unwrap().arn, ARN);
    let mismatch = client(&scene).execution("order-17").await.unwrap_err();
    assert_eq!(mismatch.kind(), ErrorKind::Mismatch, "it does not show what this route is for");
    let looking = scene.builder().look_up_route("executions/{name}").build().unwrap();
    assert_eq!(looking.execution("order-17").await.unwrap().unwrap().arn, ARN);
}

#[tokio::test]
async fn an_expired_token_is_replaced_and_is_one_kind_on_every_call() {
    let expired = || refused("com.amazon.coral.service#ExpiredTokenException");
    let scene = Scene::new([expired(), described("RUNNING"), expired(), expired()]);
    let executions = executions(&scene);
    assert!(executions.describe(ARN).await.unwrap().is_some());
    assert_eq!(executions.describe(ARN).await.unwrap_err().kind(), ErrorKind::Forbidden);
}

#[test]
fn calls_are_signed_for_the_region_of_the_host_or_not_at_all() {
    let client = client(&Scene::new([]));
    assert_eq!(client.executions("http://127.0.0.1:9/").unwrap_err().kind(), ErrorKind::Config);
    assert!(client.executions_in("http://127.0.0.1:9/", "eu-west-1").is_ok());
    assert!(client.executions("http://states-fips.us-east-1.amazonaws.com/").is_ok());
    let error = client.executions_in("http://states.us-east-1.amazonaws.com/", "eu-west-1").unwrap_err();
    assert!(error.to_string().contains("us-east-1"), "{error}");
    for unsigned in [Scene::new([]).client(), Scene::new([]).builder().bearer("token").build().unwrap()] {
        assert!(unsigned.executions("http://127.0.0.1:9/").is_ok(), "an emulator asks for no signature");
        for (url, region, words) in [
            ("http://states.eu-west-1.amazonaws.com/", "eu-west-1", "credentials"),
            ("http://states.eu-west-1.amazonaws.com/", "us-east-1", "eu-west-1"),
            ("http://127.0.0.1:9/", "no region!", "no region!"),
        ] {
            let error = unsigned.executions_in(url, region).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
        assert_eq!(
            unsigned.executions("http://states.eu-west-1.amazonaws.com/").unwrap_err().kind(),
            ErrorKind::Config
        );
    }
}

#[tokio::test]
async fn callers_of_one_account_share_its_pace() {
    let scene = Scene::new(std::iter::repeat_n(described("RUNNING"), 5));
    let executions = executions(&scene).rate(4.0).unwrap();
    for _ in 0..5 {
        executions.clone().describe(ARN).await.unwrap();
    }
    assert_eq!(scene.clock.waits().iter().sum::<Duration>(), Duration::from_secs(1));
}

#[tokio::test]
async fn a_list_comes_page_by_page() {
    let page = |token: Option<&str>| {
        let mut page = json!({ "executions": [execution("RUNNING"), execution("RUNNING")] });
        if let Some(token) = token {
            page["nextToken"] = json!(token);
        }
        Step::answer(200, page.to_string())
    };
    let scene = Scene::new([page(Some("more")), page(None)]);
    let mut pages = executions(&scene).list("machine-arn", Some(Status::Running));
    let mut rows = 0;
    while let Some(page) = pages.next().await.unwrap() {
        rows += page.len();
    }
    assert_eq!(rows, 4);
    assert!(pages.next().await.unwrap().is_none(), "nothing is asked after the end");
    let (target, query) = sent(&scene, 1);
    assert_eq!(target, "AWSStepFunctions.ListExecutions");
    assert_eq!((&query["nextToken"], &query["statusFilter"]), (&json!("more"), &json!("RUNNING")));
}

#[tokio::test]
async fn a_list_that_does_not_go_on_ends() {
    let page = |token: &str| Step::answer(200, json!({ "executions": [], "nextToken": token }).to_string());
    let scene = Scene::new([page("a"), page("a"), page("b"), page("")]);
    let mut pages = executions(&scene).list("machine-arn", None);
    assert!(pages.next().await.unwrap().is_some());
    let error = pages.next().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unrecognized && error.to_string().contains("does not go on"), "{error}");
    // Asked again, it may.
    assert!(pages.next().await.unwrap().is_some());
    assert!(pages.next().await.unwrap().is_some());
    assert!(pages.next().await.unwrap().is_none(), "an empty token is none");
}

#[tokio::test]
async fn passing_failures_are_repeated_and_refusals_are_not() {
    let scene = Scene::new([
        refused("ThrottlingException"),
        Step::answer(500, r#"{"__type":"InternalFailure"}"#),
        Step::Break(stepgate::transport::Phase::Reading),
        described("RUNNING"),
        refused("InvalidArn"),
    ]);
    let executions = executions(&scene);
    assert!(executions.describe(ARN).await.unwrap().is_some());
    let error = executions.describe(ARN).await.unwrap_err();
    assert_eq!((error.kind(), error.reason(), error.status()), (ErrorKind::Rejected, Some("InvalidArn"), Some(400)));
    assert_eq!((error.attempts().len(), error.may_have_started()), (1, false));
    assert_eq!(error.to_string(), "the request was refused: InvalidArn: no (HTTP 400)");
}

#[tokio::test]
async fn an_execution_can_be_stopped() {
    let scene = Scene::new([Step::answer(200, r#"{"stopDate":1.5E9}"#), refused("ExecutionDoesNotExist")]);
    let executions = executions(&scene);
    executions.stop(ARN, "Cancelled", "by the customer").await.unwrap();
    let (target, query) = sent(&scene, 0);
    assert_eq!(target, "AWSStepFunctions.StopExecution");
    assert_eq!(query, json!({ "executionArn": ARN, "error": "Cancelled", "cause": "by the customer" }));
    assert_eq!(executions.stop(ARN, "", "").await.unwrap_err().reason(), Some("ExecutionDoesNotExist"));
}
