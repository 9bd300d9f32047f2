//! `ListStateMachines`, `DescribeStateMachine`, `DescribeStateMachineForExecution`.

use std::borrow::Cow;
use std::sync::Arc;

use super::members::{Members, Violations};
use super::page::{Page, token};
use super::start::ARN;
use super::{ApiError, kind_name, no_execution};
use crate::states::machines::Machine;
use crate::states::service::Service;
use crate::states::wire::{Object, object};

const TOKEN: usize = 1_024;

impl Service {
    pub(super) fn list_state_machines(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let page = Page::read(members, TOKEN, &mut violations)?;
        violations.check()?;
        let skip = page.from.and_then(|from| usize::try_from(from).ok()).unwrap_or(0);
        let listed = self.launcher.machines.listed();
        let end = skip.saturating_add(page.size).min(listed.len());
        let rows = listed.get(skip..end).unwrap_or_default();
        Ok(object(|answer| {
            answer.list("stateMachines", rows, |row, machine| {
                row.text("stateMachineArn", &machine.plan.arn)
                    .text("name", &machine.plan.name)
                    .text("type", kind_name(machine.kind))
                    .time("creationDate", machine.created);
            });
            if end < listed.len() {
                answer.text("nextToken", &token(end as u64));
            }
        }))
    }

    pub(super) fn describe_state_machine(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("stateMachineArn", ARN, &mut violations)?;
        let metadata_only = members.metadata_only(&mut violations)?;
        violations.check()?;
        let (_, machine) = self.addressed(arn)?;
        // Who asks for a version is told its ARN (API reference).
        let is_version = arn.rsplit(':').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        Ok(object(|answer| {
            answer
                .text("stateMachineArn", if is_version { arn } else { &machine.plan.arn })
                .text("name", &machine.plan.name)
                .text("status", "ACTIVE")
                .text("definition", &definition(&machine, metadata_only))
                .text("roleArn", &machine.plan.role_arn)
                .text("type", kind_name(machine.kind))
                .time("creationDate", machine.created)
                .maybe_text("revisionId", machine.revision.as_deref());
            machine.settings.write(answer);
            write_references(&machine, metadata_only, answer);
        }))
    }

    pub(super) fn describe_state_machine_for_execution(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("executionArn", ARN, &mut violations)?;
        let metadata_only = members.metadata_only(&mut violations)?;
        violations.check()?;
        let (place, name) = self.execution(arn)?.ok_or_else(|| no_execution(arn))?;
        let plan = self.launcher.store.by_name(place, name, |execution| Arc::clone(&execution.plan));
        let machine = self.launcher.machines.of_plan(place, &plan.ok_or_else(|| no_execution(arn))?);
        Ok(object(|answer| {
            answer
                .text("stateMachineArn", &machine.plan.arn)
                .text("name", &machine.plan.name)
                .text("definition", &definition(&machine, metadata_only))
                .text("roleArn", &machine.plan.role_arn)
                .time("updateDate", machine.updated)
                .maybe_text("revisionId", machine.revision.as_deref());
            machine.settings.write(answer);
            write_references(&machine, metadata_only, answer);
        }))
    }
}

/// The definition as it is shown: `{}` where only metadata are asked for (API reference).
fn definition(machine: &Machine, metadata_only: bool) -> Cow<'_, str> {
    if metadata_only { Cow::Borrowed("{}") } else { machine.definition() }
}

/// `variableReferences`, which only a machine has that refers to variables.
fn write_references(machine: &Machine, metadata_only: bool, answer: &mut Object<'_>) {
    let references = if metadata_only { Vec::new() } else { machine.references() };
    if references.is_empty() {
        return;
    }
    answer.object("variableReferences", |written| {
        for (state, names) in references {
            written.texts(state, names.iter().map(String::as_str));
        }
    });
}
