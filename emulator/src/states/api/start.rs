//! `StartExecution` and `StartSyncExecution`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::members::{Members, TextConstraint, Violations};
use super::{Answer, ApiError};
use crate::deployment::MachineKind;
use crate::doubles::TestCase;
use crate::java::jackson;
use crate::java::written_json;
use crate::states::data::Data;
use crate::states::execution::{Execution, ExecutionStatus, Waiter, execution_arn};
use crate::states::launch::{NotLaunched, Order};
use crate::states::machines::Machine;
use crate::states::service::Service;
use crate::states::wire::{Object, object};

/// Limits of the service's model.
pub(super) const ARN: TextConstraint = TextConstraint { least: 1, most: 256, sensitive: false };
pub(super) const NAME: TextConstraint = TextConstraint { least: 1, most: 80, sensitive: false };
pub(super) const INPUT: TextConstraint = TextConstraint { least: 0, most: 262_144, sensitive: true };
const TRACE: TextConstraint = TextConstraint { least: 0, most: 256, sensitive: false };

/// What both actions ask for.
struct StartRequest<'a> {
    place: usize,
    machine: Arc<Machine>,
    name: Option<&'a str>,
    input: Data,
    trace: Option<&'a str>,
    case: Option<Arc<TestCase>>,
}

/// The input of an execution, `{}` where none is given.
pub(super) fn input_of(given: Option<&str>) -> Result<Data, ApiError> {
    let input = &*written_json(given.unwrap_or("{}").into());
    Data::parse(input).map_err(|_| {
        let why = jackson::complaint(input);
        ApiError::model("InvalidExecutionInput", format!("Invalid State Machine Execution Input: '{why}'"))
    })
}

impl Service {
    fn request<'a>(
        &'a self,
        members: &'a Members<'_>,
        mut violations: Violations,
    ) -> Result<StartRequest<'a>, ApiError> {
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
        let (arn, case) = arn.split_once('#').map_or((arn, None), |(arn, case)| (arn, Some(case)));
        let (place, machine) = self.addressed(arn)?;
        let case = match case {
            Some(case) => Some(self.test_case(&machine, case)?),
            None => self.doubles.default_case().and_then(|case| self.find_case(&machine, case)),
        };
        name.map_or(Ok(()), check_name)?;
        Ok(StartRequest { place, machine, name, input: input_of(input)?, trace, case })
    }

    /// The test case behind the `#` of a state machine's ARN, a habit of AWS's Step Functions Local.
    fn test_case(&self, machine: &Machine, case: &str) -> Result<Arc<TestCase>, ApiError> {
        self.find_case(machine, case).ok_or_else(|| {
            let names = [Some(machine.plan.name.as_str()), machine.logical_id.as_deref()];
            let known =
                names.into_iter().flatten().flat_map(|name| self.doubles.cases(name)).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "none" } else { &known };
            let name = &machine.plan.name;
            let why = format!("no test case '{case}' for state machine '{name}' in the file of mocks; it has {known}");
            ApiError::invalid_arn(&why)
        })
    }

    fn find_case(&self, machine: &Machine, case: &str) -> Option<Arc<TestCase>> {
        let names = [Some(machine.plan.name.as_str()), machine.logical_id.as_deref()];
        names.into_iter().flatten().find_map(|name| self.doubles.case(name, case)).cloned()
    }

    pub(super) fn start_execution(&self, members: &Members<'_>, now: Duration) -> Result<Vec<u8>, ApiError> {
        let request = self.request(members, Violations::default())?;
        let express = request.machine.kind == MachineKind::Express;
        if !self.throttle.admits("StartExecution", express, now) {
            return Err(ApiError::throttled());
        }
        let (arn, start) = self.begin(request, now, None)?;
        Ok(object(|answer| {
            answer.text("executionArn", &arn).time("startDate", start);
        }))
    }

    pub(super) fn start_sync_execution(&self, members: &Members<'_>, now: Duration) -> Result<Answer, ApiError> {
        let mut violations = Violations::default();
        let metadata_only = members.metadata_only(&mut violations)?;
        let request = self.request(members, violations)?;
        if request.machine.kind != MachineKind::Express {
            return Err(ApiError::wrong_type());
        }
        if !self.throttle.admits("StartSyncExecution", true, now) {
            return Err(ApiError::throttled());
        }
        let (sender, end) = oneshot::channel();
        let machine_arn = request.machine.plan.arn.clone();
        let waiter = Waiter(Box::new(move |execution, _, _| {
            // Whoever waited may have gone.
            let _ = sender.send(sync_answer(&machine_arn, execution, metadata_only));
        }));
        self.begin(request, now, Some(waiter))?;
        Ok(Answer::Later { answer: end, instead: None, trial: None })
    }

    /// Starts it; its ARN and when it started.
    fn begin(
        &self,
        request: StartRequest<'_>,
        now: Duration,
        waiter: Option<Waiter>,
    ) -> Result<(String, u64), ApiError> {
        let StartRequest { place, machine, name, input, trace, case } = request;
        let order = Order { place, name, input, trace, case, now, waiter, map_run: None };
        let launched = self.launcher.start(order).map_err(|why| match why {
            NotLaunched::AlreadyExists(arn) => {
                ApiError::model("ExecutionAlreadyExists", format!("Execution Already Exists: '{arn}'"))
            }
            // AWS has no such limit for Express executions, and names no such error for StartSyncExecution.
            NotLaunched::TooManyOpen if machine.kind == MachineKind::Express => ApiError::throttled(),
            NotLaunched::TooManyOpen => ApiError::too_many_executions(),
        })?;
        if let Some((id, effects)) = launched.effects {
            self.engine.perform(id, effects);
        }
        Ok((launched.arn, launched.start))
    }
}

/// The answer of `StartSyncExecution`, made at the end of its execution.
fn sync_answer(machine_arn: &str, execution: &Execution, metadata_only: bool) -> Vec<u8> {
    let stop = execution.stop().unwrap_or(execution.start);
    let (output, error, cause) = if metadata_only { (None, None, None) } else { execution.result() };
    let input = Some(execution.input()).filter(|_| !metadata_only);
    let status = match execution.status() {
        // The model of the answer knows only three.
        ExecutionStatus::Aborted => ExecutionStatus::Failed,
        other => other,
    };
    // As captured on the wire of AWS: the members in alphabetical order.
    object(|answer| {
        answer
            .object("billingDetails", |billing| {
                // Billed in steps of 100 ms, one at least, and of 64 MB (Step Functions pricing).
                let duration = stop.saturating_sub(execution.start).div_ceil(100).max(1) * 100;
                billing.number("billedDurationInMilliseconds", duration).number("billedMemoryUsedInMB", 64);
            })
            .maybe_text("cause", cause)
            .maybe_text("error", error)
            .text("executionArn", &execution_arn(machine_arn, &execution.name, execution.express.as_deref()))
            .maybe_text("input", input)
            .object("inputDetails", |written| details(written, !metadata_only))
            .text("name", &execution.name)
            .maybe_text("output", output)
            .object("outputDetails", |written| details(written, !metadata_only))
            .time("startDate", execution.start)
            .text("stateMachineArn", machine_arn)
            .text("status", status.as_str())
            .time("stopDate", stop)
            .maybe_text("traceHeader", execution.trace.as_deref());
    })
}

/// `inputDetails` and `outputDetails`, with the type that AWS writes into them.
fn details(details: &mut Object<'_>, included: bool) {
    details.text("__type", "com.amazonaws.swf.base.model#CloudWatchEventsExecutionDataDetails");
    details.flag("included", included);
}

/// Refuses a name that is not legal.
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    if is_legal(name) { Ok(()) } else { Err(ApiError::model("InvalidName", format!("Invalid Name: '{name}'"))) }
}

/// Names are 1 to 80 characters without white space, brackets, wildcards, quotes, controls and the
/// signs that stand in the last line (API reference of `StartExecution`).
fn is_legal(name: &str) -> bool {
    // Nearly every name.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_illegal = |symbol: char| match symbol {
        '\u{fffe}' | '\u{ffff}' => true,
        _ => symbol.is_whitespace() || symbol.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(symbol),
    };
    name.bytes().all(is_plain) || !name.contains(is_illegal)
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
