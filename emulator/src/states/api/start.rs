//! `StartExecution` and `StartSyncExecution`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::members::{Members, Rule, Violations};
use super::{Answer, ApiError, included};
use crate::deployment::MachineKind;
use crate::states::data::Data;
use crate::states::execution::{Execution, ExecutionStatus, Waiter, execution_arn};
use crate::states::jackson;
use crate::states::run::{Identity, Run};
use crate::states::service::{Machine, Service};
use crate::states::store::{Start, Started};
use crate::states::wire::{millis, object};

/// Limits of the service's model.
pub(super) const ARN: Rule = Rule { least: 1, most: 256, sensitive: false };
const NAME: Rule = Rule { least: 1, most: 80, sensitive: false };
const INPUT: Rule = Rule { least: 0, most: 262_144, sensitive: true };
const TRACE: Rule = Rule { least: 0, most: 256, sensitive: false };

/// What both actions ask for.
struct Request<'a> {
    place: usize,
    machine: &'a Machine,
    name: Option<&'a str>,
    input: Data,
    trace: Option<&'a str>,
}

impl Service {
    fn request<'a>(&'a self, members: &'a Members<'_>) -> Result<Request<'a>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("stateMachineArn", ARN, &mut violations)?;
        let name = members.text("name", NAME, &mut violations)?;
        let input = members.text("input", INPUT, &mut violations)?;
        let trace = members.text("traceHeader", TRACE, &mut violations)?;
        if let Some(trace) = trace
            && !trace.is_ascii()
        {
            violations.add(&format!("'{trace}'"), "traceHeader", "satisfy regular expression pattern: \\p{ASCII}*");
        }
        violations.check()?;
        let (place, machine) = self.machine(arn)?;
        if let Some(name) = name
            && !is_legal(name)
        {
            return Err(ApiError::model("InvalidName", format!("Invalid Name: '{name}'")));
        }
        let input = input.unwrap_or("{}");
        let input = Data::parse(input).map_err(|_| {
            let why = jackson::complaint(input);
            ApiError::model("InvalidExecutionInput", format!("Invalid State Machine Execution Input: '{why}'"))
        })?;
        Ok(Request { place, machine, name, input, trace })
    }

    pub(super) fn start_execution(&self, members: &Members<'_>, now: Duration) -> Result<Vec<u8>, ApiError> {
        let request = self.request(members)?;
        let express = request.machine.kind == MachineKind::Express;
        if !self.throttle.admits("StartExecution", express, now) {
            return Err(ApiError::throttled());
        }
        let (arn, start) = self.begin(&request, express, now, None)?;
        Ok(object(|answer| {
            answer.text("executionArn", &arn).time("startDate", start);
        }))
    }

    pub(super) fn start_sync_execution(&self, members: &Members<'_>, now: Duration) -> Result<Answer, ApiError> {
        let request = self.request(members)?;
        if request.machine.kind != MachineKind::Express {
            return Err(ApiError::wrong_type());
        }
        if !self.throttle.admits("StartSyncExecution", true, now) {
            return Err(ApiError::throttled());
        }
        let (sender, end) = oneshot::channel();
        let machine_arn = request.machine.plan.arn.clone();
        let waiter = Waiter(Box::new(move |execution| {
            // Whoever waited may have gone.
            let _ = sender.send(sync_answer(&machine_arn, execution));
        }));
        self.begin(&request, true, now, Some(waiter))?;
        Ok(Answer::AtEnd(end))
    }

    /// Starts it; its ARN and when it started.
    fn begin(
        &self,
        request: &Request<'_>,
        express: bool,
        now: Duration,
        waiter: Option<Waiter>,
    ) -> Result<(String, u64), ApiError> {
        let plan = &request.machine.plan;
        let generated = if request.name.is_none() { Some(self.uuid()) } else { None };
        let name = request.name.or(generated.as_deref()).unwrap_or_default();
        let express = express.then(|| self.uuid().into_boxed_str());
        let arn = execution_arn(&plan.arn, name, express.as_deref());
        let start = Start { machine: request.place, name, express, trace: request.trace, now, waiter };
        let run = |id| {
            let identity =
                Identity { id, arn: arn.clone(), name: name.to_owned(), input: request.input.clone(), start: now };
            Run::new(Arc::clone(plan), identity, self.seed ^ id.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        };
        // AWS does not say whether it compares texts or values; equal texts are certainly the same input, and so are
        // texts that differ only in how they are written.
        let same_input =
            |other: &str| other == request.input.text() || Data::parse(other).is_ok_and(|other| other == request.input);
        match self.store.start(start, run, same_input) {
            Started::New(id, effects) => {
                self.engine.perform(id, effects);
                Ok((arn, millis(now)))
            }
            Started::Same(start) => Ok((arn, start)),
            Started::Exists => {
                Err(ApiError::model("ExecutionAlreadyExists", format!("Execution Already Exists: '{arn}'")))
            }
        }
    }
}

/// The answer of `StartSyncExecution`, made at the end of its execution.
fn sync_answer(machine_arn: &str, execution: &Execution) -> Vec<u8> {
    let stop = execution.stop().unwrap_or(execution.start);
    let (output, error, cause) = execution.result();
    let status = match execution.status() {
        // The model of the answer knows only three.
        ExecutionStatus::Aborted => ExecutionStatus::Failed,
        other => other,
    };
    object(|answer| {
        answer
            .text("executionArn", &execution_arn(machine_arn, &execution.name, execution.express.as_deref()))
            .text("stateMachineArn", machine_arn)
            .text("name", &execution.name)
            .time("startDate", execution.start)
            .time("stopDate", stop)
            .text("status", status.as_str())
            .maybe_text("error", error)
            .maybe_text("cause", cause)
            .text("input", execution.input())
            .object("inputDetails", included)
            .maybe_text("output", output);
        if output.is_some() {
            answer.object("outputDetails", included);
        }
        answer.maybe_text("traceHeader", execution.trace.as_deref()).object("billingDetails", |billing| {
            // Billed in steps of 100 ms and 64 MB (Step Functions pricing).
            let duration = stop.saturating_sub(execution.start).div_ceil(100) * 100;
            billing.number("billedMemoryUsedInMB", 64).number("billedDurationInMilliseconds", duration);
        });
    })
}

/// Names are 1 to 80 characters without white space, brackets, wildcards, quotes, controls and the
/// signs that stand in the last line (API reference of `StartExecution`).
fn is_legal(name: &str) -> bool {
    !name.chars().any(|symbol| match symbol {
        // Nearly all of nearly every name.
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        _ => symbol.is_whitespace() || symbol.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(symbol),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_documented_rules() {
        for name in ["a", "A-b_c.d", "9c3d8aab-83bf-4542-8256-36c9f42b6b01", "it's!(x)+=@", "é"] {
            assert!(is_legal(name), "{name}");
        }
        for name in ["x y", "a<b", "a:b", "a/b", "a\\b", "a$b", "a\u{7f}b", "a\u{85}b", "a\u{ffff}b", "a`b", "a\tb"] {
            assert!(!is_legal(name), "{name}");
        }
    }
}
