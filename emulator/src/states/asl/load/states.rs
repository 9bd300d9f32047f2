//! One state of each type.

use std::sync::Arc;
use std::time::Duration;

use super::{Loader, Targets, choice, errors, fields};
use crate::document::{LoadError, Node};
use crate::states::asl::choice::timestamp;
use crate::states::asl::state::Concurrency;
use crate::states::asl::{
    Map, Next, ReferencePath, Resource, Seconds, Source, State, StateId, StateKind, Task, Wait, WaitUntil,
};
use crate::states::data::Data;

const COMMON: &[&str] = &["Type", "Comment", "QueryLanguage"];
const PATHS: &[&str] = &["InputPath", "OutputPath"];
const FLOW: &[&str] = &["Next", "End"];
const RESULT: &[&str] = &["Parameters", "ResultPath"];
const ERRORS: &[&str] = &["ResultSelector", "Retry", "Catch"];

impl Loader {
    pub(super) fn state(&mut self, name: &str, node: &Node, targets: &Targets<'_>) -> Result<State, LoadError> {
        let what = &format!("state `{name}`");
        let kind_node = node.require(what, "Type")?;
        let kind_name = kind_node.expect_str(&format!("`Type` of {what}"))?;
        fields::jsonpath_only(what, node)?;
        let (own, shared): (&[&str], &[&[&str]]) = match kind_name {
            "Pass" => (&["Result"], &[PATHS, FLOW, RESULT]),
            "Task" => (
                &[
                    "Resource",
                    "TimeoutSeconds",
                    "TimeoutSecondsPath",
                    "HeartbeatSeconds",
                    "HeartbeatSecondsPath",
                    "Credentials",
                ],
                &[PATHS, FLOW, RESULT, ERRORS],
            ),
            "Choice" => (&["Choices", "Default"], &[PATHS]),
            "Wait" => (&["Seconds", "SecondsPath", "Timestamp", "TimestampPath"], &[PATHS, FLOW]),
            "Succeed" => (&[], &[PATHS]),
            "Fail" => (&["Error", "ErrorPath", "Cause", "CausePath"], &[]),
            "Parallel" => (&["Branches"], &[PATHS, FLOW, RESULT, ERRORS]),
            "Map" => (
                &[
                    "ItemProcessor",
                    "Iterator",
                    "ItemsPath",
                    "ItemSelector",
                    "MaxConcurrency",
                    "MaxConcurrencyPath",
                    "ItemReader",
                    "ItemBatcher",
                    "ResultWriter",
                    "Label",
                    "ToleratedFailurePercentage",
                    "ToleratedFailurePercentagePath",
                    "ToleratedFailureCount",
                    "ToleratedFailureCountPath",
                ],
                &[PATHS, FLOW, RESULT, ERRORS],
            ),
            _ => {
                return Err(kind_node.unexpected(
                    &format!("`Type` of {what}"),
                    "Pass, Task, Choice, Wait, Succeed, Fail, Parallel or Map",
                ));
            }
        };
        let mut supported = COMMON.to_vec();
        supported.extend_from_slice(own);
        for fields in shared {
            supported.extend_from_slice(fields);
        }
        node.expect_keys(what, &supported)?;

        let kind = match kind_name {
            "Pass" => StateKind::Pass { result: node.get("Result").map(|result| Data::from(result.to_json())) },
            "Task" => StateKind::Task(task(what, node)?),
            "Choice" => StateKind::Choice {
                rules: choice::rules(what, node, targets)?,
                default: node
                    .get("Default")
                    .map(|default| targets.find(&format!("`Default` of {what}"), default))
                    .transpose()?,
            },
            "Wait" => StateKind::Wait(wait(what, node)?),
            "Succeed" => StateKind::Succeed,
            "Fail" => StateKind::Fail {
                error: fields::words(what, node, "Error")?,
                cause: fields::words(what, node, "Cause")?,
            },
            "Parallel" => StateKind::Parallel { branches: self.branches(what, node)? },
            _ => StateKind::Map(self.map(what, node)?),
        };
        // A Map's `Parameters` is the older name of its `ItemSelector`.
        let parameters = if kind_name == "Map" { None } else { fields::template(what, node, "Parameters")? };
        Ok(State {
            name: Arc::from(name),
            input: fields::query(what, node, "InputPath")?,
            parameters,
            selector: fields::template(what, node, "ResultSelector")?,
            result: if matches!(kind_name, "Choice" | "Wait" | "Succeed" | "Fail") {
                ReferencePath::Whole
            } else {
                fields::result_path(what, node)?
            },
            output: fields::query(what, node, "OutputPath")?,
            retry: errors::retry(what, node)?,
            catch: errors::catch(what, node, targets)?,
            next: next(what, node, &kind, targets)?,
            kind,
        })
    }

    fn branches(&mut self, what: &str, node: &Node) -> Result<Vec<StateId>, LoadError> {
        let node = node.require(what, "Branches")?;
        let list = node.expect_list(&format!("`Branches` of {what}"))?;
        if list.is_empty() {
            return Err(LoadError::at(&node.position, format!("`Branches` of {what} must not be empty")));
        }
        let mut starts = Vec::with_capacity(list.len());
        for (index, branch) in list.iter().enumerate() {
            let what = format!("branch {} of {what}", index + 1);
            fields::jsonpath_only(&what, branch)?;
            branch.expect_keys(&what, &["StartAt", "States", "Comment", "QueryLanguage"])?;
            starts.push(self.scope(&what, branch)?);
        }
        Ok(starts)
    }

    fn map(&mut self, what: &str, node: &Node) -> Result<Map, LoadError> {
        let processor = fields::one_of(
            what,
            node,
            [("ItemProcessor", node.get("ItemProcessor")), ("Iterator", node.get("Iterator"))],
        )?;
        let processor =
            processor.ok_or_else(|| LoadError::at(&node.position, format!("{what} needs `ItemProcessor`")))?;
        let processor_name = format!("the processor of {what}");
        fields::jsonpath_only(&processor_name, processor)?;
        processor
            .expect_keys(&processor_name, &["StartAt", "States", "Comment", "ProcessorConfig", "QueryLanguage"])?;
        if let Some(mode) = processor.get("ProcessorConfig").and_then(|config| config.get("Mode"))
            && mode.expect_str("`Mode`")? != "INLINE"
        {
            return Err(LoadError::at(&mode.position, format!("{what} is a distributed Map, which is not supported")));
        }
        for field in ["ItemReader", "ItemBatcher", "ResultWriter", "Label"] {
            if let Some(entry) = node.entry(field) {
                let message = format!("{what}: `{field}` belongs to the distributed Map, which is not supported");
                return Err(LoadError::at(&entry.position, message));
            }
        }
        if let Some(entry) = node.expect_map(what)?.iter().find(|entry| entry.key.starts_with("ToleratedFailure")) {
            let message = format!("{what}: `{}` belongs to the distributed Map, which is not supported", entry.key);
            return Err(LoadError::at(&entry.position, message));
        }
        let selector = fields::template(what, node, "ItemSelector")?;
        let parameters = fields::template(what, node, "Parameters")?;
        let written = match node.get("MaxConcurrency") {
            None => None,
            Some(value) => {
                let limit = value.expect_u64(&format!("`MaxConcurrency` of {what}"))?;
                Some(Concurrency::Of(usize::try_from(limit).unwrap_or(usize::MAX)))
            }
        };
        let path = fields::reference(what, node, "MaxConcurrencyPath")?.map(Concurrency::Path);
        let concurrency = fields::one_of(what, node, [("MaxConcurrency", written), ("MaxConcurrencyPath", path)])?;
        let items = match fields::source(what, node, "ItemsPath")? {
            Some(items) => items,
            None => Source::parse("$").map_err(LoadError::nowhere)?,
        };
        Ok(Map {
            items,
            item: fields::one_of(what, node, [("ItemSelector", selector), ("Parameters", parameters)])?,
            start: self.scope(&processor_name, processor)?,
            concurrency: concurrency.unwrap_or(Concurrency::Of(0)),
        })
    }
}

fn task(what: &str, node: &Node) -> Result<Task, LoadError> {
    let resource_node = node.require(what, "Resource")?;
    let text = resource_node.expect_str(&format!("`Resource` of {what}"))?;
    let resource = Resource::parse(text)
        .map_err(|why| LoadError::at(&resource_node.position, format!("{what}: `{text}` {why}")))?;
    let parameters = node.get("Parameters").or_else(|| node.get("Arguments"));
    if resource.invokes_function() {
        invocation(what, node, parameters)?;
    }
    let timeout = fields::seconds_or_path(what, node, "TimeoutSeconds", 1)?;
    let heartbeat = fields::seconds_or_path(what, node, "HeartbeatSeconds", 1)?;
    if let (Some(Seconds::Of(timeout)), Some(Seconds::Of(heartbeat))) = (&timeout, &heartbeat)
        && heartbeat >= timeout
    {
        let message = format!("`HeartbeatSeconds` of {what} must be smaller than its `TimeoutSeconds`");
        return Err(LoadError::at(&node.position, message));
    }
    let names_function = parameters.and_then(|parameters| parameters.get("FunctionName")).is_some();
    Ok(Task { resource: Arc::new(resource), names_function, timeout, heartbeat })
}

/// The parameters of `lambda:invoke`.
fn invocation(what: &str, node: &Node, parameters: Option<&Node>) -> Result<(), LoadError> {
    const KEYS: &[&str] =
        &["FunctionName", "Payload", "InvocationType", "Qualifier", "LogType", "ClientContext", "TenantId"];
    let what = &format!("`Parameters` of {what}");
    let Some(parameters) = parameters else {
        return Err(LoadError::at(&node.position, format!("{what} must name the function in `FunctionName`")));
    };
    // A JSONata expression says later what they are.
    if parameters.expect_str("").is_ok() {
        return Ok(());
    }
    let plain = |key: &str| key.strip_suffix(".$").unwrap_or(key).to_owned();
    let entries = parameters.expect_map(what)?;
    if let Some(entry) = entries.iter().find(|entry| !KEYS.contains(&plain(&entry.key).as_str())) {
        let message = format!("{what}: `{}` is not one of {}", entry.key, KEYS.join(", "));
        return Err(LoadError::at(&entry.position, message));
    }
    if entries.iter().any(|entry| plain(&entry.key) == "FunctionName") {
        return Ok(());
    }
    Err(LoadError::at(&parameters.position, format!("{what} must name the function in `FunctionName`")))
}

fn wait(what: &str, node: &Node) -> Result<Wait, LoadError> {
    let seconds = fields::seconds_or_path(what, node, "Seconds", 0)?.map(Wait::For);
    let at = match node.get("Timestamp") {
        None => None,
        Some(value) => {
            let name = format!("`Timestamp` of {what}");
            let instant = timestamp_since_epoch(value.expect_str(&name)?)
                .ok_or_else(|| value.unexpected(&name, "a timestamp such as 2016-03-14T01:59:00Z"))?;
            Some(Wait::Until(WaitUntil::At(instant)))
        }
    };
    let path = fields::reference(what, node, "TimestampPath")?.map(|path| Wait::Until(WaitUntil::Path(path)));
    fields::one_of(what, node, [("Seconds", seconds), ("Timestamp", at), ("TimestampPath", path)])?.ok_or_else(|| {
        LoadError::at(&node.position, format!("{what} needs one of Seconds, SecondsPath, Timestamp, TimestampPath"))
    })
}

/// The instant that a text names, since the Unix epoch; instants before it are the epoch.
pub(crate) fn timestamp_since_epoch(text: &str) -> Option<Duration> {
    Some(Duration::try_from(timestamp(text)?.as_duration()).unwrap_or_default())
}

fn next(what: &str, node: &Node, kind: &StateKind, targets: &Targets<'_>) -> Result<Next, LoadError> {
    if matches!(kind, StateKind::Choice { .. } | StateKind::Succeed | StateKind::Fail { .. }) {
        return Ok(Next::End);
    }
    let end = node.get("End").map(|end| end.expect_bool(&format!("`End` of {what}"))).transpose()?.unwrap_or(false);
    match (node.get("Next"), end) {
        (Some(next), false) => targets.find(&format!("`Next` of {what}"), next).map(Next::State),
        (None, true) => Ok(Next::End),
        (Some(_), true) => Err(LoadError::at(&node.position, format!("{what} has both `Next` and `End`: keep one"))),
        (None, false) => Err(LoadError::at(&node.position, format!("{what} needs `Next` or `\"End\": true`"))),
    }
}

impl State {
    /// The states of the same scope that may come after it.
    pub(super) fn targets(&self) -> Vec<StateId> {
        let mut targets: Vec<StateId> = self.catch.iter().map(|catcher| catcher.next).collect();
        if let Next::State(next) = self.next {
            targets.push(next);
        }
        if let StateKind::Choice { rules, default } = &self.kind {
            targets.extend(rules.iter().map(|(_, target)| *target).chain(*default));
        }
        targets
    }
}
