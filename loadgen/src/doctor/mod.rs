//! `loadgen doctor`: asks a deployment every case of the contract and says what is wrong with it, and the remedy.

mod text;

use serde::Serialize;

use crate::authorization::Authorization;
use crate::contract::{Answer, Case, Exchange, Finding, Variant, ask};
use crate::endpoint::Endpoint;
use crate::exit::Exit;

/// What was found, in the order of the table.
#[derive(Debug)]
pub struct Diagnosis<'c> {
    execute: Endpoint,
    /// Cases that were not asked because they may start an execution.
    left_out: usize,
    findings: Vec<Finding<'c>>,
}

/// The diagnosis as data.
#[derive(Debug, Serialize)]
struct Report<'d> {
    schema: u32,
    target: String,
    asked: usize,
    left_out: usize,
    findings: Vec<Row<'d>>,
}

#[derive(Debug, Serialize)]
struct Row<'d> {
    case: &'d str,
    evidence: String,
    request: String,
    status: Option<u16>,
    body: Option<String>,
    differences: &'d [String],
    remedy: &'d str,
}

/// Asks every case, or with `read_only` every case that starts nothing.
///
/// `uuid` gives a fresh UUID for each case, because it may become the name of an execution. Cases about missing
/// signatures are asked where requests are signed.
pub fn diagnose<'c>(
    cases: &'c [Case],
    execute: &Endpoint,
    authorization: &Authorization,
    read_only: bool,
    mut uuid: impl FnMut() -> String,
    exchange: &mut dyn Exchange,
) -> Diagnosis<'c> {
    let of_target: Vec<&Case> = cases.iter().filter(|case| authorization.signs() || !case.request.unsigned).collect();
    let asked: Vec<&Case> = of_target.iter().copied().filter(|case| !(read_only && case.starts)).collect();
    let left_out = of_target.len() - asked.len();
    let findings = asked
        .into_iter()
        .map(|case| ask(case, Variant::Corrected, execute, authorization, &uuid(), exchange))
        .collect();
    Diagnosis { execute: execute.clone(), left_out, findings }
}

impl Diagnosis<'_> {
    /// 0 where every answer is the contract's, 99 where one is not, 1 where the target never answered.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if !self.findings.is_empty() && self.findings.iter().all(|finding| finding.answer.is_err()) {
            Exit::Other
        } else if self.wrong().next().is_some() {
            Exit::Failed
        } else {
            Exit::Pass
        }
    }

    /// The answers that are not the contract's.
    fn wrong(&self) -> impl Iterator<Item = &Finding<'_>> {
        self.findings.iter().filter(|finding| !finding.differences.is_empty())
    }

    /// The findings as JSON, one object.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let findings = self.wrong().map(|finding| Row {
            case: &finding.case.name,
            evidence: finding.case.evidence.to_string(),
            request: finding.case.request.line(&self.execute),
            status: finding.answer.as_ref().ok().map(|answer| answer.status),
            body: finding.answer.as_ref().ok().map(Answer::excerpt),
            differences: &finding.differences,
            remedy: &finding.case.remedy,
        });
        let report = Report {
            schema: 1,
            target: self.execute.to_string(),
            asked: self.findings.len(),
            left_out: self.left_out,
            findings: findings.collect(),
        };
        // Strings, numbers and lists of them always have a JSON form.
        serde_json::to_value(report).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
