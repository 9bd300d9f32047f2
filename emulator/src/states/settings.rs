//! How what a state machine was set up with is shown.

use super::wire::Object;
use crate::deployment::{EncryptionConfiguration, MachineSettings};

/// Writes `encryptionConfiguration`; without one, AWS's own key encrypts (recorded).
pub(crate) fn write_encryption(encryption: Option<&EncryptionConfiguration>, answer: &mut Object<'_>) {
    answer.object("encryptionConfiguration", |written| {
        written.maybe_text("kmsKeyId", encryption.and_then(|it| it.kms_key_id.as_deref()));
        if let Some(seconds) = encryption.and_then(|it| it.kms_data_key_reuse_period_seconds) {
            written.number("kmsDataKeyReusePeriodSeconds", seconds.into());
        }
        written.text("type", encryption.and_then(|it| it.kind.as_deref()).unwrap_or("AWS_OWNED_KEY"));
    });
}

impl MachineSettings {
    /// Writes them into the description of a machine.
    pub(crate) fn write(&self, answer: &mut Object<'_>) {
        write_encryption(self.encryption.as_ref(), answer);
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
