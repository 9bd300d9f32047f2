use super::answer::{milliseconds, now};
use super::ids::fresh;
use super::names::execution_arn;
use super::service_error::ServiceError;
use crate::executions::{Execution, Status, is_execution_name};
use crate::payload::MAX_INPUT;
use serde::Deserialize;
use std::collections::HashMap;
use std::time::{Duration, UNIX_EPOCH};

/// A state machine: it starts executions, and ends them when it is told to.
#[derive(Debug)]
pub(super) struct Machine {
    arn: String,
    pub(super) ends_at_once: bool,
    executions: Vec<Execution>,
    by_name: HashMap<String, usize>,
}

/// What `StartExecution` is asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) input: Option<String>,
    pub(super) name: Option<String>,
    pub(super) state_machine_arn: Option<String>,
}

impl Order {
    /// Reads a request that is passed through as it came.
    pub(super) fn read(body: &[u8]) -> Result<Self, ServiceError> {
        let body = if body.is_empty() { b"{}" } else { body };
        serde_json::from_slice(body).map_err(|_| ServiceError::named("SerializationException"))
    }
}

impl Machine {
    pub(super) fn new(arn: &str) -> Self {
        Self { arn: arn.to_owned(), ends_at_once: false, executions: Vec::new(), by_name: HashMap::new() }
    }

    pub(super) fn executions(&self) -> &[Execution] {
        &self.executions
    }

    pub(super) fn execution(&self, name: &str) -> Option<&Execution> {
        self.by_name.get(name).map(|index| &self.executions[*index])
    }

    /// Starts an execution. One that runs under the name with the same input is given back.
    pub(super) fn start(&mut self, order: Order) -> Result<&Execution, ServiceError> {
        let input = order.input.unwrap_or_else(|| "{}".to_owned());
        let arn = order.state_machine_arn.ok_or_else(|| {
            ServiceError::validation(
                "Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
            )
        })?;
        if input.len() > MAX_INPUT {
            let most = format!("Member must have length less than or equal to {MAX_INPUT}");
            return Err(ServiceError::validation(&format!("Value at 'input' failed to satisfy constraint: {most}")));
        }
        if arn != self.arn {
            let message = format!("State Machine Does Not Exist: '{arn}'");
            return Err(ServiceError::new("StateMachineDoesNotExist", message));
        }
        let name = order.name.unwrap_or_else(fresh);
        if !is_execution_name(&name) {
            return Err(ServiceError::new("InvalidName", format!("Invalid Name: '{name}'")));
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(&input).is_err() {
            return Err(ServiceError::named("InvalidExecutionInput"));
        }
        self.begin(name, input)
    }

    fn begin(&mut self, name: String, input: String) -> Result<&Execution, ServiceError> {
        if let Some(index) = self.by_name.get(&name) {
            let execution = &self.executions[*index];
            let is_same = execution.status == Status::Running && execution.input.as_ref() == Some(&input);
            return if is_same { Ok(execution) } else { Err(ServiceError::already_exists(&execution.arn)) };
        }
        let date = Some(UNIX_EPOCH + Duration::from_millis(now()));
        let ends = self.ends_at_once;
        self.by_name.insert(name.clone(), self.executions.len());
        self.executions.push(Execution {
            arn: execution_arn(&self.arn, &name),
            name,
            status: if ends { Status::Succeeded } else { Status::Running },
            start_date: date,
            stop_date: date.filter(|_| ends),
            input: Some(input),
            output: ends.then(|| "null".to_owned()),
            error: None,
            cause: None,
        });
        Ok(self.executions.last().expect("one was begun just now"))
    }

    /// Ends an execution; `false` if there is none of that name.
    pub(super) fn end(&mut self, name: &str, change: impl FnOnce(&mut Execution)) -> bool {
        let Some(index) = self.by_name.get(name) else { return false };
        let execution = &mut self.executions[*index];
        let started = execution.start_date.map(milliseconds).unwrap_or_default();
        execution.stop_date = Some(UNIX_EPOCH + Duration::from_millis(now().max(started)));
        change(execution);
        true
    }
}
