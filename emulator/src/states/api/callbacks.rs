//! `SendTaskSuccess`, `SendTaskFailure`, `SendTaskHeartbeat`: task tokens that come back.

use std::time::Duration;

use super::ApiError;
use super::members::{Members, TextConstraint, Violations};
use crate::java::written_json;
use crate::states::data::Data;
use crate::states::run::{ActivityDirectory as _, Failure, Happening, Key, TaskToken};
use crate::states::service::Service;
use crate::states::wire::object;

const TOKEN: TextConstraint = TextConstraint { least: 1, most: 2_048, sensitive: false };
const OUTPUT: TextConstraint = TextConstraint { least: 0, most: 262_144, sensitive: true };
const ERROR: TextConstraint = TextConstraint { least: 0, most: 256, sensitive: true };
const CAUSE: TextConstraint = TextConstraint { least: 0, most: 32_768, sensitive: true };

impl Service {
    pub(super) fn send_task_success(&self, members: &Members<'_>, now: Duration) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let token = members.required("taskToken", TOKEN, &mut violations)?;
        let output = members.required("output", OUTPUT, &mut violations)?;
        violations.check()?;
        let output = Data::parse(&written_json(output.into()))
            .map_err(|_| ApiError::model("InvalidOutput", "Invalid Output: 'Invalid output.'"))?;
        self.send(token, now, |key| Happening::Callback(key, Ok(output)))
    }

    pub(super) fn send_task_failure(&self, members: &Members<'_>, now: Duration) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let token = members.required("taskToken", TOKEN, &mut violations)?;
        let error = members.text("error", ERROR, &mut violations)?.map(str::to_owned);
        let cause = members.text("cause", CAUSE, &mut violations)?.map(str::to_owned);
        violations.check()?;
        self.send(token, now, |key| Happening::Callback(key, Err(Failure { error, cause, ..Failure::default() })))
    }

    pub(super) fn send_task_heartbeat(&self, members: &Members<'_>, now: Duration) -> Result<Vec<u8>, ApiError> {
        let token = members.only("taskToken", TOKEN)?;
        self.send(token, now, Happening::Heartbeat)
    }

    fn send(&self, token: &str, now: Duration, happening: impl FnOnce(Key) -> Happening) -> Result<Vec<u8>, ApiError> {
        let token = TaskToken::read(token).ok_or_else(|| ApiError::invalid_token("Invalid token"))?;
        let gone = || ApiError::model("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
        let (id, key) = token.stands_for(self.activities.secret()).ok_or_else(gone)?;
        let effects = self.launcher.store.step_awaited(id, key, happening(key), now).ok_or_else(gone)?;
        self.engine.perform(id, effects);
        Ok(object(|_| ()))
    }
}
