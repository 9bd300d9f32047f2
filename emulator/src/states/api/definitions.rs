//! `CreateStateMachine`, `UpdateStateMachine`, `DeleteStateMachine`, `ValidateStateMachineDefinition`.

use std::time::Duration;

use super::diagnosis::{Asked, Severity, check, diagnose};
use super::given_settings::GivenSettings;
use super::members::{Members, TextConstraint, Violations};
use super::start::{ARN, NAME, check_name};
use super::{ApiError, resource};
use crate::deployment::{MachineKind, MachineSettings};
use crate::states::machines::MachineIdentity;
use crate::states::service::Service;
use crate::states::wire::{millis, object};

pub(super) const DEFINITION: TextConstraint = TextConstraint { least: 1, most: 1_048_576, sensitive: true };
/// A definition that is only to be validated may be empty (recorded).
const ANY_DEFINITION: TextConstraint = TextConstraint { least: 0, ..DEFINITION };
/// Most diagnostics of an answer, and how many there are unless asked otherwise (API reference).
const DIAGNOSTICS: u32 = 100;
const MISSING: &str =
    "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";

impl Service {
    pub(super) fn create_state_machine(
        &self,
        members: &Members<'_>,
        body: &[u8],
        now: Duration,
    ) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let name = members.required("name", NAME, &mut violations)?;
        let definition = members.required("definition", DEFINITION, &mut violations)?;
        let role_arn = members.required("roleArn", ARN, &mut violations)?;
        let kind = kind(members, &mut violations)?;
        let settings = GivenSettings::parse(members, body, &mut violations)?;
        violations.check()?;
        refuse_versions(members)?;
        check_name(name)?;
        resource_of_role(role_arn)?;
        let settings = settings.over(MachineSettings::default())?;
        let arn = format!("{}:stateMachine:{name}", self.arn_prefix);
        if let Some((_, known)) = self.launcher.machines.find(&arn) {
            // As recorded on AWS: the same machine again is the one that is there.
            let same = known.definition() == definition && known.plan.role_arn == role_arn && known.kind == kind;
            if !same || known.settings != settings {
                let message = format!("State Machine Already Exists: '{arn}'");
                return Err(ApiError::model("StateMachineAlreadyExists", message));
            }
            return Ok(created(&arn, known.created));
        }
        let identity = MachineIdentity { arn: &arn, name, role_arn, kind, switches: self.switches };
        self.put(&identity, definition, millis(now), |machine| machine.settings = settings)?;
        Ok(created(&arn, millis(now)))
    }

    pub(super) fn update_state_machine(
        &self,
        members: &Members<'_>,
        body: &[u8],
        now: Duration,
    ) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("stateMachineArn", ARN, &mut violations)?;
        let definition = members.text("definition", DEFINITION, &mut violations)?;
        let role_arn = members.text("roleArn", ARN, &mut violations)?;
        let settings = GivenSettings::parse(members, body, &mut violations)?;
        violations.check()?;
        refuse_versions(members)?;
        let (_, known) = self.machine(arn)?;
        if definition.is_none() && role_arn.is_none() && settings.is_empty() {
            return Err(ApiError::model("MissingRequiredParameter", MISSING));
        }
        if let Some(role_arn) = role_arn {
            resource_of_role(role_arn)?;
        }
        let settings = settings.over(known.settings.clone())?;
        let identity = MachineIdentity {
            arn,
            name: &known.plan.name,
            role_arn: role_arn.unwrap_or(&known.plan.role_arn),
            kind: known.kind,
            switches: self.switches,
        };
        // As recorded on AWS: what changes nothing makes no new revision.
        let changes = definition.is_some_and(|definition| definition != known.definition())
            || role_arn.is_some_and(|role_arn| role_arn != known.plan.role_arn)
            || settings != known.settings;
        let revision = match &known.revision {
            Some(revision) if !changes => revision.clone(),
            _ => self.launcher.uuid(),
        };
        self.put(&identity, definition.unwrap_or(&known.definition()), millis(now), |machine| {
            machine.created = known.created;
            machine.logical_id.clone_from(&known.logical_id);
            machine.qualifiers.clone_from(&known.qualifiers);
            machine.revision = Some(revision.clone());
            machine.settings = settings;
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
        if !self.launcher.machines.has_room(identity.arn, definition.len()) {
            // In the words of the API reference: those on the wire are not known.
            return Err(if self.launcher.find(identity.arn).is_some() {
                let why = "The request would cause a service quota to be exceeded.";
                ApiError::model("ServiceQuotaExceededException", why)
            } else {
                let why = "The maximum number of state machines has been reached. State machines must be deleted before a new state \
                           machine can be created.";
                ApiError::model("StateMachineLimitExceeded", why)
            });
        }
        let mut machines = check(definition, identity, now)?;
        let machine = machines.first_mut().expect("the machine stands before its processors");
        change(machine);
        for machine in machines {
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
        let severity = members.one_of("severity", &["ERROR", "WARNING"], &mut violations)?;
        let most = members.number("maxResults", DIAGNOSTICS, &mut violations)?.filter(|most| *most > 0);
        violations.check()?;
        let arn = format!("{}:stateMachine:definition", self.arn_prefix);
        let identity = MachineIdentity { arn: &arn, name: "definition", role_arn: "", kind, switches: self.switches };
        let most = usize::try_from(most.unwrap_or(DIAGNOSTICS)).unwrap_or(usize::MAX);
        // Warnings are told to those who ask for them (API reference).
        let asked = Asked { most, warnings: severity == Some("WARNING") };
        let found = diagnose(definition, &identity, millis(now), asked).found;
        let is_wrong = found.iter().any(|diagnosis| diagnosis.severity == Severity::Error);
        let result = if is_wrong { "FAIL" } else { "OK" };
        Ok(object(|answer| {
            answer
                .list("diagnostics", found.iter().take(most), |row, diagnosis| {
                    row.text("code", diagnosis.code)
                        .maybe_text("location", diagnosis.location.as_deref())
                        .text("message", &diagnosis.message)
                        .text("severity", diagnosis.severity.as_str());
                })
                .text("result", result)
                .flag("truncated", found.len() > most);
        }))
    }
}

fn kind(members: &Members<'_>, violations: &mut Violations) -> Result<MachineKind, ApiError> {
    let kind = members.one_of("type", &["STANDARD", "EXPRESS"], violations)?;
    Ok(if kind == Some("EXPRESS") { MachineKind::Express } else { MachineKind::Standard })
}

/// Versions are not kept here.
fn refuse_versions(members: &Members<'_>) -> Result<(), ApiError> {
    if members.flag("publish")?.unwrap_or(false) {
        return Err(ApiError::model("ValidationException", "This endpoint keeps no versions: leave out `publish`"));
    }
    // Documented; the words are not known.
    if members.has("versionDescription") {
        let why = "Version description can only be set when publish is true";
        return Err(ApiError::model("ValidationException", why));
    }
    Ok(())
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
