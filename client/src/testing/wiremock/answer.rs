use super::ids::{Ids, header};
use super::json::{instant, quoted};
use super::names::{MACHINE, execution_arn, express_arn, is_template_key};
use crate::wire::Speaker;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wiremock::{Request, Respond, ResponseTemplate};

/// One answer of the contract, in the words and with the headers of AWS. It goes wherever wiremock takes a responder.
///
/// Each answer carries the ids of the request that it answers, as the gateway's answers do, and an execution is named
/// after them. [`to_template`](Self::to_template) makes a `ResponseTemplate` of it, for one request.
///
/// This project's deployment and the one as first posted say the same thing in different words, so there is a constructor
/// for each: [`creation_failed`](Self::creation_failed) is HTTP 403, and [`failed_inside_200`](Self::failed_inside_200)
/// is what the posted one makes of it.
///
/// ```
/// use stepgate::testing::wiremock::Answer;
/// use stepgate::{Client, ErrorKind};
/// use wiremock::{Mock, MockServer, matchers::method};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), stepgate::Error> {
/// let server = MockServer::start().await;
/// let full = Answer::creation_failed("ExecutionLimitExceeded");
/// Mock::given(method("POST")).respond_with(full).up_to_n_times(1).mount(&server).await;
/// Mock::given(method("POST")).respond_with(Answer::started()).mount(&server).await;
///
/// let client = Client::builder(server.uri()).build()?;
/// assert_eq!(client.execute("tea").await.unwrap_err().kind(), ErrorKind::CreationFailed);
/// assert_eq!(client.execute("tea").await?.name_as_expected(), Some(true));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "give it to `respond_with`"]
pub struct Answer {
    status: u16,
    speaker: Speaker,
    media: &'static str,
    headers: Vec<(String, String)>,
    body: Words,
    delay: Duration,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub(super) enum Words {
    Fixed(String),
    /// The answer of `StartExecution`, for an execution named so.
    Started(Named),
}

/// After what an execution is named.
#[derive(Debug, Clone)]
pub(super) enum Named {
    RequestId,
    /// A legal `Idempotency-Key`, else the request id.
    Key,
    Fixed(String),
    /// The request id, for an EXPRESS workflow.
    Express,
}

pub(super) const ORIGIN: &str = "http://localhost:3000";
const EXPOSED: &str = "x-amzn-RequestId,x-amzn-ErrorType,X-Amzn-Trace-Id";

impl Answer {
    /// Sets a header; one that is there is replaced.
    ///
    #[doc = example!(
        "Mock::given(any()).respond_with(Answer::gateway(429).header(\"Retry-After\", \"60\")).mount(&server).await;"
        "assert!(client.execute(\"tea\").await.unwrap_err().is_throttled());"
    )]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// How long to wait before it is sent. Default: not at all.
    ///
    #[doc = example!(
        "use std::time::Duration;"
        "Mock::given(any()).respond_with(Answer::started().delay(Duration::from_secs(30))).mount(&server).await;"
        "let error = client.execute(\"tea\").timeout(Duration::from_millis(50)).await.unwrap_err();"
        "assert!(error.is_timeout() && error.may_have_started());"
    )]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The answer to `request`, with that request's ids.
    ///
    #[doc = example!(
        "let responder = |request: &wiremock::Request| Answer::started().to_template(request);"
        "Mock::given(any()).respond_with(responder).mount(&server).await;"
        "assert!(client.execute(\"tea\").await.is_ok());"
    )]
    #[must_use]
    pub fn to_template(&self, request: &Request) -> ResponseTemplate {
        self.with_ids(&Ids::of(request), request)
    }

    pub(super) fn with_ids(&self, ids: &Ids, request: &Request) -> ResponseTemplate {
        let body = match &self.body {
            Words::Fixed(body) => body.clone(),
            Words::Started(named) => {
                let arn = match named {
                    Named::RequestId => execution_arn(MACHINE, &ids.request),
                    Named::Key => execution_arn(MACHINE, key(request).unwrap_or(&ids.request)),
                    Named::Fixed(name) => execution_arn(MACHINE, name),
                    Named::Express => express_arn(&ids.request),
                };
                started_body(&arn, now())
            }
        };
        let mut template = ResponseTemplate::new(self.status).set_delay(self.delay);
        if !self.media.is_empty() {
            template = template.set_body_raw(body, self.media);
        }
        if self.speaker != Speaker::Opaque {
            template = template.insert_header("x-amzn-RequestId", ids.request.as_str());
            template = template.insert_header("x-amz-apigw-id", ids.extended.as_str());
        }
        if self.speaker == Speaker::StepFunctions {
            template = template.insert_header("X-Amzn-Trace-Id", ids.trace.as_str());
        }
        for (name, value) in &self.headers {
            template = template.insert_header(name.as_str(), value.as_str());
        }
        template
    }

    /// An answer of Step Functions', through the gateway.
    pub(super) fn integration(status: u16, body: Words) -> Self {
        Self::of(Speaker::StepFunctions, status, "application/json", body)
    }

    /// The gateway's own answer.
    pub(super) fn own(status: u16, media: &'static str, body: impl Into<String>) -> Self {
        Self::of(Speaker::Gateway, status, media, Words::Fixed(body.into()))
    }

    /// An answer of something that is neither. Without a media type it has no body.
    pub(super) fn foreign(status: u16, media: &'static str, body: impl Into<String>) -> Self {
        Self::of(Speaker::Opaque, status, media, Words::Fixed(body.into()))
    }

    const fn of(speaker: Speaker, status: u16, media: &'static str, body: Words) -> Self {
        Self { status, speaker, media, headers: Vec::new(), body, delay: Duration::ZERO }
    }

    /// With the headers that let a page of the allowed origin read it.
    pub(super) fn readable(self) -> Self {
        self.header("Access-Control-Allow-Origin", ORIGIN).header("Access-Control-Expose-Headers", EXPOSED)
    }
}

impl Respond for Answer {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.to_template(request)
    }
}

/// The key of a request that can become a name.
pub(super) fn key(request: &Request) -> Option<&str> {
    header(request, "idempotency-key").filter(|key| is_template_key(key))
}

pub(super) fn started_body(arn: &str, start_date: u64) -> String {
    format!(r#"{{"executionArn":{},"startDate":{}}}"#, quoted(arn), instant(start_date))
}

/// Milliseconds since the Unix epoch.
pub(super) fn now() -> u64 {
    milliseconds(SystemTime::now())
}

pub(super) fn milliseconds(instant: SystemTime) -> u64 {
    let since = instant.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
