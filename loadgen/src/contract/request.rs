//! What a case sends, and the bytes that it becomes.

use std::collections::BTreeMap;
use std::iter;

use serde::Deserialize;

use crate::endpoint::Endpoint;

/// A request as the table writes it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// HTTP method.
    pub(crate) method: String,
    /// Replaces the last segment of the execute URL's path; may have segments of its own.
    sibling: Option<String>,
    /// Follows the execute URL's path.
    suffix: Option<String>,
    /// Replaces the whole path of the execute URL.
    path: Option<String>,
    /// Headers beside `Host`, `Content-Length` and `Connection`, in alphabetic order.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    body: String,
    /// A JSON string of exactly this many bytes in place of `body`.
    body_filler: Option<usize>,
    /// Whether it goes without a signature of ours; such a case is asked only of targets that want signatures.
    #[serde(default)]
    pub unsigned: bool,
}

impl Request {
    /// Asks what became of an execution.
    pub(super) fn execution(name: &str) -> Self {
        Self { method: "GET".into(), sibling: Some(format!("executions/{name}")), ..Self::default() }
    }

    /// Where it goes, with `uuid` for each `{uuid}`. A query of the execute URL stays.
    fn target(&self, execute: &Endpoint, uuid: &str) -> Endpoint {
        let (path, query) = match execute.path.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (execute.path.as_str(), String::new()),
        };
        let path = match (&self.path, &self.sibling, &self.suffix) {
            (Some(path), ..) => path.clone(),
            (None, Some(sibling), _) => {
                let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
                format!("{parent}/{sibling}")
            }
            (None, None, Some(suffix)) => format!("{path}{suffix}"),
            (None, None, None) => path.to_owned(),
        };
        execute.at(&format!("{}{query}", path.replace("{uuid}", uuid)))
    }

    /// Whether its method is safe (RFC 9110, section 9.2.1), so that it starts nothing on any server.
    #[must_use]
    pub(crate) fn is_safe(&self) -> bool {
        ["GET", "HEAD", "OPTIONS"].contains(&self.method.as_str())
    }

    /// Whether it is a browser's preflight of a start.
    #[must_use]
    pub(crate) fn is_preflight_of_execute(&self) -> bool {
        let asks = |(name, value): (&String, &String)| {
            name.eq_ignore_ascii_case("access-control-request-method") && value == "POST"
        };
        self.method == "OPTIONS" && self.goes_to_execute() && self.headers.iter().any(asks)
    }

    /// Whether it is a start that nothing is wrong with.
    #[must_use]
    pub(crate) fn is_plain_start(&self) -> bool {
        let json = |value: &String| value == "application/json";
        self.method == "POST"
            && self.goes_to_execute()
            && !self.unsigned
            && self.body.starts_with('{')
            && self.headers.len() == 1
            && self.headers.get("Content-Type").is_some_and(json)
    }

    /// The origin of the page that a browser sends it for.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("origin")).map(|(_, value)| value.as_str())
    }

    /// Whether it asks about an execution.
    #[must_use]
    pub(crate) fn goes_to_executions(&self) -> bool {
        self.sibling.as_ref().is_some_and(|sibling| sibling.starts_with("executions/"))
    }

    /// Whether it goes to the execute method itself.
    #[must_use]
    pub(crate) fn goes_to_execute(&self) -> bool {
        self.path.is_none() && self.sibling.is_none() && self.suffix.is_none()
    }

    /// Method and URL, for people.
    #[must_use]
    pub(crate) fn line(&self, execute: &Endpoint) -> String {
        format!("{} {}", self.method, self.target(execute, "{uuid}"))
    }

    /// Everything filled in, `uuid` for each `{uuid}`.
    #[must_use]
    pub fn message(&self, execute: &Endpoint, uuid: &str) -> Message {
        let body = match self.body_filler {
            Some(bytes) => format!("\"{}\"", "x".repeat(bytes.saturating_sub(2))),
            None => self.body.replace("{uuid}", uuid),
        };
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), value.replace("{uuid}", uuid)));
        let endpoint = self.target(execute, uuid);
        Message { method: self.method.clone(), endpoint, headers: headers.collect(), body: body.into_bytes() }
    }
}

/// A request with everything filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// HTTP method.
    pub(crate) method: String,
    /// Where it goes.
    pub endpoint: Endpoint,
    /// Headers beside `Host`, `Content-Length` and `Connection`.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// As HTTP/1.1, one request to a connection.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Endpoint { authority, path, .. } = &self.endpoint;
        let start = format!("{} {path} HTTP/1.1\r\nHost: {authority}\r\n", self.method);
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let has_body = !self.body.is_empty() || self.method == "POST";
        let length = has_body.then(|| format!("Content-Length: {}\r\n", self.body.len()));
        let close = "Connection: close\r\n\r\n".to_owned();
        let head: String = iter::once(start).chain(headers).chain(length).chain([close]).collect();
        [head.as_bytes(), &self.body].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_carries_host_length_and_the_filled_in_uuid() {
        let request = Request {
            method: "POST".into(),
            headers: BTreeMap::from([("Idempotency-Key".into(), "{uuid}".into())]),
            body: "{}".into(),
            ..Request::default()
        };
        let endpoint = Endpoint::parse("http://127.0.0.1:8080/prod/execute").unwrap();
        assert_eq!(
            String::from_utf8(request.message(&endpoint, "u-1").to_bytes()).unwrap(),
            "POST /prod/execute HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nIdempotency-Key: u-1\r\nContent-Length: 2\r\n\
             Connection: close\r\n\r\n{}"
        );
    }

    #[test]
    fn a_sibling_replaces_the_last_segment_and_a_path_the_whole_path() {
        let execute = Endpoint::parse("https://example.test/prod/execute?stage=a").unwrap();
        let path = |request: Request| request.target(&execute, "u-1").path;
        let sibling = Request { sibling: Some("executions/a%20{uuid}".into()), ..Request::default() };
        assert_eq!(path(sibling), "/prod/executions/a%20u-1?stage=a");
        assert_eq!(path(Request { suffix: Some("/".into()), ..Request::default() }), "/prod/execute/?stage=a");
        assert_eq!(
            path(Request { path: Some("/other/execute".into()), ..Request::default() }),
            "/other/execute?stage=a"
        );
        assert_eq!(path(Request::default()), "/prod/execute?stage=a");
    }
}
