//! Every exchange as it went over the wire, without what must not leave its owner's hands.

use std::fmt::Write as _;

use regex::Regex;
use serde::Serialize;

use super::{Answer, Exchange};
use crate::authorization::says_secret;
use crate::endpoint::Endpoint;
use crate::mistake::Mistake;

/// The version of the format (docs/fidelity.md, "Contribute a recording").
const SCHEMA: u32 = 1;

/// What stands for a secret, for the host and for an account.
const REDACTED: &str = "REDACTED";
const HOST: &str = "api.example";
const ACCOUNT: &str = "123456789012";

/// Most characters of a body that are kept.
const MOST_BODY: usize = 4096;

/// Shorter values are not looked for elsewhere: they would be found in innocent text.
const LEAST_SECRET: usize = 8;

/// Carries requests on, and keeps what was sent and answered.
#[derive(Debug)]
pub(crate) struct ExchangeRecorder<E> {
    inner: E,
    execute: Endpoint,
    case: String,
    exchanges: Vec<RecordedExchange>,
    /// Values that are replaced wherever they occur.
    secrets: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Bundle<'r> {
    schema: u32,
    recorded_by: &'static str,
    execute: &'r str,
    exchanges: &'r [RecordedExchange],
}

#[derive(Debug, Serialize)]
struct RecordedExchange {
    case: String,
    request: RecordedRequest,
    response: Option<RecordedResponse>,
}

#[derive(Debug, Serialize)]
struct RecordedRequest {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Debug, Serialize)]
struct RecordedResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl<E: Exchange> ExchangeRecorder<E> {
    /// Records what goes to an execute method.
    pub(crate) fn new(inner: E, execute: &Endpoint) -> Self {
        // A query may hold a key, and answers may repeat it.
        let values = execute.path.split_once('?').into_iter().flat_map(|(_, query)| query.split(['&', '=']));
        let secrets = values.filter(|value| value.len() >= LEAST_SECRET).map(str::to_owned).collect();
        Self { inner, execute: execute.clone(), case: String::new(), exchanges: Vec::new(), secrets }
    }

    /// The recording as JSON, redacted.
    ///
    /// # Panics
    /// Never: texts and numbers always have a JSON form.
    #[must_use]
    pub(crate) fn to_json(&self) -> String {
        let bundle = Bundle {
            schema: SCHEMA,
            recorded_by: concat!("stepgate-loadgen ", env!("CARGO_PKG_VERSION")),
            execute: path_of(&self.execute.path),
            exchanges: &self.exchanges,
        };
        let mut text = serde_json::to_string_pretty(&bundle).expect("texts and numbers have a JSON form");
        for secret in &self.secrets {
            // As it stands in JSON, without the quotes.
            let written = serde_json::Value::from(secret.as_str()).to_string();
            text = text.replace(written.trim_matches('"'), REDACTED);
        }
        text = text.replace(&self.execute.authority, HOST).replace(&self.execute.host, HOST);
        let account = Regex::new(r":\d{12}:").expect("the expression is right");
        text = account.replace_all(&text, format!(":{ACCOUNT}:")).into_owned();
        text.push('\n');
        text
    }

    /// Takes the secrets out of headers and remembers them.
    fn redacted(&mut self, headers: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
        let mut kept = Vec::new();
        for (name, value) in headers {
            if !says_secret(&name) {
                kept.push((name, value));
                continue;
            }
            let key = value.split_once("Credential=").and_then(|(_, rest)| rest.split('/').next());
            let secrets = [Some(value.as_str()), value.strip_prefix("Bearer "), key];
            for secret in secrets.into_iter().flatten().filter(|secret| secret.len() >= LEAST_SECRET) {
                if !self.secrets.iter().any(|known| known == secret) {
                    self.secrets.push(secret.to_owned());
                }
            }
            kept.push((name, REDACTED.to_owned()));
        }
        kept
    }

    /// A request's bytes, taken apart.
    fn request(&mut self, bytes: &[u8]) -> RecordedRequest {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
        let fields = lines.filter_map(|line| line.split_once(": "));
        let headers: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        RecordedRequest {
            method: method.to_owned(),
            path: path_of(path).to_owned(),
            headers: self.redacted(headers.into_iter()),
            body: beginning(body),
        }
    }
}

impl<E: Exchange> Exchange for ExchangeRecorder<E> {
    fn begin(&mut self, case: &str) {
        case.clone_into(&mut self.case);
    }

    fn exchange(&mut self, to: &Endpoint, request: &[u8]) -> Result<Answer, Mistake> {
        let answer = self.inner.exchange(to, request);
        let request = self.request(request);
        let response = answer.as_ref().ok().map(|answer| RecordedResponse {
            status: answer.status,
            headers: answer.headers.clone(),
            body: beginning(&String::from_utf8_lossy(&answer.body)),
        });
        self.exchanges.push(RecordedExchange { case: self.case.clone(), request, response });
        answer
    }
}

/// A path without its query, which may hold a key.
fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// The beginning of a body, and how much follows.
fn beginning(body: &str) -> String {
    let mut kept: String = body.chars().take(MOST_BODY).collect();
    if kept.len() < body.len() {
        let _ = write!(kept, "… and {} bytes more", body.len() - kept.len());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with what it was sent, as an error that shows what should have been signed does.
    struct Echo;

    impl Exchange for Echo {
        fn exchange(&mut self, to: &Endpoint, request: &[u8]) -> Result<Answer, Mistake> {
            let headers = vec![("x-amzn-RequestId".to_owned(), "r".to_owned()), ("Via".to_owned(), to.host.clone())];
            Ok(Answer { status: 403, headers, body: request.to_vec() })
        }
    }

    #[test]
    fn neither_secrets_nor_host_nor_account_are_in_a_recording() {
        let execute =
            Endpoint::parse("https://k3y.execute-api.eu-west-1.amazonaws.com/prod/execute?key=in-the-query").unwrap();
        let mut recorder = ExchangeRecorder::new(Echo, &execute);
        recorder.begin("a_case");
        let head = "POST /prod/execute?key=in-the-query HTTP/1.1\r\nHost: k3y.execute-api.eu-west-1.amazonaws.com\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE17/20261126/eu-west-1/execute-api/aws4_request, \
             Signature=0123456789abcdef\r\nX-Amz-Security-Token: the session's token\r\nX-Api-Key: a key of forty letters\r\n\
             Content-Type: application/json\r\n\r\n";
        let request = format!("{head}{{\"arn\":\"arn:aws:states:eu-west-1:999988887777:stateMachine:m\"}}");
        recorder.exchange(&execute, request.as_bytes()).unwrap();
        let text = recorder.to_json();
        for secret in [
            "k3y",
            "AKIDEXAMPLE17",
            "0123456789abcdef",
            "the session's",
            "forty letters",
            "999988887777",
            "in-the-query",
        ] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((json["schema"].as_u64(), json["execute"].as_str()), (Some(1), Some("/prod/execute")));
        let exchange = &json["exchanges"][0];
        assert_eq!((exchange["case"].as_str(), exchange["response"]["status"].as_u64()), (Some("a_case"), Some(403)));
        assert_eq!(exchange["request"]["headers"][0], serde_json::json!(["Host", "api.example"]));
        assert!(exchange["request"]["body"].as_str().unwrap().contains(":123456789012:stateMachine:m"));
    }

    #[test]
    fn a_long_body_is_kept_by_its_beginning() {
        assert_eq!(
            beginning(&"é".repeat(MOST_BODY + 1)).chars().skip(MOST_BODY - 1).collect::<String>(),
            "é… and 2 bytes more"
        );
    }
}
