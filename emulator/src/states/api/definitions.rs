//! `CreateStateMachine`, `UpdateStateMachine`, `DeleteStateMachine`, `ValidateStateMachineDefinition`.

use std::time::Duration;

use super::diagnosis::check;
use super::members::{Members, TextConstraint, Violations};
use super::start::{ARN, NAME, is_legal};
use super::{ApiError, resource};
use crate::deployment::MachineKind;
use crate::states::machines::MachineIdentity;
use crate::states::service::Service;
use crate::states::wire::{millis, object};

pub(super) const DEFINITION: TextConstraint = TextConstraint { least: 1, most: 1_048_576, sensitive: true };
/// A definition that is only to be validated may be empty (recorded).
const ANY_DEFINITION: TextConstraint = TextConstraint { least: 0, ..DEFINITION };
const TYPE: TextConstraint = TextConstraint { least: 0, most: usize::MAX, sensitive: false };
const MISSING: &str =
    "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";

impl Service {
    pub(super) fn create_state_machine(&self, members: &Members<'_>, now: Duration) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let name = members.required("name", NAME, &mut violations)?;
        let definition = members.required("definition", DEFINITION, &mut violations)?;
        let role_arn = members.required("roleArn", ARN, &mut violations)?;
        let kind = kind(members, &mut violations)?;
        violations.check()?;
        if members.flag("publish")?.unwrap_or(false) {
            return Err(ApiError::model("ValidationException", "This endpoint keeps no versions: leave out `publish`"));
        }
        if !is_legal(name) {
            return Err(ApiError::model("InvalidName", format!("Invalid Name: '{name}'")));
        }
        resource_of_role(role_arn)?;
        let arn = format!("{}:stateMachine:{name}", self.arn_prefix);
        if let Some((_, known)) = self.launcher.machines.find(&arn) {
            // As recorded on AWS: the same machine again is the one that is there.
            if known.definition != definition || known.plan.role_arn != role_arn || known.kind != kind {
                let message = format!("State Machine Already Exists: '{arn}'");
                return Err(ApiError::model("StateMachineAlreadyExists", message));
            }
            return Ok(created(&arn, known.created));
        }
        let identity = MachineIdentity { arn: &arn, name, role_arn, kind, switches: self.switches };
        self.put(&identity, definition, millis(now), |_| ())?;
        Ok(created(&arn, millis(now)))
    }

    pub(super) fn update_state_machine(&self, members: &Members<'_>, now: Duration) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("stateMachineArn", ARN, &mut violations)?;
        let definition = members.text("definition", DEFINITION, &mut violations)?;
        let role_arn = members.text("roleArn", ARN, &mut violations)?;
        violations.check()?;
        let (_, known) = self.machine(arn)?;
        let settings = ["loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"];
        if definition.is_none() && role_arn.is_none() && !settings.iter().any(|name| members.has(name)) {
            return Err(ApiError::model("MissingRequiredParameter", MISSING));
        }
        if let Some(role_arn) = role_arn {
            resource_of_role(role_arn)?;
        }
        let identity = MachineIdentity {
            arn,
            name: &known.plan.name,
            role_arn: role_arn.unwrap_or(&known.plan.role_arn),
            kind: known.kind,
            switches: self.switches,
        };
        // As recorded on AWS: what changes nothing makes no new revision.
        let changes = definition.is_some_and(|definition| definition != known.definition)
            || role_arn.is_some_and(|role_arn| role_arn != known.plan.role_arn)
            || settings.iter().any(|name| members.has(name));
        let revision = match &known.revision {
            Some(revision) if !changes => revision.clone(),
            _ => self.launcher.uuid(),
        };
        self.put(&identity, definition.unwrap_or(&known.definition), millis(now), |machine| {
            machine.created = known.created;
            machine.logical_id.clone_from(&known.logical_id);
            machine.revision = Some(revision.clone());
        })?;
        Ok(object(|answer| {
            answer.text("revisionId", &revision).time("updateDate", millis(now));
        }))
    }

    /// Checks a definition and puts its machine, changed by `change`, where it can be started.
    fn put(
        &self,
        identity: &MachineIdentity<'_>,
        definition: &str,
        now: u64,
        change: impl FnOnce(&mut crate::states::machines::Machine),
    ) -> Result<(), ApiError> {
        let mut machines =
            check(definition, identity, now).map_err(|why| ApiError::model("InvalidDefinition", why.cause()))?;
        let machine = machines.first_mut().expect("the machine stands before its processors");
        definition.clone_into(&mut machine.definition);
        change(machine);
        for machine in machines {
            self.activities.create_named_in(&machine.plan.machine, now);
            self.launcher.machines.put(machine);
        }
        Ok(())
    }

    pub(super) fn delete_state_machine(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let arn = members.only("stateMachineArn", ARN)?;
        resource(arn, "stateMachine")?;
        // As recorded on AWS: one that is not there is as good as deleted. Executions under way go on.
        self.launcher.machines.delete(arn);
        Ok(object(|_| ()))
    }

    pub(super) fn validate_definition(&self, members: &Members<'_>, now: Duration) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let definition = members.required("definition", ANY_DEFINITION, &mut violations)?;
        let kind = kind(members, &mut violations)?;
        violations.check()?;
        let arn = format!("{}:stateMachine:definition", self.arn_prefix);
        let identity = MachineIdentity { arn: &arn, name: "definition", role_arn: "", kind, switches: self.switches };
        let found = check(definition, &identity, millis(now)).err();
        Ok(object(|answer| {
            answer
                .list("diagnostics", &found, |row, diagnosis| {
                    row.text("code", diagnosis.code)
                        .maybe_text("location", diagnosis.location.as_deref())
                        .text("message", &diagnosis.message)
                        .text("severity", "ERROR");
                })
                .text("result", if found.is_none() { "OK" } else { "FAIL" })
                .flag("truncated", false);
        }))
    }
}

fn kind(members: &Members<'_>, violations: &mut Violations) -> Result<MachineKind, ApiError> {
    Ok(match members.text("type", TYPE, violations)? {
        None | Some("STANDARD") => MachineKind::Standard,
        Some("EXPRESS") => MachineKind::Express,
        Some(other) => {
            violations.add(&format!("'{other}'"), "type", "satisfy enum value set: [STANDARD, EXPRESS]");
            MachineKind::Standard
        }
    })
}

/// The role is never assumed here, but must look like one.
pub(super) fn resource_of_role(arn: &str) -> Result<(), ApiError> {
    if arn.starts_with("arn:") && arn.contains(":role/") {
        return Ok(());
    }
    Err(ApiError::invalid_arn(&format!("Invalid Role Arn: {arn}")))
}

fn created(arn: &str, created: u64) -> Vec<u8> {
    object(|answer| {
        answer.time("creationDate", created).text("stateMachineArn", arn);
    })
}
