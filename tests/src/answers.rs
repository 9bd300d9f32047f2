//! The answers that a client must tell apart, as recorded on AWS or documented: the client's own table of them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// An answer, and what it means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownAnswer {
    /// A name for it.
    pub what: String,
    /// Its HTTP status.
    pub status: u16,
    /// Its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
    /// What it means, as `stepgate::wire::Class` names it.
    pub class: String,
    /// The error of Step Functions that it tells.
    pub reason: Option<String>,
    /// Whether the request that it answers may have started an execution.
    pub may_have_started: bool,
    /// How it is known: recorded on the wire (`W`), documented (`D`), validated against AWS (`V`) or inferred (`I`).
    pub evidence: String,
}

/// All of them.
///
/// # Panics
/// If the table is not JSON of this shape.
#[must_use]
pub fn known_answers() -> Vec<KnownAnswer> {
    serde_json::from_str(include_str!("../../client/vectors/answers.json")).expect("the table is read by its own tests")
}
