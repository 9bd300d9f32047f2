//! `ListStateMachines`, `DescribeStateMachine`, `DescribeStateMachineForExecution`.

use super::members::{Members, Violations};
use super::page::{Page, token};
use super::start::ARN;
use super::{ApiError, kind_name, no_execution};
use crate::states::launch::Machine;
use crate::states::service::Service;
use crate::states::wire::{Object, object};

const TOKEN: usize = 1_024;

impl Service {
    pub(super) fn list_state_machines(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let page = Page::read(members, TOKEN, &mut violations)?;
        violations.check()?;
        let skip = page.from.and_then(|from| usize::try_from(from).ok()).unwrap_or(0);
        let rows: Vec<&Machine> = self.launcher.machines.iter().skip(skip).take(page.size).collect();
        let end = skip + rows.len();
        Ok(object(|answer| {
            answer.list("stateMachines", rows, |row, machine| {
                row.text("stateMachineArn", &machine.plan.arn)
                    .text("name", &machine.plan.name)
                    .text("type", kind_name(machine.kind))
                    .time("creationDate", self.created);
            });
            if end < self.launcher.machines.len() {
                answer.text("nextToken", &token(end as u64));
            }
        }))
    }

    pub(super) fn describe_state_machine(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let (_, machine) = self.machine(members.only("stateMachineArn", ARN)?)?;
        Ok(object(|answer| {
            answer
                .text("stateMachineArn", &machine.plan.arn)
                .text("name", &machine.plan.name)
                .text("status", "ACTIVE")
                .text("definition", &machine.definition)
                .text("roleArn", &machine.plan.role_arn)
                .text("type", kind_name(machine.kind))
                .time("creationDate", self.created);
            settings(answer);
        }))
    }

    pub(super) fn describe_state_machine_for_execution(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let arn = members.only("executionArn", ARN)?;
        let (place, name) = self.execution(arn)?.ok_or_else(|| no_execution(arn))?;
        self.launcher.store.by_name(place, name, |_| ()).ok_or_else(|| no_execution(arn))?;
        let machine = &self.launcher.machines[place];
        Ok(object(|answer| {
            answer
                .text("stateMachineArn", &machine.plan.arn)
                .text("name", &machine.plan.name)
                .text("definition", &machine.definition)
                .text("roleArn", &machine.plan.role_arn)
                .time("updateDate", self.created);
            settings(answer);
        }))
    }
}

/// What a machine has unless its template says otherwise.
fn settings(answer: &mut Object<'_>) {
    answer
        .object("loggingConfiguration", |logging| {
            logging.text("level", "OFF").flag("includeExecutionData", false);
        })
        .object("tracingConfiguration", |tracing| {
            tracing.flag("enabled", false);
        });
}
