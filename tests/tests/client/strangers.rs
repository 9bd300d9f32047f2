//! Settings and arguments that nobody needs and somebody tries: an error that says what is wrong, or it works; never a panic.

use crate::server::{EXECUTION, FaultServer, answer, client, reqwest_client};
use std::time::Duration;
use stepgate::credentials::Credentials;
use stepgate::testing::ScriptedTransport;
use stepgate::testing::wiremock::{Answer, contract};
use stepgate::transport::HttpSettings;
use stepgate::{Backoff, Client, ClientBuilder, Delivery, ErrorKind, RetryBudget, Wiring};
use wiremock::MockServer;

const ENDLESS: Duration = Duration::MAX;

#[tokio::test]
async fn times_without_bounds_are_no_overflow() {
    let server = MockServer::start().await;
    let deployment = contract(&server).await;
    let settings = HttpSettings::new().idle_timeout(ENDLESS).keep_alive(ENDLESS, ENDLESS);
    let builder = client(&deployment.url()).timeout(ENDLESS).attempt_timeout(ENDLESS).connect_timeout(ENDLESS);
    let client = builder.http(settings).backoff(Backoff::new(ENDLESS, ENDLESS, ENDLESS)).build().unwrap();
    client.execute(1).idempotency_key("order-17").await.unwrap();
    assert!(client.execution("order-17").within(ENDLESS).await.unwrap().is_some());
}

#[tokio::test]
async fn no_time_and_no_attempts_end_at_once() {
    let server = MockServer::start().await;
    let deployment = contract(&server).await;
    let builder = || client(&deployment.url());
    let none = Duration::ZERO;
    // A client that could make no call is refused when it is built; a call whose time is up already only reports it.
    assert_eq!(builder().timeout(none).build().unwrap_err().kind(), ErrorKind::Config);
    let client = builder().build().unwrap();
    let error = client.execute(1).timeout(none).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Timeout, false), "{error:?}");
    let begun = deployment.executions().len();
    // One attempt is the least.
    deployment.refuse_next(Answer::throttled());
    let error =
        builder().max_attempts(0).retry_budget(RetryBudget::new(0)).build().unwrap().execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Throttled, 1));
    let backoff = Backoff::new(Duration::from_secs(1), none, none);
    deployment.refuse_next(Answer::throttled());
    builder().backoff(backoff).build().unwrap().execute(1).await.unwrap();
    assert_eq!(deployment.executions().len(), begun + 1);
    // Last, since the deployment may get it after the client has given it up. What is ready before anybody looks at the
    // clock is in time.
    let outcome = client.execute(2).attempt_timeout(none).idempotency_key("order-17").await;
    assert!(outcome.as_ref().map_or_else(|error| error.kind() == ErrorKind::Timeout, |_| true), "{outcome:?}");
}

#[tokio::test]
async fn urls_are_taken_as_people_write_them() {
    let server = MockServer::start().await;
    contract(&server).await;
    let port = server.address().port();
    for url in [
        format!("http://127.0.0.1:{port}/prod/execute/"),
        format!("HTTP://LOCALHOST:{port}/prod/execute"),
        format!("http://localhost:{port}/prod/execute?debug=1#top"),
        format!("http://127.1:{port}/prod/./execute"),
    ] {
        let client = client(&url).build().unwrap();
        client.execute(1).idempotency_key("order-17").await.unwrap();
        assert!(client.execution("order-17").await.unwrap().is_some(), "{url}");
    }
    for url in ["", "/prod/execute", "localhost:80/execute", "https://", "http://user:pw@host/execute", "http://[::1/x"]
    {
        assert_eq!(Client::builder(url).build().unwrap_err().kind(), ErrorKind::Config, "{url}");
    }
}

#[tokio::test]
async fn headers_that_would_break_the_request_are_refused() {
    let builder = || client("http://127.0.0.1:9/execute");
    for name in [
        "content-length",
        "transfer-encoding",
        "host",
        "connection",
        "upgrade",
        "te",
        "keep-alive",
        "expect",
        "accept-encoding",
        "Content-Encoding",
        "range",
        "if-none-match",
    ] {
        let error = builder().header(name, "1").build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{name}");
        let error = builder().build().unwrap().execute(1).header(name, "1").await.unwrap_err();
        assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Config, 0), "{name}");
    }
    for (name, value) in [("two words", "1"), ("", "1"), ("x-tenant", "a\r\nx-evil: 1"), ("x-tenant", "\0")] {
        assert_eq!(builder().header(name, value).build().unwrap_err().kind(), ErrorKind::Config, "{name}: {value}");
    }
}

#[test]
fn what_names_nothing_is_refused_by_its_name_when_the_client_is_built() {
    let builder = || client("https://api.example.com/execute");
    let key = || Credentials::new("AKID", "secret", None, None, "test");
    let refused = |builder: ClientBuilder| {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    for region in ["", " ", "eu west 1\n", "eu-west-1 ", "EU-WEST-1", "ü"] {
        for builder in [builder().region(region).credentials(key()), builder().region(region)] {
            assert!(refused(builder).contains("region"), "{region:?}");
        }
    }
    for blank in ["", " ", "\t", "ü", "a\nb"] {
        assert!(refused(builder().bearer(blank)).contains("the bearer token"), "{blank:?}");
        assert!(refused(builder().api_key(blank)).contains("the API key"), "{blank:?}");
        assert!(refused(builder().authorization(blank)).contains("the authorization"), "{blank:?}");
    }
    let wiring = Wiring::Direct { state_machine_arn: "orders".into() };
    assert!(refused(builder().wiring(wiring)).contains("`orders` is not the ARN"));
}

#[test]
fn settings_that_contradict_each_other_are_refused_when_the_client_is_built() {
    let builder = || client("https://api.example.com/execute");
    let proxied = || builder().http(HttpSettings::new().proxy("http://proxy.example.com:3128"));
    for builder in [
        proxied().http_client(reqwest::Client::new()),
        proxied().transport(ScriptedTransport::default()),
        builder().wiring(Wiring::Unnamed).delivery(Delivery::Idempotent),
    ] {
        assert_eq!(builder.build().unwrap_err().kind(), ErrorKind::Config);
    }
}

#[tokio::test]
async fn names_and_rates_that_cannot_be_are_errors() {
    let client = client("http://127.0.0.1:9/prod/execute").build().unwrap();
    let refused = client.execute(1).idempotency_key("ä").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Config, "a name that no header carries");
    for name in ["", ".", "..", "a/b", "a b", &"x".repeat(81)] {
        assert_eq!(client.execution(name).await.unwrap_err().kind(), ErrorKind::Config, "{name}");
        assert_eq!(client.execute(1).idempotency_key(name).await.unwrap_err().kind(), ErrorKind::Config, "{name}");
    }
    for rate in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY, f64::MIN_POSITIVE] {
        let executions = client.executions_in("http://127.0.0.1:9/", "eu-west-1").unwrap();
        assert!(executions.rate(rate).is_err(), "{rate}");
    }
    for origin in ["", "nonsense", "http://localhost:3000/", "http://localhost:3000/path", "null\r\n"] {
        assert_eq!(client.preflight(origin).await.unwrap_err().kind(), ErrorKind::Config, "{origin}");
    }
    for arn in ["", "arn", "arn:aws:states:r:1:execution:m:n", "arn:aws:states::1:stateMachine:m"] {
        assert_eq!(Wiring::direct(arn).unwrap_err().kind(), ErrorKind::Config, "{arn}");
    }
}

#[tokio::test]
async fn what_json_cannot_say_is_told_before_anything_is_sent() {
    use std::collections::BTreeMap;
    let client = client("http://127.0.0.1:9/execute").build().unwrap();
    let errors = [
        client.execute(BTreeMap::from([((1, 2), 3)])).await.unwrap_err(),
        client.execute([f64::NAN]).await.unwrap_err(),
        client.execute(Some(f32::INFINITY)).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Payload, 0), "{error}");
    }
}

#[tokio::test]
async fn a_brought_client_with_redirects_and_a_time_limit_of_its_own_stays_honest() {
    let server = FaultServer::start(vec![crate::server::Behaviour::Stall(String::new())]).await;
    let hasty = reqwest_client().timeout(Duration::from_millis(100)).build().unwrap();
    let error = client(&server.url).http_client(hasty).build().unwrap().execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Timeout, true));

    let target = MockServer::start().await;
    let deployment = contract(&target).await;
    let moved = format!("HTTP/1.1 307 Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", deployment.url());
    let server = FaultServer::start(vec![crate::server::Behaviour::Answer(moved)]).await;
    let client = client(&server.url).http_client(reqwest_client().build().unwrap()).build().unwrap();
    // It follows redirects by its own rules, yet never sends the body of a start again.
    let error = client.execute(1).idempotency_key("order-17").await.unwrap_err();
    assert_eq!((error.kind(), deployment.executions().len()), (ErrorKind::Unrecognized, 0), "{error:?}");
}

#[tokio::test]
async fn one_client_serves_many_calls_at_once_and_is_cheap_to_clone() {
    let server = MockServer::start().await;
    let deployment = contract(&server).await;
    let client = client(&deployment.url()).delivery(Delivery::Idempotent).build().unwrap();
    let calls = (0..100).map(|order| {
        let client = client.clone();
        tokio::spawn(async move { client.execute(order).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap().key_honoured(), Some(true));
    }
    assert_eq!(deployment.executions().len(), 100);
}

#[tokio::test]
async fn a_call_in_a_select_that_loses_can_be_looked_up() {
    let server = MockServer::start().await;
    let deployment = contract(&server).await;
    deployment.lose_next(Answer::key_honoured().delay(Duration::from_mins(1)));
    let client = client(&deployment.url()).build().unwrap();
    tokio::select! {
        _ = client.execute(1).idempotency_key("order-17").into_future() => panic!("it takes a minute"),
        () = async {
            while deployment.executions().is_empty() {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    assert!(client.execution("order-17").within(Duration::from_secs(30)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_chunked_answer_and_one_in_pieces_are_read() {
    let chunked = format!(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x};a=b\r\n{EXECUTION}\r\n0\r\nx-trailer: 1\r\n\r\n",
        EXECUTION.len()
    );
    let server = FaultServer::start(vec![crate::server::Behaviour::Answer(chunked), answer("200 OK", EXECUTION)]).await;
    let client = client(&server.url).build().unwrap();
    for _ in 0..2 {
        client.execute(1).await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_told_for_what_it_is() {
    let gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd".to_owned();
    let large = answer("200 OK", &"x".repeat(stepgate::transport::MAX_ANSWER + 1));
    let server = FaultServer::start(vec![crate::server::Behaviour::Answer(gzip), large]).await;
    let reqwest = reqwest_client().build().unwrap();
    let own = client(&server.url).build().unwrap();
    let brought = client(&server.url).http_client(reqwest).build().unwrap();
    for (client, words) in [(&own, "encoded as gzip"), (&own, "larger than 4194304"), (&brought, "larger than 4194304")]
    {
        let error = client.execute(1).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Unrecognized, true), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}
