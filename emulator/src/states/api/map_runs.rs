//! `DescribeMapRun`, `ListMapRuns`, `UpdateMapRun`.

use super::members::{Members, Violations};
use super::page::{Page, token};
use super::start::ARN;
use super::{ApiError, no_execution, resource};
use crate::states::map_runs::{MapRunCounts, MapRunSummary};
use crate::states::service::Service;
use crate::states::wire::{Object, object};

/// Longest `nextToken` (API reference).
const TOKEN: usize = 1_024;

impl Service {
    pub(super) fn describe_map_run(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let arn = members.only("mapRunArn", super::LONG_ARN)?;
        resource(arn, "mapRun")?;
        let run = self.map_runs.describe(arn).ok_or_else(|| no_map_run(arn))?;
        // As recorded on AWS: the members in alphabetical order.
        Ok(object(|answer| {
            answer
                .text("executionArn", &run.execution_arn)
                .object("executionCounts", |counts| write_counts(counts, &run.tally.executions))
                .object("itemCounts", |counts| write_counts(counts, &run.tally.items))
                .text("mapRunArn", &run.arn)
                .number("maxConcurrency", run.limits.concurrency)
                .number("redriveCount", 0)
                .time("startDate", run.start)
                .text("status", run.status.as_str());
            if let Some(stop) = run.stop {
                answer.time("stopDate", stop);
            }
            answer
                .number("toleratedFailureCount", run.limits.tolerated_count.unwrap_or_default())
                .fraction("toleratedFailurePercentage", run.limits.tolerated_percentage.unwrap_or_default());
        }))
    }

    pub(super) fn list_map_runs(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("executionArn", ARN, &mut violations)?;
        let page = Page::read(members, TOKEN, &mut violations)?;
        violations.check()?;
        let (machine, name) = self.execution(arn)?.ok_or_else(|| no_execution(arn))?;
        self.launcher.store.by_name(machine, name, |_| ()).ok_or_else(|| no_execution(arn))?;
        let skip = page.from.and_then(|from| usize::try_from(from).ok()).unwrap_or(0);
        let runs = self.map_runs.of_execution(arn);
        let end = skip.saturating_add(page.size).min(runs.len());
        let rows = runs.get(skip..end).unwrap_or_default();
        Ok(object(|answer| {
            answer.list("mapRuns", rows, |row, run: &MapRunSummary| {
                row.text("executionArn", &run.execution_arn)
                    .text("mapRunArn", &run.arn)
                    .time("startDate", run.start)
                    .text("stateMachineArn", &run.machine_arn);
                if let Some(stop) = run.stop {
                    row.time("stopDate", stop);
                }
            });
            if end < runs.len() {
                answer.text("nextToken", &token(end as u64));
            }
        }))
    }

    pub(super) fn update_map_run(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("mapRunArn", super::LONG_ARN, &mut violations)?;
        let concurrency = members.number("maxConcurrency", u32::MAX, &mut violations)?;
        let count = members.number("toleratedFailureCount", u32::MAX, &mut violations)?;
        let percentage = members.fraction("toleratedFailurePercentage", 0.0..=100.0, &mut violations)?;
        violations.check()?;
        resource(arn, "mapRun")?;
        if concurrency.is_none() && count.is_none() && percentage.is_none() {
            let why = "Must provide at least one of maxConcurrency, toleratedFailureCount, toleratedFailurePercentage";
            return Err(ApiError::model("ValidationException", why));
        }
        let number = self.map_runs.update(arn, |limits| {
            if let Some(concurrency) = concurrency {
                limits.concurrency = concurrency.into();
            }
            if let Some(count) = count {
                limits.tolerated_count = Some(count.into());
            }
            if let Some(percentage) = percentage {
                limits.tolerated_percentage = Some(percentage);
            }
        });
        self.engine.map_run_changed(number.ok_or_else(|| no_map_run(arn))?);
        Ok(object(|_| ()))
    }
}

fn write_counts(object: &mut Object<'_>, counts: &MapRunCounts) {
    object
        .number("aborted", counts.aborted)
        .number("failed", counts.failed)
        .number("pending", counts.pending())
        .number("resultsWritten", counts.written)
        .number("running", counts.running)
        .number("succeeded", counts.succeeded)
        .number("timedOut", counts.timed_out)
        .number("total", counts.total);
}

/// There is no map run of that ARN.
pub(super) fn no_map_run(arn: &str) -> ApiError {
    ApiError::model("ResourceNotFound", format!("Resource not found: '{arn}'"))
}
