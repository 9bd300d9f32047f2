//! One row of the table: a request, and what each variant answers.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::Request;
use super::pattern::compiled;

/// The table that ships with loadgen.
const TABLE: &str = include_str!("../../contract/cases.toml");

/// One case of the contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A claim, in snake case.
    pub name: String,
    /// How the expectation is known.
    pub evidence: Provenance,
    /// Whether the request may start an execution.
    pub starts: bool,
    /// What to change in a deployment that answers otherwise.
    pub(crate) remedy: String,
    /// A case before it whose remedy mends this one too.
    pub(crate) follows: Option<String>,
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
pub enum Provenance {
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

impl Provenance {
    /// The letter that stands for it in the table and in docs/fidelity.md.
    #[must_use]
    pub const fn tag(self) -> char {
        match self {
            Self::Wire => 'W',
            Self::Recorded => 'V',
            Self::Documented => 'D',
            Self::Inferred => 'I',
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wire => "captured on AWS",
            Self::Recorded => "recorded against AWS",
            Self::Documented => "documented by AWS",
            Self::Inferred => "inferred",
        })
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
    /// Headers that are lists, with words that must be in them, whatever their order and case; `*` is all of them.
    #[serde(default)]
    pub(crate) lists: BTreeMap<String, Vec<String>>,
    /// Headers that must not be there.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
    /// A pattern for the whole body.
    pub body: Option<String>,
    /// Length of the body in bytes.
    pub length: Option<usize>,
    /// What the execution's name must be.
    pub name: Option<NameRule>,
    /// The text that the execution's input must be.
    pub input: Option<String>,
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
pub(crate) fn parse(table: &str) -> Result<Vec<Case>, CaseError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        case: Vec<Case>,
    }
    let table: Table = toml::from_str(table).map_err(|error| CaseError(error.to_string()))?;
    for (number, case) in table.case.iter().enumerate() {
        if let Some(name) =
            case.follows.as_ref().filter(|name| !table.case[..number].iter().any(|it| it.name == **name))
        {
            return Err(CaseError(format!("case {}: there is no case {name} before it", case.name)));
        }
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
    fn what_starts_an_execution_on_either_deployment_is_marked() {
        let arn = r#"{"executionArn":"arn:aws:states:r:1:execution:m:n","startDate":1.5E9}"#;
        for case in cases().unwrap() {
            let starts = |expected: &Expectation| {
                let body = expected.body.as_ref();
                expected.name.is_some() || body.is_some_and(|body| compiled(body, "").unwrap().is_match(arn))
            };
            let either = [&case.corrected, &case.as_posted].into_iter().any(starts);
            assert!(case.starts || !either, "{}", case.name);
        }
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
}
