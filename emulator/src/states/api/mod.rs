//! The Step Functions API: one function for each action, from its members to its answer.

mod activities;
mod callbacks;
mod definitions;
mod diagnosis;
mod error;
mod executions;
mod given_settings;
mod history;
mod machines;
mod map_runs;
mod members;
mod page;
mod reply;
mod start;
mod test_mock;
mod test_state;

pub(crate) use error::ApiError;
pub use reply::Reply;

use std::sync::Arc;

use tokio::sync::oneshot;

use super::machines::Machine;
use super::service::Service;
use super::wire::Object;
use crate::deployment::MachineKind;
use crate::java::readable_json;
use crate::switches::Switch;
use members::Members;

/// ARNs of map runs and of their executions are longer than others (API reference).
const LONG_ARN: members::TextConstraint = members::TextConstraint { least: 1, most: 2_000, sensitive: false };

/// What an action answers.
pub(crate) enum Answer {
    /// At once.
    Now(Vec<u8>),
    /// When the execution has ended that it has started, or a task is there.
    Later {
        /// Comes then.
        answer: oneshot::Receiver<Vec<u8>>,
        /// What is answered if it cannot wait.
        instead: Option<Vec<u8>>,
        /// The trial of a state, which ends when its caller has gone.
        trial: Option<u64>,
    },
}

impl From<Vec<u8>> for Answer {
    fn from(body: Vec<u8>) -> Self {
        Self::Now(body)
    }
}

impl Service {
    /// Answers one action.
    pub(crate) fn answer(&self, action: &str, body: &[u8]) -> Result<Answer, ApiError> {
        // Strings of Java may hold half of a surrogate pair. What has none, as good as all, is read as it came.
        let readable: Option<String>;
        let members = match Members::parse(body) {
            Ok(members) if !members.has_rare_characters() => members,
            _ => {
                readable = str::from_utf8(body).ok().map(|body| readable_json(body).into_owned());
                Members::parse(readable.as_ref().map_or(body, String::as_bytes))?
            }
        };
        if self.engine.is_gone() {
            return Err(ApiError::failure());
        }
        let now = self.clock.now();
        // Express machines have buckets of their own, which only the start knows.
        if action != "StartExecution" && action != "StartSyncExecution" && !self.throttle.admits(action, false, now) {
            return Err(ApiError::throttled());
        }
        Ok(match action {
            "StartExecution" => self.start_execution(&members, now)?.into(),
            "StartSyncExecution" => self.start_sync_execution(&members, now)?,
            "DescribeExecution" => self.describe_execution(&members)?.into(),
            "ListExecutions" => self.list_executions(&members)?.into(),
            "StopExecution" => self.stop_execution(&members, now)?.into(),
            "GetExecutionHistory" => self.get_execution_history(&members)?.into(),
            "ListStateMachines" => self.list_state_machines(&members)?.into(),
            "DescribeStateMachine" => self.describe_state_machine(&members)?.into(),
            "DescribeStateMachineForExecution" => self.describe_state_machine_for_execution(&members)?.into(),
            "SendTaskSuccess" => self.send_task_success(&members, now)?.into(),
            "SendTaskFailure" => self.send_task_failure(&members, now)?.into(),
            "CreateActivity" => self.create_activity(&members, body, now)?.into(),
            "DescribeActivity" => self.describe_activity(&members)?.into(),
            "DeleteActivity" => self.delete_activity(&members)?.into(),
            "ListActivities" => self.list_activities(&members)?.into(),
            "GetActivityTask" => self.get_activity_task(&members, now)?,
            "CreateStateMachine" => self.create_state_machine(&members, body, now)?.into(),
            "UpdateStateMachine" => self.update_state_machine(&members, body, now)?.into(),
            "DeleteStateMachine" => self.delete_state_machine(&members)?.into(),
            "ValidateStateMachineDefinition" => self.validate_definition(&members, now)?.into(),
            "TestState" => self.test_state(&members, body, now)?,
            "DescribeMapRun" => self.describe_map_run(&members)?.into(),
            "ListMapRuns" => self.list_map_runs(&members)?.into(),
            "UpdateMapRun" => self.update_map_run(&members)?.into(),
            "SendTaskHeartbeat" => self.send_task_heartbeat(&members, now)?.into(),
            _ => return Err(ApiError::unknown_operation()),
        })
    }

    /// How an error is answered.
    pub(crate) fn refusal(&self, error: ApiError) -> Reply {
        let of_service = self.switches.is_turned(Switch::ErrorPackage);
        if of_service { error.of_service().into() } else { error.into() }
    }

    /// The machine that an ARN names.
    fn machine(&self, arn: &str) -> Result<(usize, Arc<Machine>), ApiError> {
        resource(arn, "stateMachine")?;
        self.launcher.machines.find(arn).ok_or_else(|| no_machine(arn))
    }

    /// The machine that an ARN names, which may end in an alias or a version.
    fn addressed(&self, arn: &str) -> Result<(usize, Arc<Machine>), ApiError> {
        // One that is there needs no look at its parts.
        self.launcher.find(arn).map_or_else(|| resource(arn, "stateMachine").and_then(|_| Err(no_machine(arn))), Ok)
    }

    /// The machine and the name of the Standard execution that an ARN names, whether it is there or not.
    fn execution<'a>(&self, arn: &'a str) -> Result<Option<(usize, &'a str)>, ApiError> {
        let Some((machine, name)) = resource(arn, "execution")?.split_once(':') else {
            return Err(ApiError::invalid_arn("Invalid ARN: missing execution name"));
        };
        let prefix = arn.split(":execution:").next().unwrap_or_default();
        Ok(self.launcher.machines.place_of(prefix, machine).map(|found| (found, name)))
    }
}

fn no_machine(arn: &str) -> ApiError {
    ApiError::model("StateMachineDoesNotExist", format!("State Machine Does Not Exist: '{arn}'"))
}

fn no_execution(arn: &str) -> ApiError {
    ApiError::model("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{arn}'"))
}

/// An execution of whom only the record is kept. On AWS all of it is there for 90 days, and then nothing.
fn no_history(arn: &str) -> ApiError {
    let why = format!(
        "The history of '{arn}' is forgotten: those of the executions that ended after it take all the memory that is kept for \
         them here (--retain-mib)"
    );
    ApiError::model("ExecutionDoesNotExist", why)
}

/// What follows the resource type in an ARN, which must be of that type.
fn resource<'a>(arn: &'a str, kind: &str) -> Result<&'a str, ApiError> {
    if !arn.starts_with("arn:") {
        return Err(ApiError::invalid_arn(&format!("Invalid ARN prefix: {arn}")));
    }
    let mut parts = arn.splitn(7, ':').skip(2);
    if parts.next() != Some("states") {
        return Err(ApiError::invalid_arn(&format!("Invalid ARN service: {arn}")));
    }
    match (parts.nth(2), parts.next()) {
        (Some(found), Some(rest)) if found == kind && !rest.is_empty() => Ok(rest),
        (Some(found), Some(_)) if found != kind => {
            Err(ApiError::invalid_arn(&format!("Resource type not valid in this context: {found}")))
        }
        _ => Err(ApiError::invalid_arn(&format!("Invalid ARN: {arn}"))),
    }
}

fn kind_name(kind: MachineKind) -> &'static str {
    match kind {
        MachineKind::Standard => "STANDARD",
        MachineKind::Express => "EXPRESS",
    }
}

/// Whether the input or output that they tell of is there.
fn included(is: bool) -> impl FnOnce(&mut Object<'_>) {
    move |details| {
        details.flag("included", is);
    }
}
