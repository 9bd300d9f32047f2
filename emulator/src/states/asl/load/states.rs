//! One state of each type.

use std::sync::Arc;
use std::time::Duration;

use super::language::Language;
use super::{Loader, Targets, choice, errors, fields, tasks};
use crate::document::{LoadError, Node};
use crate::states::asl::choice::timestamp;
use crate::states::asl::{
    Expressions, Flow, Next, Paths, Reach, ReferencePath, State, StateId, StateKind, Wait, WaitUntil,
};
use crate::states::data::Data;

/// The fields of a type of state, in groups: in either language, with JSONPath alone, with JSONata alone.
struct Fields {
    name: &'static str,
    common: &'static [&'static [&'static str]],
    paths: &'static [&'static [&'static str]],
    expressions: &'static [&'static str],
}

/// Of a state that another one follows.
const FLOW: &[&str] = &["Assign", "Next", "End"];
/// Of a state whose failure can be handled.
const HANDLERS: &[&str] = &["Retry", "Catch"];
/// Of a state that chooses from its input and output.
const INPUT_OUTPUT: &[&str] = &["InputPath", "OutputPath"];
/// Of a state that makes an input and puts its result somewhere.
const RESULT: &[&str] = &["Parameters", "ResultPath"];
const SELECTOR: &[&str] = &["ResultSelector"];

const TYPES: &[Fields] = &[
    Fields { name: "Pass", common: &[FLOW], paths: &[&["Result"], INPUT_OUTPUT, RESULT], expressions: &["Output"] },
    Fields {
        name: "Task",
        common: &[&["Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"], FLOW, HANDLERS],
        paths: &[&["TimeoutSecondsPath", "HeartbeatSecondsPath"], INPUT_OUTPUT, RESULT, SELECTOR],
        expressions: &["Arguments", "Output"],
    },
    Fields {
        name: "Choice",
        common: &[&["Choices", "Default", "Assign"]],
        paths: &[INPUT_OUTPUT],
        expressions: &["Output"],
    },
    Fields {
        name: "Wait",
        common: &[&["Seconds", "Timestamp"], FLOW],
        paths: &[&["SecondsPath", "TimestampPath"], INPUT_OUTPUT],
        expressions: &["Output"],
    },
    Fields { name: "Succeed", common: &[], paths: &[INPUT_OUTPUT], expressions: &["Output"] },
    Fields { name: "Fail", common: &[&["Error", "Cause"]], paths: &[&["ErrorPath", "CausePath"]], expressions: &[] },
    Fields {
        name: "Parallel",
        common: &[&["Branches"], FLOW, HANDLERS],
        paths: &[INPUT_OUTPUT, RESULT, SELECTOR],
        expressions: &["Arguments", "Output"],
    },
    Fields {
        name: "Map",
        common: &[
            &["ItemProcessor", "Iterator", "ItemSelector", "MaxConcurrency", "ItemReader", "ItemBatcher"],
            &["ResultWriter", "Label", "ToleratedFailurePercentage", "ToleratedFailureCount"],
            FLOW,
            HANDLERS,
        ],
        paths: &[
            &["ItemsPath", "MaxConcurrencyPath", "ToleratedFailurePercentagePath", "ToleratedFailureCountPath"],
            INPUT_OUTPUT,
            RESULT,
            SELECTOR,
        ],
        expressions: &["Items", "Output"],
    },
];

impl Loader<'_> {
    pub(super) fn state(&mut self, name: &str, node: &Node, targets: &Targets<'_>) -> Result<State, LoadError> {
        let what = &format!("state `{name}`");
        let kind_node = node.require(what, "Type")?;
        let kind_name = kind_node.expect_str(&format!("`Type` of {what}"))?;
        let language = Language::of(what, node, self.language)?;
        let Some(fields) = TYPES.iter().find(|fields| fields.name == kind_name) else {
            return Err(kind_node
                .unexpected(&format!("`Type` of {what}"), "Pass, Task, Choice, Wait, Succeed, Fail, Parallel or Map"));
        };
        language.check_fields(what, node)?;
        let own = if language == Language::Jsonata { &[fields.expressions] } else { fields.paths };
        let groups = [&[&["Type", "Comment", "QueryLanguage"][..]], fields.common, own].concat();
        node.expect_keys(what, &groups.concat())?;

        let kind = match kind_name {
            "Pass" => StateKind::Pass { result: fixed_result(what, node)? },
            "Task" => StateKind::Task(Box::new(tasks::task(what, node, language)?)),
            "Choice" => StateKind::Choice {
                rules: choice::rules(what, node, targets, language)?,
                default: node
                    .get("Default")
                    .map(|default| targets.find(&format!("`Default` of {what}"), default))
                    .transpose()?,
            },
            "Wait" => StateKind::Wait(Box::new(wait(what, node, language)?)),
            "Succeed" => StateKind::Succeed,
            "Fail" => StateKind::Fail {
                error: fields::words(what, node, "Error", language)?,
                cause: fields::words(what, node, "Cause", language)?,
            },
            "Parallel" => StateKind::Parallel { branches: self.branches(what, node)? },
            _ => StateKind::Map(Box::new(self.map(what, node, language)?)),
        };
        let reach = Reach { result: matches!(kind_name, "Task" | "Parallel" | "Map"), error_output: false };
        Ok(State {
            name: Arc::from(name),
            flow: self.flow(what, node, kind_name, language, reach)?,
            assign: fields::assign(what, node, language, reach)?,
            retry: errors::retry(what, node)?,
            catch: errors::catch(what, node, targets, language)?,
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
            branch.expect_keys(&what, &["StartAt", "States", "Comment"])?;
            starts.push(self.scope(&what, branch)?);
        }
        Ok(starts)
    }

    /// What becomes of input and result.
    fn flow(&self, what: &str, node: &Node, kind: &str, language: Language, reach: Reach) -> Result<Flow, LoadError> {
        let has = |groups: &[&[&str]]| groups.iter().copied().flatten().any(|field| node.get(field).is_some());
        if language == Language::Jsonata {
            if !has(&[&["Arguments", "Output"]]) {
                return Ok(Flow::Expressions(Arc::clone(&self.no_expressions)));
            }
            return Ok(Flow::Expressions(Arc::new(Expressions {
                arguments: language.template(what, node, "Arguments", Reach::default())?,
                output: language.template(what, node, "Output", reach)?,
            })));
        }
        if !has(&[INPUT_OUTPUT, RESULT, SELECTOR]) {
            return Ok(Flow::Paths(Arc::clone(&self.no_paths)));
        }
        // A Map's `Parameters` is the older name of its `ItemSelector`.
        let parameters = if kind == "Map" { None } else { language.template(what, node, "Parameters", reach)? };
        Ok(Flow::Paths(Arc::new(Paths {
            input: fields::query(what, node, "InputPath")?,
            parameters,
            selector: language.template(what, node, "ResultSelector", reach)?,
            result: if matches!(kind, "Choice" | "Wait" | "Succeed" | "Fail") {
                ReferencePath::Whole
            } else {
                fields::result_path(what, node)?
            },
            output: fields::query(what, node, "OutputPath")?,
        })))
    }
}

fn wait(what: &str, node: &Node, language: Language) -> Result<Wait, LoadError> {
    let seconds = fields::seconds_or_path(what, node, "Seconds", 0, language)?.map(Wait::For);
    let at = match (language.formula(what, node, "Timestamp")?, node.get("Timestamp")) {
        (Some(formula), _) => Some(Wait::Until(WaitUntil::Formula(formula))),
        (None, None) => None,
        (None, Some(value)) => {
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

/// `Result` of a Pass state.
fn fixed_result(what: &str, node: &Node) -> Result<Option<Data>, LoadError> {
    let Some(result) = node.get("Result") else { return Ok(None) };
    let made = Data::made(result.to_json());
    made.map(Some).map_err(|why| LoadError::at(&result.position, format!("`Result` of {what} is {why}")))
}

/// The instant that a text names, since the Unix epoch; instants before it are the epoch.
pub(crate) fn timestamp_since_epoch(text: &str) -> Option<Duration> {
    Some(Duration::try_from(timestamp(text)?).unwrap_or_default())
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
            targets.extend(rules.iter().map(|rule| rule.next).chain(*default));
        }
        targets
    }
}
