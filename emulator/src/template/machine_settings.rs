//! What a state machine logs and traces, and how it is encrypted, as a template says it.

use super::resource::Resource;
use super::scope::Scope;
use super::types::Type;
use crate::deployment::{
    EncryptionConfiguration, LogDestination, LogGroup, LoggingConfiguration, MachineSettings, TracingConfiguration,
};
use crate::document::{LoadError, Node, scalar};

/// Reads the settings of a state machine of either type.
pub(super) fn load(scope: &Scope, resource: &Resource) -> Result<MachineSettings, LoadError> {
    let [logging, tracing] = if resource.kind == Type::ServerlessStateMachine {
        ["Logging", "Tracing"]
    } else {
        ["LoggingConfiguration", "TracingConfiguration"]
    };
    let property = |name: &str| resource.property(scope, name);
    Ok(MachineSettings {
        logging: property(logging)?.as_ref().map(logged).transpose()?.unwrap_or_default(),
        tracing: property(tracing)?.as_ref().map(traced).transpose()?.unwrap_or_default(),
        encryption: property("EncryptionConfiguration")?.as_ref().map(encrypted).transpose()?,
    })
}

fn logged(node: &Node) -> Result<LoggingConfiguration, LoadError> {
    let destinations =
        node.get("Destinations").map(|list| list.expect_list("`Destinations` of logging")).transpose()?;
    let destination = |node: &Node| {
        let group = node.get("CloudWatchLogsLogGroup");
        let group = group.map(|group| Ok(LogGroup { log_group_arn: text(group, "LogGroupArn")? })).transpose()?;
        Ok(LogDestination { cloud_watch_logs_log_group: group })
    };
    Ok(LoggingConfiguration {
        level: text(node, "Level")?,
        include_execution_data: flag(node, "IncludeExecutionData")?,
        destinations: destinations.map(|list| list.iter().map(destination).collect()).transpose()?,
    })
}

fn traced(node: &Node) -> Result<TracingConfiguration, LoadError> {
    Ok(TracingConfiguration { enabled: flag(node, "Enabled")? })
}

fn encrypted(node: &Node) -> Result<EncryptionConfiguration, LoadError> {
    let period = node.get("KmsDataKeyReusePeriodSeconds");
    let period = period.map(|period| scalar::whole(period, "`KmsDataKeyReusePeriodSeconds`", 60..=900)).transpose()?;
    Ok(EncryptionConfiguration {
        kind: text(node, "Type")?,
        kms_key_id: text(node, "KmsKeyId")?,
        kms_data_key_reuse_period_seconds: period,
    })
}

fn text(node: &Node, key: &str) -> Result<Option<String>, LoadError> {
    node.get(key).map(|value| scalar::text(value, &format!("`{key}`"))).transpose()
}

fn flag(node: &Node, key: &str) -> Result<Option<bool>, LoadError> {
    node.get(key).map(|value| scalar::flag(value, &format!("`{key}`"))).transpose()
}
