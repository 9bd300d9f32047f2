//! What boxes on the way answer, and in what form: load balancers, firewalls, proxies, and servers that take liberties with HTTP.

use crate::scene::Scene;
use crate::server::{Behaviour, EXECUTION, FaultServer, client, raw, reqwest_client};
use std::fmt::Write as _;
use std::time::Duration;
use stepgate::testing::Step;
use stepgate::{Error, ErrorKind, Started};

const PAGE: &str = "<!DOCTYPE html><html><body><h1>An error occurred</h1></body></html>";

/// What the built-in transport makes of these bytes.
async fn read(raw: &str) -> Result<Started, Error> {
    let server = FaultServer::start(vec![Behaviour::Answer(raw.to_owned())]).await;
    client(&server.url).build().unwrap().execute(1).await
}

/// The same by a reqwest client, which reads as hyper does by default.
async fn read_by_reqwest(raw: &str) -> Result<Started, Error> {
    let server = FaultServer::start(vec![Behaviour::Answer(raw.to_owned())]).await;
    let http = reqwest_client().redirect(reqwest::redirect::Policy::none());
    client(&server.url).http_client(http.build().unwrap()).build().unwrap().execute(1).await
}

async fn is_told_as(raw: &str, kind: ErrorKind, may_have_started: bool) -> Error {
    let error = read(raw).await.unwrap_err();
    let other = read_by_reqwest(raw).await.unwrap_err();
    for error in [&error, &other] {
        assert_eq!((error.kind(), error.may_have_started()), (kind, may_have_started), "{raw}\n{error:?}");
    }
    error
}

#[tokio::test]
async fn a_load_balancer_does_not_say_what_it_passed_on() {
    for head in [
        "502 Bad Gateway\r\nserver: awselb/2.0\r\ncontent-type: text/html",
        "503 Service Temporarily Unavailable\r\nserver: awselb/2.0\r\ncontent-type: text/html",
        "504 Gateway Time-out\r\nserver: awselb/2.0\r\ncontent-type: text/html",
        "502 Bad Gateway\r\nserver: CloudFront\r\nx-cache: Error from cloudfront\r\ncontent-type: text/html",
        "504 Gateway Timeout\r\nserver: CloudFront\r\nx-cache: Error from cloudfront\r\ncontent-type: text/html",
        "500 Internal Server Error\r\nserver: nginx",
        "520 Web Server Returned an Unknown Error\r\nserver: cloudflare",
    ] {
        is_told_as(&raw(head, PAGE), ErrorKind::Server, true).await;
        is_told_as(&raw(head, ""), ErrorKind::Server, true).await;
    }
}

#[tokio::test]
async fn a_page_is_no_answer_whatever_its_status() {
    for head in [
        // CloudFront words its own refusals and its origin's failures alike.
        "403 Forbidden\r\nserver: CloudFront\r\nx-cache: Error from cloudfront\r\ncontent-type: text/html",
        "400 Bad Request\r\nserver: awselb/2.0\r\ncontent-type: text/html",
        "404 Not Found\r\nserver: nginx\r\ncontent-type: text/html",
        "405 Not Allowed\r\nserver: nginx\r\ncontent-type: text/html",
        "200 OK\r\ncontent-type: text/html",
        "200 OK\r\ncontent-type: application/json",
        "202 Accepted",
        "299 Odd",
        "999 Request denied",
    ] {
        is_told_as(&raw(head, PAGE), ErrorKind::Unrecognized, true).await;
    }
    let xml = r#"<?xml version="1.0"?><StartExecutionResponse><executionArn>arn:aws:states:r:1:execution:m:n</executionArn></StartExecutionResponse>"#;
    is_told_as(&raw("200 OK\r\ncontent-type: application/xml", xml), ErrorKind::Unrecognized, true).await;
    for nothing in ["200 OK", "204 No Content", "205 Reset Content", "304 Not Modified"] {
        is_told_as(&raw(nothing, ""), ErrorKind::Unrecognized, true).await;
    }
}

#[tokio::test]
async fn no_redirect_is_followed_and_each_is_named() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let head = format!("{status}\r\nlocation: https://api.example.com/prod/execute?token=hush");
        let error = is_told_as(&raw(&head, PAGE), ErrorKind::Unrecognized, true).await;
        let told = error.to_string();
        assert!(told.contains("redirects to https://api.example.com/prod/execute: give that URL"), "{told}");
        assert!(!told.contains("hush"), "{told}");
    }
}

#[tokio::test]
async fn what_lets_nothing_through_has_started_nothing() {
    let forbidden = "403 Forbidden\r\nx-amzn-errortype: ForbiddenException\r\ncontent-type: application/json";
    is_told_as(&raw(forbidden, r#"{"message":"Forbidden"}"#), ErrorKind::Forbidden, false).await;
    for (action, status) in [("challenge", "202 Accepted"), ("captcha", "405 Method Not Allowed")] {
        let head = format!("{status}\r\nserver: CloudFront\r\nx-amzn-waf-action: {action}\r\ncontent-type: text/html");
        let error = is_told_as(&raw(&head, PAGE), ErrorKind::Forbidden, false).await;
        assert!(error.to_string().contains(&format!("AWS WAF answers with a {action}")), "{error}");
    }
    is_told_as(&raw("407 Proxy Authentication Required", PAGE), ErrorKind::Forbidden, false).await;
    is_told_as(&raw("413 Request Entity Too Large\r\nserver: nginx", PAGE), ErrorKind::Rejected, false).await;
    is_told_as(&raw("414 URI Too Long", PAGE), ErrorKind::Rejected, false).await;
    let error =
        is_told_as(&raw("429 Too Many Requests\r\nserver: CloudFront", PAGE), ErrorKind::Throttled, false).await;
    assert_eq!(error.attempts().len(), 3);
}

#[tokio::test]
async fn an_execution_is_read_in_whatever_form_it_is_named() {
    let length = EXECUTION.len();
    let json = |body: &str| raw("200 OK\r\ncontent-type: text/plain; charset=iso-8859-1", body);
    let arn = "arn:aws:states:eu-west-1:1:execution:machine:order-17";
    for answer in [
        json(&format!("\u{feff}{EXECUTION}\r\n\t ")),
        json(&format!(r#"{{"executionArn":"x","big":{},"executionArn":"{arn}"}}"#, "9".repeat(400))),
        json(&format!(r#"{{"deep":{}{},"startDate":1e999,"executionArn":"{arn}"}}"#, "[".repeat(500), "]".repeat(500))),
        // A label that is not true.
        raw("200 OK\r\ncontent-encoding: gzip", EXECUTION),
        raw("200 OK\r\ncontent-encoding: identity", EXECUTION),
        raw("200", EXECUTION),
        raw("200 Alles gut", EXECUTION),
        format!("HTTP/1.0 200 OK\r\n\r\n{EXECUTION}"),
        format!("HTTP/1.1 200 OK\nContent-Length: {length}\n\n{EXECUTION}"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{EXECUTION}and what nobody asked for"),
        format!(
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{}",
            raw("200 OK", EXECUTION)
        ),
        format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n{length:X}\r\n{EXECUTION}\r\n0\r\nx-sum: 17\r\n\r\n"
        ),
    ] {
        read(&answer).await.unwrap_or_else(|error| panic!("{answer}\n{error:?}"));
        read_by_reqwest(&answer).await.unwrap_or_else(|error| panic!("{answer}\n{error:?}"));
    }
}

#[tokio::test]
async fn a_line_that_some_box_misspelt_costs_no_execution() {
    let mut many = String::from("200 OK");
    (0..200).for_each(|header| write!(many, "\r\nx-policy-{header}: 1").unwrap());
    for head in [
        "200 OK\r\nx-folded: one,\r\n two",
        "200 OK\r\nAccess-Control-Allow-Credentials : true",
        "200 OK\r\nno colon here",
        "200 OK\r\nx-b\u{e4}r: 1",
        "200 OK\r\nx-name: b\u{e4}r",
        &many,
    ] {
        read(&raw(head, EXECUTION)).await.unwrap_or_else(|error| panic!("{head}\n{error:?}"));
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_or_garbled_may_have_started() {
    let length = EXECUTION.len();
    for answer in [
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{EXECUTION}", length + 1),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{EXECUTION}", length - 1),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{EXECUTION}\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{EXECUTION}\r\n0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\ncontent-length: 3\r\n\r\n{EXECUTION}"),
        "HTTP/1.1 200 OK\r\ncontent-".to_owned(),
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".to_owned(),
        "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
        "SSH-2.0-OpenSSH_9.6\r\n".to_owned(),
        // A TLS alert, to a plain request.
        "\u{15}\u{3}\u{3}\0\u{2}\u{2}F".to_owned(),
        format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "x".repeat(1 << 20)),
        String::new(),
    ] {
        for error in [read(&answer).await.unwrap_err(), read_by_reqwest(&answer).await.unwrap_err()] {
            let shown = &answer[..answer.len().min(200)];
            assert!(error.may_have_started() && error.attempts().len() == 1, "{shown}\n{error:?}");
            assert!(matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::Unrecognized), "{shown}\n{error:?}");
        }
    }
}

#[tokio::test]
async fn a_coding_that_was_not_asked_for_is_named() {
    for coding in ["gzip", "br", "zstd", "deflate, gzip"] {
        let head = format!("200 OK\r\ncontent-encoding: {coding}");
        let error = is_told_as(&raw(&head, "\u{1f}\u{8b}\u{8}"), ErrorKind::Unrecognized, true).await;
        assert!(
            error.to_string().contains(&format!("encoded as {coding}, which this client does not decode")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_wait_that_the_last_answer_asks_for_is_told_to_whoever_queues() {
    let hours = Scene::new([Step::answer(503, "").header("retry-after", "7200")]);
    let error = hours.client().execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Server, Some(Duration::from_hours(2))));
    let quota = Step::gateway(429, "LimitExceededException", "Limit Exceeded").header("x-amz-retry-after", "1500");
    assert_eq!(
        Scene::new([quota]).client().execute(()).await.unwrap_err().retry_after(),
        Some(Duration::from_millis(1_500))
    );
    let silent = Scene::new([Step::answer(503, "")]);
    assert_eq!(silent.client().execute(()).await.unwrap_err().retry_after(), None);
}

#[tokio::test]
async fn a_date_to_wait_for_is_one_of_the_servers_clock() {
    // The two are three seconds apart, wherever our own clock stands.
    let later = Step::service("ThrottlingException").header("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    let scene = Scene::new([later.header("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT"), Step::Start]);
    scene.client().execute(()).await.unwrap();
    assert_eq!(scene.clock.waits(), [Duration::from_secs(3)]);
}
