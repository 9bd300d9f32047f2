//! The variables that each state refers to, as `DescribeStateMachine` tells them.

use std::collections::{BTreeMap, BTreeSet};

use super::PayloadTemplate;
use crate::document::{Kind, Node};
use crate::jsonata::JsonataExpression;

/// The variables of each state that refers to some, by its name.
pub(crate) type VariableReferences = BTreeMap<String, BTreeSet<String>>;

/// The fields that are filled in: in them only names that end in `.$` hold paths.
const TEMPLATES: &[&str] = &["Parameters", "ResultSelector", "ItemSelector", "BatchInput", "Assign"];
/// The fields that hold other states.
const SCOPES: &[&str] = &["ItemProcessor", "Iterator", "Branches"];

/// What every state of a definition refers to.
pub(crate) fn variable_references(definition: &Node) -> VariableReferences {
    let mut assigned = BTreeSet::new();
    names_assigned(definition, &mut assigned);
    let mut found = VariableReferences::new();
    if !assigned.is_empty() {
        scope(definition, is_jsonata(definition, false), &assigned, &mut found);
    }
    found
}

/// Every variable that some `Assign` sets.
fn names_assigned(node: &Node, names: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                if entry.key == "Assign" {
                    let set = entry.value.as_map().unwrap_or_default().iter();
                    names.extend(set.map(|set| set.key.strip_suffix(".$").unwrap_or(&set.key).to_owned()));
                }
                names_assigned(&entry.value, names);
            }
        }
        Kind::List(items) => items.iter().for_each(|item| names_assigned(item, names)),
        _ => {}
    }
}

/// The states of a machine, a branch or a processor; `whole` says whether the machine is JSONata.
fn scope(node: &Node, whole: bool, assigned: &BTreeSet<String>, found: &mut VariableReferences) {
    for state in node.get("States").and_then(Node::as_map).unwrap_or_default() {
        let jsonata = is_jsonata(&state.value, whole);
        let mut names = BTreeSet::new();
        for field in state.value.as_map().unwrap_or_default() {
            if SCOPES.contains(&field.key.as_str()) {
                let inner = field.value.as_list().unwrap_or(std::slice::from_ref(&field.value));
                for inner in inner {
                    scope(inner, whole, assigned, found);
                }
            } else if jsonata {
                in_expressions(&field.value, assigned, &mut names);
            } else if field.key != "Result" {
                in_paths(&field.key, &field.value, false, &mut names);
            }
        }
        if !names.is_empty() {
            found.insert(state.key.clone(), names);
        }
    }
}

fn is_jsonata(node: &Node, whole: bool) -> bool {
    node.get("QueryLanguage").and_then(Node::as_str).map_or(whole, |language| language == "JSONata")
}

fn in_paths(key: &str, value: &Node, in_template: bool, names: &mut BTreeSet<String>) {
    let in_template = in_template || TEMPLATES.contains(&key);
    match &value.kind {
        Kind::Map(entries) => entries.iter().for_each(|it| in_paths(&it.key, &it.value, in_template, names)),
        Kind::List(items) => items.iter().for_each(|item| in_paths("", item, in_template, names)),
        Kind::String(text) => {
            let is_path = key.ends_with(".$") || !in_template && (key.ends_with("Path") || key == "Variable");
            if let (true, Ok(template)) = (is_path, PayloadTemplate::parse(key, &text.value)) {
                names.extend(template.variables().into_iter().map(str::to_owned));
            }
        }
        _ => {}
    }
}

/// A name that no `Assign` sets is one of a function, or of the expression itself.
fn in_expressions(value: &Node, assigned: &BTreeSet<String>, names: &mut BTreeSet<String>) {
    match &value.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| in_expressions(&entry.value, assigned, names)),
        Kind::List(items) => items.iter().for_each(|item| in_expressions(item, assigned, names)),
        Kind::String(text) => {
            let inner = text.value.strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}"));
            if let Some(Ok(expression)) = inner.map(JsonataExpression::parse_for_states) {
                names.extend(expression.names().filter(|name| assigned.contains(*name)).map(str::to_owned));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::json::parse;

    #[test]
    fn states_refer_to_variables_in_paths_calls_and_expressions_and_nowhere_else() {
        let definition = json!({"StartAt": "A", "States": {
            "A": {"Type": "Pass", "Assign": {"a": 1, "b.$": "$.b", "c": 3}, "Result": {"x.$": "$a"},
                "Parameters": {"y": "$a", "SomePath": "$b"}, "Next": "B"},
            "B": {"Type": "Choice", "Choices": [{"Variable": "$b", "StringEqualsPath": "$a", "Next": "C"}],
                "Default": "C"},
            "C": {"Type": "Map", "ItemsPath": "$c.items", "ItemSelector": {"v.$": "States.Format('{}', $a[0])"},
                "MaxConcurrencyPath": "$.n", "Next": "E",
                "ItemProcessor": {"StartAt": "D", "States": {
                    "D": {"Type": "Pass", "QueryLanguage": "JSONata", "End": true,
                        "Output": {"n": "{% $sum([$a, $states.input.b]) + $count($b) %}", "plain": "$c"}}}}},
            "E": {"Type": "Succeed"},
        }});
        let found = variable_references(&parse("m", &definition.to_string()).unwrap());
        let expected = json!({"B": ["a", "b"], "C": ["a", "c"], "D": ["a", "b"]});
        assert_eq!(json!(found), expected);
    }
}
