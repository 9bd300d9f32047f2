//! What a state machine is deployed with besides its definition. Nothing is logged, traced or encrypted here, but callers find
//! again what was set.

use serde::Deserialize;

/// The settings of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MachineSettings {
    pub(crate) logging: LoggingConfiguration,
    pub(crate) tracing: TracingConfiguration,
    pub(crate) encryption: Option<EncryptionConfiguration>,
}

/// `loggingConfiguration`; by default nothing is logged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LoggingConfiguration {
    /// `OFF` where it is not given.
    pub(crate) level: Option<String>,
    pub(crate) include_execution_data: Option<bool>,
    pub(crate) destinations: Option<Vec<LogDestination>>,
}

/// Where a machine logs to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LogDestination {
    pub(crate) cloud_watch_logs_log_group: Option<LogGroup>,
}

/// A group of logs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LogGroup {
    pub(crate) log_group_arn: Option<String>,
}

/// `tracingConfiguration`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TracingConfiguration {
    pub(crate) enabled: Option<bool>,
}

/// `encryptionConfiguration`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct EncryptionConfiguration {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) kms_data_key_reuse_period_seconds: Option<u32>,
}

impl EncryptionConfiguration {
    /// Whether it says what holds without one: that AWS's own key encrypts.
    pub(crate) fn is_awss(&self) -> bool {
        self.kind.as_deref() == Some("AWS_OWNED_KEY")
    }
}

impl LoggingConfiguration {
    /// `OFF`, if nothing else is said.
    pub(crate) fn level(&self) -> &str {
        self.level.as_deref().unwrap_or("OFF")
    }
}
