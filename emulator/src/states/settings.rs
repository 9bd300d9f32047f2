//! What a state machine is created with besides its definition. Nothing is logged, traced or encrypted here, but callers find
//! again what they have set.

use serde::Deserialize;

use super::wire::Object;

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
    cloud_watch_logs_log_group: Option<LogGroup>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LogGroup {
    log_group_arn: Option<String>,
}

/// `tracingConfiguration`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TracingConfiguration {
    enabled: Option<bool>,
}

/// `encryptionConfiguration`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct EncryptionConfiguration {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    kms_key_id: Option<String>,
    kms_data_key_reuse_period_seconds: Option<u32>,
}

impl LoggingConfiguration {
    /// `OFF`, if nothing else is said.
    pub(crate) fn level(&self) -> &str {
        self.level.as_deref().unwrap_or("OFF")
    }
}

impl MachineSettings {
    /// Writes them into the description of a machine.
    pub(crate) fn write(&self, answer: &mut Object<'_>) {
        if let Some(encryption) = &self.encryption {
            answer.object("encryptionConfiguration", |written| {
                written.maybe_text("kmsKeyId", encryption.kms_key_id.as_deref());
                if let Some(seconds) = encryption.kms_data_key_reuse_period_seconds {
                    written.number("kmsDataKeyReusePeriodSeconds", seconds.into());
                }
                written.maybe_text("type", encryption.kind.as_deref());
            });
        }
        answer
            .object("loggingConfiguration", |written| {
                let logging = &self.logging;
                written
                    .text("level", logging.level())
                    .flag("includeExecutionData", logging.include_execution_data.unwrap_or(false));
                if let Some(destinations) = &logging.destinations {
                    written.list("destinations", destinations, |row, destination| {
                        let Some(group) = &destination.cloud_watch_logs_log_group else { return };
                        row.object("cloudWatchLogsLogGroup", |written| {
                            written.maybe_text("logGroupArn", group.log_group_arn.as_deref());
                        });
                    });
                }
            })
            .object("tracingConfiguration", |written| {
                written.flag("enabled", self.tracing.enabled.unwrap_or(false));
            });
    }
}
