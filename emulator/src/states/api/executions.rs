//! `DescribeExecution`, `ListExecutions`, `StopExecution`.

use std::time::Duration;

use super::map_runs::no_map_run;
use super::members::{Members, TextConstraint, Violations};
use super::page::{Page, token};
use super::start::ARN;
use super::{ApiError, LONG_ARN, included, no_execution, resource};
use crate::deployment::MachineKind;
use crate::states::execution::{Execution, ExecutionStatus, execution_arn};
use crate::states::run::{Failure, Happening};
use crate::states::service::Service;
use crate::states::wire::{millis, object};

const ERROR: TextConstraint = TextConstraint { least: 0, most: 256, sensitive: true };
const CAUSE: TextConstraint = TextConstraint { least: 0, most: 32_768, sensitive: true };
/// Longest `nextToken` of `ListExecutions` (recorded).
const LIST_TOKEN: usize = 3_096;
/// `statusFilter` in AWS's order (recorded).
const STATUSES: &[&str] = &["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];

/// Whose executions are listed.
#[derive(Clone, Copy)]
enum Which {
    OfMachine(usize),
    OfMapRun(u64),
}

/// An execution as it is listed.
struct Row {
    arn: String,
    machine_arn: String,
    name: Box<str>,
    status: ExecutionStatus,
    start: u64,
    stop: Option<u64>,
    /// Of an execution of a map run.
    items: Option<u64>,
}

impl Service {
    pub(super) fn describe_execution(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("executionArn", LONG_ARN, &mut violations)?;
        let metadata_only = members.metadata_only(&mut violations)?;
        violations.check()?;
        let (machine, name) = self.execution(arn)?.ok_or_else(|| no_execution(arn))?;
        let described = self.launcher.store.by_name(machine, name, |execution| {
            let status = execution.status();
            let (output, error, cause) = execution.result();
            object(|answer| {
                answer
                    .text("executionArn", arn)
                    .text("stateMachineArn", &execution.plan.arn)
                    .text("name", name)
                    .text("status", status.as_str())
                    .time("startDate", execution.start);
                if let Some(stop) = execution.stop() {
                    answer.time("stopDate", stop);
                }
                if execution.is_faded() && !metadata_only {
                    answer.object("inputDetails", included(false));
                } else if !metadata_only {
                    answer.text("input", execution.input()).object("inputDetails", included(true));
                }
                if let Some(output) = output.filter(|_| !metadata_only) {
                    answer.text("output", output).object("outputDetails", included(true));
                }
                answer.maybe_text("traceHeader", execution.trace.as_deref());
                let map_run = execution.map_run.as_ref().and_then(|member| self.map_runs.arn_of(member.run));
                answer.maybe_text("mapRunArn", map_run.as_deref());
                // Recorded: an execution that has timed out has no error.
                if status != ExecutionStatus::TimedOut && !metadata_only {
                    answer.maybe_text("error", error).maybe_text("cause", cause);
                }
                answer.number("redriveCount", 0);
                if matches!(status, ExecutionStatus::Running | ExecutionStatus::Succeeded) {
                    let reason = format!("Execution is {} and cannot be redriven", status.as_str());
                    answer.text("redriveStatus", "NOT_REDRIVABLE").text("redriveStatusReason", &reason);
                } else {
                    answer.text("redriveStatus", "REDRIVABLE");
                }
            })
        });
        described.ok_or_else(|| no_execution(arn))
    }

    pub(super) fn list_executions(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.text("stateMachineArn", ARN, &mut violations)?;
        let map_run = members.text("mapRunArn", LONG_ARN, &mut violations)?;
        let filter = members.one_of("statusFilter", STATUSES, &mut violations)?;
        let redriven = members.one_of("redriveFilter", &["REDRIVEN", "NOT_REDRIVEN"], &mut violations)?;
        let page = Page::read(members, LIST_TOKEN, &mut violations)?;
        violations.check()?;
        let which = match (arn, map_run) {
            (Some(_), None) if redriven.is_some() => {
                // Documented; the words are not known.
                let why = "redriveFilter is only supported together with a Map Run ARN";
                return Err(ApiError::model("ValidationException", why));
            }
            (Some(arn), None) => {
                let (place, machine) = self.machine(arn)?;
                if machine.kind == MachineKind::Express {
                    return Err(ApiError::wrong_type());
                }
                Which::OfMachine(place)
            }
            (None, Some(arn)) => {
                resource(arn, "mapRun")?;
                Which::OfMapRun(self.map_runs.describe(arn).ok_or_else(|| no_map_run(arn))?.number)
            }
            (None, None) => {
                let why = "Must provide a State Machine ARN or Map Run ARN";
                return Err(ApiError::model("ValidationException", why));
            }
            (Some(_), Some(_)) => {
                let why = "Must provide either a State Machine ARN or a Map Run ARN, not both";
                return Err(ApiError::model("ValidationException", why));
            }
        };
        let (rows, more) = self.launcher.store.newest(page.from.unwrap_or(u64::MAX), page.size, |execution| {
            let status = execution.status();
            let belongs = match which {
                Which::OfMachine(place) => execution.machine == place,
                Which::OfMapRun(number) => execution.map_run.as_ref().is_some_and(|member| member.run == number),
            };
            // No execution is ever redriven here.
            (belongs && redriven != Some("REDRIVEN") && filter.is_none_or(|filter| filter == status.as_str())).then(
                || Row {
                    arn: execution_arn(&execution.plan.arn, &execution.name, execution.express.as_deref()),
                    machine_arn: execution.plan.arn.clone(),
                    name: execution.name.clone(),
                    status,
                    start: execution.start,
                    stop: execution.stop(),
                    items: execution.map_run.as_ref().map(|member| member.items),
                },
            )
        });
        Ok(object(|answer| {
            answer.list("executions", &rows, |row, (_, shown)| {
                row.text("executionArn", &shown.arn)
                    .text("stateMachineArn", &shown.machine_arn)
                    .text("name", &shown.name)
                    .text("status", shown.status.as_str())
                    .time("startDate", shown.start);
                if let Some(stop) = shown.stop {
                    row.time("stopDate", stop);
                }
                row.maybe_text("mapRunArn", map_run);
                if let Some(items) = shown.items {
                    row.number("itemCount", items);
                }
                row.number("redriveCount", 0);
            });
            if let Some((last, _)) = rows.last().filter(|_| more) {
                answer.text("nextToken", &token(*last));
            }
        }))
    }

    pub(super) fn stop_execution(&self, members: &Members<'_>, now: Duration) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("executionArn", ARN, &mut violations)?;
        let error = members.text("error", ERROR, &mut violations)?.map(str::to_owned);
        let cause = members.text("cause", CAUSE, &mut violations)?.map(str::to_owned);
        violations.check()?;
        let (machine, name) = self.execution(arn)?.ok_or_else(|| no_execution(arn))?;
        let id =
            self.launcher.store.by_name(machine, name, |execution| execution.id).ok_or_else(|| no_execution(arn))?;
        let stop = Happening::Stop(Failure { error, cause, ..Failure::default() });
        // A map run that it waits for is stopped with it.
        let effects = self.launcher.store.step(id, stop, now);
        self.engine.perform(id, effects);
        // One that is not retained is forgotten the moment that it ends, which is now.
        let stop = self.launcher.store.by_id(id, Execution::stop).flatten().unwrap_or_else(|| millis(now));
        Ok(object(|answer| {
            answer.time("stopDate", stop);
        }))
    }
}
