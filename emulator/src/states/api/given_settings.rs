//! `loggingConfiguration`, `tracingConfiguration` and `encryptionConfiguration`, as callers give them.

use serde::Deserialize;

use super::ApiError;
use super::members::{Members, Violations};
use crate::deployment::{EncryptionConfiguration, LoggingConfiguration, MachineSettings, TracingConfiguration};

const LEVELS: &[&str] = &["ALL", "ERROR", "FATAL", "OFF"];
const KEYS: &[&str] = &["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"];

/// What a call sets.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GivenSettings {
    #[serde(rename = "loggingConfiguration")]
    logging: Option<LoggingConfiguration>,
    #[serde(rename = "tracingConfiguration")]
    tracing: Option<TracingConfiguration>,
    #[serde(rename = "encryptionConfiguration")]
    encryption: Option<EncryptionConfiguration>,
}

impl GivenSettings {
    /// Reads them from the envelope, if its members have any.
    pub(super) fn parse(members: &Members<'_>, body: &[u8], violations: &mut Violations) -> Result<Self, ApiError> {
        let names = ["loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"];
        if !names.iter().any(|name| members.has(name)) {
            return Ok(Self::default());
        }
        let given: Self = serde_json::from_slice(body)
            .map_err(|_| ApiError::wrong_member("Unexpected token received from parser"))?;
        if let Some(logging) = &given.logging {
            violations.check_value("loggingConfiguration.level", logging.level.as_deref(), LEVELS);
        }
        if let Some(encryption) = &given.encryption {
            match encryption.kind.as_deref() {
                None => violations.add("null", "encryptionConfiguration.type", "not be null"),
                kind => violations.check_value("encryptionConfiguration.type", kind, KEYS),
            }
        }
        Ok(given)
    }

    /// `encryptionConfiguration`, for what has no other settings.
    pub(super) fn encryption(self) -> Option<EncryptionConfiguration> {
        self.encryption
    }

    /// Whether nothing is set.
    pub(super) fn is_empty(&self) -> bool {
        self.logging.is_none() && self.tracing.is_none() && self.encryption.is_none()
    }

    /// The settings that a machine has with them.
    pub(super) fn over(self, known: MachineSettings) -> Result<MachineSettings, ApiError> {
        if let Some(logging) = &self.logging
            && logging.level() != "OFF"
            && logging.destinations.as_ref().map_or(0, Vec::len) != 1
        {
            // Documented; the words are not known.
            let why = "Invalid Logging Configuration: Must specify exactly one Log Destination.";
            return Err(ApiError::model("InvalidLoggingConfiguration", why));
        }
        Ok(MachineSettings {
            logging: self.logging.unwrap_or(known.logging),
            tracing: self.tracing.unwrap_or(known.tracing),
            encryption: self.encryption.or(known.encryption),
        })
    }
}
