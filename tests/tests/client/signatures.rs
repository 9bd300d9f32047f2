//! Signed attempts: each anew, the clock corrected once, expired credentials fetched once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use stepgate::credentials::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use stepgate::testing::{ScriptedTransport, Step, TestClock};
use stepgate::transport::Phase;
use stepgate::{Client, ErrorKind};

/// Gives credentials numbered by how often it was asked.
#[derive(Debug, Clone, Default)]
struct Numbered(Arc<AtomicU32>);

impl ProvideCredentials for Numbered {
    fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let credentials =
            Credentials::new(format!("AKID{number}"), "the-secret", Some("the-token".into()), None, "test");
        aws_credential_types::provider::future::ProvideCredentials::ready(Ok(credentials))
    }
}

fn client(transport: &ScriptedTransport, clock: &TestClock) -> Client {
    Client::builder("http://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/execute")
        .credentials(SharedCredentialsProvider::new(Numbered::default()))
        .transport(transport.clone())
        .clock(clock.clone())
        .seed(7)
        .build()
        .unwrap()
}

fn header<'a>(request: &'a http::Request<bytes::Bytes>, name: &str) -> &'a str {
    request.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn every_attempt_is_signed_anew() {
    let transport =
        ScriptedTransport::new([Step::service("ThrottlingException").header("retry-after", "2"), Step::Start]);
    client(&transport, &TestClock::new()).execute(1).await.unwrap();
    let requests = transport.requests();
    assert_eq!(header(&requests[0], "x-amz-date"), "20260101T000000Z");
    assert_eq!(header(&requests[1], "x-amz-date"), "20260101T000002Z");
    assert_ne!(requests[0].headers()["authorization"], requests[1].headers()["authorization"]);
    assert!(header(&requests[0], "authorization").contains("AKID1/20260101/eu-west-1/execute-api/aws4_request"));
}

#[tokio::test]
async fn a_clock_that_is_off_is_corrected_once_and_remembered() {
    let refusal = || {
        Step::gateway(403, "InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than …")
            .header("date", "Thu, 01 Jan 2026 00:10:00 GMT")
    };
    let transport = ScriptedTransport::new([refusal(), Step::Start, Step::Start, refusal()]);
    let client = client(&transport, &TestClock::new());
    assert_eq!(client.execute(1).await.unwrap().attempts().len(), 2);
    client.execute(1).await.unwrap();
    let dates: Vec<_> = transport.requests().iter().map(|request| header(request, "x-amz-date").to_owned()).collect();
    assert_eq!(dates, ["20260101T000000Z", "20260101T001000Z", "20260101T001000Z"]);
    let error = client.execute(1).await.unwrap_err();
    assert!(error.is_forbidden() && error.attempts().len() == 1, "the clock is right now, so it is the signature");
}

#[tokio::test]
async fn an_expired_token_is_replaced_once() {
    let refusal =
        || Step::gateway(403, "ExpiredTokenException", "The security token included in the request is expired");
    let transport = ScriptedTransport::new([refusal(), Step::Start, refusal(), refusal()]);
    let client = client(&transport, &TestClock::new());
    client.execute(1).await.unwrap();
    assert!(client.execute(1).await.unwrap_err().is_forbidden());
    let keys: Vec<_> =
        transport.requests().iter().map(|request| header(request, "authorization")[28..33].to_owned()).collect();
    assert_eq!(keys, ["AKID1", "AKID2", "AKID2", "AKID3"]);
}

#[tokio::test]
async fn keys_that_are_not_known_any_more_are_asked_for_once() {
    let refusal =
        || Step::gateway(403, "UnrecognizedClientException", "The security token included in the request is invalid.");
    let transport = ScriptedTransport::new([refusal(), Step::Start, refusal(), refusal()]);
    let client = client(&transport, &TestClock::new());
    assert_eq!(client.execute(1).await.unwrap().attempts().len(), 2);
    assert_eq!(client.execute(1).await.unwrap_err().attempts().len(), 2);
}

#[tokio::test]
async fn a_mended_refusal_does_not_make_an_ambiguous_failure_safe() {
    let refusal = Step::gateway(403, "ExpiredTokenException", "expired");
    let transport = ScriptedTransport::new([refusal, Step::Break(Phase::Waiting), Step::Start]);
    let error = client(&transport, &TestClock::new()).execute(1).await.unwrap_err();
    assert!(error.may_have_started() && transport.requests().len() == 2);
}

#[tokio::test]
async fn a_provider_that_fails_is_an_error_of_its_own_and_nothing_is_sent() {
    #[derive(Debug)]
    struct Down;
    impl ProvideCredentials for Down {
        fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let error = aws_credential_types::provider::error::CredentialsError::not_loaded("no profile");
            aws_credential_types::provider::future::ProvideCredentials::ready(Err(error))
        }
    }
    let transport = ScriptedTransport::new([]);
    let builder = Client::builder("http://127.0.0.1:9/execute").credentials(Down).transport(transport.clone());
    let client = builder.region("eu-west-1").build().unwrap();
    let error = client.execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Credentials, false));
    assert!(transport.requests().is_empty());
}

#[test]
fn a_custom_domain_asks_for_the_region() {
    let error = Client::builder("http://api.example.com/execute")
        .credentials(SharedCredentialsProvider::new(Numbered::default()))
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("set `region`"), "{error}");
}

#[tokio::test]
async fn secrets_show_nowhere() {
    let transport = ScriptedTransport::new([Step::gateway(403, "InvalidSignatureException", "no")]);
    let client = client(&transport, &TestClock::new());
    let error = client.execute(1).await.unwrap_err();
    let request = client.execute(1).into_request().await.unwrap();
    let everything = format!("{client:?} {error:?} {request:?}");
    for secret in ["the-secret", "the-token", "Signature="] {
        assert!(!everything.contains(secret), "{secret}: {everything}");
    }
}
