//! Secrets show in no error, not even where the endpoint repeats them.

use crate::server::client;
use std::error::Error as _;
use std::fmt::Write as _;
use stepgate::Error;
use stepgate::credentials::Credentials;
use stepgate::testing::wiremock::Answer;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

/// Repeats all that it was sent.
pub(crate) async fn parrot(status: u16) -> MockServer {
    let server = MockServer::start().await;
    let respond = move |request: &Request| {
        let value = |name: &str| request.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let body = String::from_utf8(request.body.clone()).unwrap();
        let message = format!(
            "no {} {} {} {} {body} {}",
            value("authorization"),
            value("x-api-key"),
            value("x-tenant-token"),
            value("x-amz-security-token"),
            request.url,
        );
        let body = serde_json::json!({ "message": message }).to_string();
        let error = format!("Refused{}", value("x-api-key"));
        ResponseTemplate::new(status)
            .insert_header("x-amzn-ErrorType", error.as_str())
            .insert_header("x-amzn-RequestId", value("x-api-key").as_str())
            .insert_header("location", format!("/elsewhere/{}?{}", value("x-api-key"), message.len()).as_str())
            .set_body_raw(body, "application/json")
    };
    Mock::given(matchers::any()).respond_with(respond).mount(&server).await;
    server
}

fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {:?} {:?}", error.reason(), error.request_id());
    let mut source = error.source();
    while let Some(cause) = source {
        write!(shown, " {cause} {cause:?}").unwrap();
        source = cause.source();
    }
    shown
}

#[tokio::test]
async fn what_the_endpoint_repeats_is_struck_out() {
    for status in [403, 400, 429, 500, 504, 307, 200] {
        let server = parrot(status).await;
        let url = format!("{}/dev/execute?code=hushhush-query", server.uri());
        let builder =
            || client(&url).api_key("hushhush-key").header("x-tenant-token", "hushhush-tenant").max_attempts(1);
        let credentials =
            Credentials::new("AKIDEXAMPLE", "hushhush-secret", Some("hushhush-session".into()), None, "test");
        let clients = [
            builder().bearer("hushhush-bearer").build().unwrap(),
            builder().authorization("hushhush-raw").build().unwrap(),
            builder().region("eu-west-1").credentials(credentials).build().unwrap(),
        ];
        for client in clients {
            let payload = serde_json::json!({ "card": "hushhush-payload", "note": "quoted \"hushhush\"" });
            let error = client.execute(&payload).await.unwrap_err();
            let mut shown = shown(&error);
            if let Err(error) = client.execution("order-17").await {
                shown.push_str(&self::shown(&error));
            }
            for secret in ["hushhush", "Signature="] {
                let scrubbed = shown.replace("Signature=[redacted]", "");
                assert!(!scrubbed.contains(secret), "{status}: {shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_redirect_is_named_with_its_place_and_without_the_query() {
    let server = MockServer::start().await;
    let redirect = Answer::redirect("https://elsewhere.example/prod/execute?code=1");
    Mock::given(matchers::any()).respond_with(redirect).mount(&server).await;
    let error = client(&server.uri()).build().unwrap().execute(1).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("redirects to https://elsewhere.example/prod/execute:"), "{message}");
}
