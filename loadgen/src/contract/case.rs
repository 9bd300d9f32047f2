//! One row of the table: a request, and what each variant answers.

use std::collections::BTreeMap;
use std::fmt;
use std::iter;

use serde::Deserialize;
use url::Url;

use super::expect::compiled;

/// The table that ships with loadgen.
const TABLE: &str = include_str!("../../contract/cases.toml");

/// One case of the contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A claim, in snake case.
    pub name: String,
    /// How the expectation is known.
    pub evidence: Evidence,
    /// Whether the request may start an execution.
    pub starts: bool,
    /// What to change in a deployment that answers otherwise.
    pub remedy: String,
    /// What is sent.
    pub request: Request,
    corrected: Expectation,
    #[serde(rename = "as-posted")]
    as_posted: Expectation,
}

impl Case {
    /// What a variant answers.
    #[must_use]
    pub fn expectation(&self, variant: Variant) -> &Expectation {
        match variant {
            Variant::Corrected => &self.corrected,
            Variant::AsPosted => &self.as_posted,
        }
    }
}

/// The two deployments that the table describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// `deploy/`.
    Corrected,
    /// `deploy/as-posted/`.
    AsPosted,
}

/// How an expectation is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Evidence {
    /// Captured on the wire of AWS by a third party.
    #[serde(rename = "W")]
    Wire,
    /// Recorded against AWS.
    #[serde(rename = "V")]
    Recorded,
    /// Documented by AWS.
    #[serde(rename = "D")]
    Documented,
    /// Inferred.
    #[serde(rename = "I")]
    Inferred,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wire => "captured on AWS",
            Self::Recorded => "recorded against AWS",
            Self::Documented => "documented by AWS",
            Self::Inferred => "inferred",
        })
    }
}

/// A request as it goes over the wire.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Replaces the last segment of the execute URL's path.
    pub sibling: Option<String>,
    /// Headers beside `Host`, `Content-Length` and `Connection`, in alphabetic order.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    body: String,
    /// A JSON string of exactly this many bytes in place of `body`.
    body_filler: Option<usize>,
}

impl Request {
    /// The URL that it goes to.
    #[must_use]
    pub fn target(&self, execute: &Url) -> Url {
        let mut url = execute.clone();
        if let Some(sibling) = &self.sibling
            && let Ok(mut segments) = url.path_segments_mut()
        {
            segments.pop().push(sibling);
        }
        url
    }

    /// Method and URL, for people.
    #[must_use]
    pub fn line(&self, execute: &Url) -> String {
        format!("{} {}", self.method, self.target(execute))
    }

    /// The whole request, `{uuid}` filled in.
    #[must_use]
    pub fn to_bytes(&self, execute: &Url, uuid: &str) -> Vec<u8> {
        let url = self.target(execute);
        let body = match self.body_filler {
            Some(bytes) => format!("\"{}\"", "x".repeat(bytes.saturating_sub(2))),
            None => self.body.replace("{uuid}", uuid),
        };
        let host = match (url.host_str().unwrap_or_default(), url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let path = &url[url::Position::BeforePath..];
        let start = format!("{} {path} HTTP/1.1\r\nHost: {host}\r\n", self.method);
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {}\r\n", value.replace("{uuid}", uuid)));
        let has_body = !body.is_empty() || self.method == "POST";
        let length = has_body.then(|| format!("Content-Length: {}\r\n", body.len()));
        let close = "Connection: close\r\n\r\n".to_owned();
        let head: String = iter::once(start).chain(headers).chain(length).chain([close]).collect();
        [head.into_bytes(), body.into_bytes()].concat()
    }
}

/// What must be answered. Patterns match the whole value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// HTTP status.
    pub status: u16,
    /// Headers that must be there, with a pattern for each value.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Headers that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// A pattern for the whole body.
    pub body: Option<String>,
    /// Length of the body in bytes.
    pub length: Option<usize>,
    /// What the execution's name must be.
    pub name: Option<NameRule>,
}

/// What an execution's name must be equal to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameRule {
    /// The answer's `x-amzn-RequestId`.
    RequestId,
    /// The case's own UUID.
    Uuid,
}

/// Why a table cannot be read.
#[derive(Debug)]
pub struct CaseError(String);

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CaseError {}

/// The table that ships with loadgen.
///
/// # Errors
/// None as shipped; a test reads it.
pub fn cases() -> Result<Vec<Case>, CaseError> {
    parse(TABLE)
}

/// Reads a table.
///
/// # Errors
/// Names the line and column of what is wrong, or the case whose pattern is.
pub fn parse(table: &str) -> Result<Vec<Case>, CaseError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        case: Vec<Case>,
    }
    let table: Table = toml::from_str(table).map_err(|error| CaseError(error.to_string()))?;
    for case in &table.case {
        for expectation in [&case.corrected, &case.as_posted] {
            for pattern in expectation.headers.values().chain(&expectation.body) {
                compiled(pattern, "").map_err(|error| CaseError(format!("case {}: {error}", case.name)))?;
            }
        }
    }
    Ok(table.case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_is_well_formed_and_its_names_are_distinct() {
        let cases = cases().unwrap();
        let names: std::collections::BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
        assert!(!cases.is_empty());
        assert_eq!(names.len(), cases.len());
    }

    #[test]
    fn a_pattern_that_is_none_names_its_case() {
        let table = r#"
            [[case]]
            name = "a_claim"
            evidence = "W"
            starts = false
            remedy = "none"
            request = { method = "GET" }
            corrected = { status = 200, body = '(' }
            as-posted = { status = 200 }
        "#;
        let error = parse(table).unwrap_err();
        assert!(error.to_string().starts_with("case a_claim: regex parse error"), "{error}");
    }

    #[test]
    fn a_request_carries_host_length_and_the_filled_in_uuid() {
        let request = Request {
            method: "POST".into(),
            sibling: None,
            headers: BTreeMap::from([("Idempotency-Key".into(), "{uuid}".into())]),
            body: "{}".into(),
            body_filler: None,
        };
        let url = Url::parse("http://127.0.0.1:8080/prod/execute").unwrap();
        assert_eq!(
            String::from_utf8(request.to_bytes(&url, "u-1")).unwrap(),
            "POST /prod/execute HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nIdempotency-Key: u-1\r\nContent-Length: 2\r\n\
             Connection: close\r\n\r\n{}"
        );
    }

    #[test]
    fn a_sibling_replaces_the_last_segment() {
        let request = Request {
            method: "GET".into(),
            sibling: Some("nowhere".into()),
            headers: BTreeMap::new(),
            body: String::new(),
            body_filler: None,
        };
        let url = Url::parse("https://example.test/prod/execute").unwrap();
        assert_eq!(request.target(&url).as_str(), "https://example.test/prod/nowhere");
    }
}
