//! `loadgen doctor`: asks a deployment every case of the contract and says what is wrong with it, and the remedy.
//!
//! Cases with one cause are one finding; those that show what keeps every start from being answered are asked first.

mod cause;
mod text;

use serde::Serialize;

use self::cause::{Cause, Symptoms};
use crate::authorization::{Authorization, Secrets};
use crate::contract::{Answer, Case, CaseResult, Exchange, Variant, ask};
use crate::endpoint::Endpoint;
use crate::exit::Exit;

/// What was found.
#[derive(Debug)]
pub(crate) struct Diagnosis<'c> {
    execute: Endpoint,
    asked: usize,
    /// Cases that were not asked because they may start an execution.
    left_out: usize,
    /// Cases that were not asked because nobody answers.
    pointless: usize,
    complaints: Vec<Complaint<'c>>,
}

/// One cause, and what follows from it.
#[derive(Debug)]
struct Complaint<'c> {
    cause: Cause,
    /// The finding that shows it.
    finding: CaseResult<'c>,
    /// The other cases that are not answered as they should be because of it.
    also: Vec<&'c str>,
}

/// The diagnosis as data.
#[derive(Debug, Serialize)]
struct DiagnosisReport<'d> {
    schema: u32,
    target: String,
    asked: usize,
    left_out: usize,
    not_asked: usize,
    findings: Vec<ComplaintRow<'d>>,
}

#[derive(Debug, Serialize)]
struct ComplaintRow<'d> {
    cause: Option<String>,
    case: &'d str,
    evidence: String,
    request: String,
    status: Option<u16>,
    body: Option<String>,
    differences: &'d [String],
    also: &'d [&'d str],
    remedy: String,
}

/// Asks every case; with `read_only` only those whose method is safe (RFC 9110): whatever implements the target, nothing
/// is started by asking.
///
/// `uuid` gives a fresh UUID for each case, because it may become the name of an execution. Cases about missing
/// signatures are asked where requests are signed.
pub(crate) fn diagnose<'c>(
    cases: &'c [Case],
    execute: &Endpoint,
    authorization: &Authorization,
    read_only: bool,
    mut uuid: impl FnMut() -> String,
    exchange: &mut dyn Exchange,
) -> Diagnosis<'c> {
    let signs = authorization.signs();
    let of_target: Vec<&Case> = cases.iter().filter(|case| signs || !case.request.unsigned).collect();
    let (mut asked, left_out): (Vec<&Case>, Vec<&Case>) =
        of_target.into_iter().partition(|case| !read_only || case.request.is_safe());
    // The preflight tells whether there is such a method at all, and a start whether anybody may call it.
    let first = |case: &Case| (case.request.is_preflight_of_execute(), case.request.is_plain_start());
    asked.sort_by_key(|case| std::cmp::Reverse(first(case)));
    let mut diagnosis = Diagnosis {
        execute: execute.clone(),
        asked: 0,
        left_out: left_out.len(),
        pointless: 0,
        complaints: Vec::new(),
    };
    let mut symptoms = Symptoms { signs, ..Symptoms::default() };
    // A preflight that finds no method: whether the method itself is there, only a start can tell.
    let mut no_preflight = None;
    let mut remaining = asked.into_iter();
    for case in remaining.by_ref() {
        diagnosis.asked += 1;
        let mut finding = ask(case, Variant::Corrected, execute, authorization, &uuid(), exchange);
        if case.request.is_preflight_of_execute() {
            symptoms.opened(&finding);
        } else {
            finding.differences.extend(symptoms.other_origin(&finding));
        }
        let cause =
            if finding.differences.is_empty() { Cause::Nothing } else { diagnosis.cause_of(&finding, &symptoms) };
        let settles = case.request.is_plain_start() && symptoms.start.is_none();
        if settles {
            symptoms.start = Some(cause.clone());
        }
        if cause == Cause::NoSuchMethod && case.request.is_preflight_of_execute() && symptoms.start.is_none() {
            no_preflight.get_or_insert(finding);
            continue;
        }
        let ends = matches!(cause, Cause::NoAnswer(_)) && diagnosis.asked == 1;
        diagnosis.complain(cause, finding);
        if settles && let Some(finding) = no_preflight.take() {
            diagnosis.complain(symptoms.of_no_preflight(), finding);
        }
        if ends {
            break;
        }
    }
    diagnosis.pointless = remaining.count();
    if let Some(finding) = no_preflight {
        diagnosis.complain(symptoms.of_no_preflight(), finding);
    }
    diagnosis
}

impl<'c> Diagnosis<'c> {
    /// The same without secrets in what the target said: it may repeat what it was sent.
    #[must_use]
    pub(crate) fn hiding(mut self, secrets: &Secrets) -> Self {
        for Complaint { cause, finding, .. } in &mut self.complaints {
            match &mut finding.answer {
                Ok(answer) => answer.body = secrets.scrub(&String::from_utf8_lossy(&answer.body)).into_bytes(),
                Err(mistake) => mistake.message = secrets.scrub(&mistake.message),
            }
            finding.differences.iter_mut().for_each(|difference| *difference = secrets.scrub(difference));
            if let Cause::NoAnswer(error) = cause {
                *error = secrets.scrub(error);
            }
        }
        self
    }

    /// The cause of a finding: that of the case which it follows, or its own.
    fn cause_of(&self, finding: &CaseResult<'_>, symptoms: &Symptoms) -> Cause {
        let explains = |complaint: &&Complaint<'_>| {
            let mut names = complaint.also.iter().copied().chain([complaint.finding.case.name.as_str()]);
            names.any(|name| finding.case.follows.as_deref() == Some(name))
        };
        let known = self.complaints.iter().find(explains);
        known.map_or_else(|| Cause::of(finding, symptoms), |complaint| complaint.cause.clone())
    }

    /// Adds a finding to those of its cause.
    fn complain(&mut self, cause: Cause, finding: CaseResult<'c>) {
        if cause == Cause::Nothing {
            return;
        }
        match self.complaints.iter_mut().find(|complaint| complaint.cause == cause) {
            Some(complaint) => complaint.also.push(&finding.case.name),
            None => self.complaints.push(Complaint { cause, finding, also: Vec::new() }),
        }
    }

    /// 0 where every answer is the contract's, 99 where one is not, 1 where the target never answered.
    #[must_use]
    pub(crate) fn exit(&self) -> Exit {
        let silent = |complaint: &Complaint<'_>| matches!(complaint.cause, Cause::NoAnswer(_));
        if self.wrong() == self.asked && self.asked > 0 && self.complaints.iter().all(silent) {
            Exit::Other
        } else if self.complaints.is_empty() {
            Exit::Pass
        } else {
            Exit::Failed
        }
    }

    /// How many cases were not answered as they should be.
    fn wrong(&self) -> usize {
        self.complaints.iter().map(|complaint| 1 + complaint.also.len()).sum()
    }

    /// The findings as JSON, one object.
    #[must_use]
    pub(crate) fn json(&self) -> serde_json::Value {
        let findings = self.complaints.iter().map(|Complaint { cause, finding, also }| ComplaintRow {
            cause: cause.title(),
            case: &finding.case.name,
            evidence: finding.case.evidence.to_string(),
            request: finding.case.request.line(&self.execute),
            status: finding.answer.as_ref().ok().map(|answer| answer.status),
            body: finding.answer.as_ref().ok().map(Answer::excerpt),
            differences: &finding.differences,
            also,
            remedy: cause.remedy(),
        });
        let report = DiagnosisReport {
            schema: 2,
            target: self.execute.to_string(),
            asked: self.asked,
            left_out: self.left_out,
            not_asked: self.pointless,
            findings: findings.collect(),
        };
        // Strings, numbers and lists of them always have a JSON form.
        serde_json::to_value(report).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
