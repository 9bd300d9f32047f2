//! A definition as it was given, and what is told of it when somebody asks.

use std::sync::OnceLock;

use super::asl::{VariableReferences, variable_references};
use crate::document::{Node, json};

/// A definition. What its states refer to, and what a processor in it looks like, is read out of the text when it is asked for:
/// few ever are, and a processor in a processor in a processor would be written down as often as it is deep.
#[derive(Debug)]
pub(crate) struct Definition {
    text: String,
    references: OnceLock<VariableReferences>,
}

impl Definition {
    /// The text of a definition that has been loaded.
    pub(crate) fn new(text: String) -> Self {
        Self { text, references: OnceLock::new() }
    }

    /// As it was given.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The variables that its states refer to.
    pub(crate) fn references(&self) -> &VariableReferences {
        self.references.get_or_init(|| variable_references(&self.read()))
    }

    /// The processor of the Map state of that name.
    pub(crate) fn processor(&self, map: &str) -> String {
        processor(&self.read(), map).map(|found| found.to_json().to_string()).unwrap_or_default()
    }

    fn read(&self) -> Node {
        json::parse("definition", &self.text).expect("it was loaded from this text, or written as JSON")
    }
}

/// The processor of a Map state within a scope. The names of states are unique in the whole machine.
fn processor<'n>(scope: &'n Node, map: &str) -> Option<&'n Node> {
    scope.get("States").and_then(Node::as_map)?.iter().find_map(|entry| {
        let state = &entry.value;
        let own = ["ItemProcessor", "Iterator"].iter().find_map(|field| state.get(field));
        if entry.key == map {
            return own;
        }
        let branches = state.get("Branches").and_then(Node::as_list).unwrap_or_default();
        own.into_iter().chain(branches).find_map(|scope| processor(scope, map))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_processor_is_found_however_deep_it_stands() {
        let scope = |name: &str, state: Value| json!({ "StartAt": name, "States": { name: state } });
        let inner = scope("P", json!({ "Type": "Pass", "End": true }));
        let map = |processor: &Value| json!({ "Type": "Map", "End": true, "ItemProcessor": processor });
        let around = scope("Inner", map(&inner));
        let parallel = json!({ "Type": "Parallel", "End": true, "Branches": [inner, scope("Outer", map(&around))] });
        let definition = Definition::new(scope("B", parallel).to_string());
        let found = |map: &str| serde_json::from_str::<Value>(&definition.processor(map)).unwrap();
        assert_eq!((found("Inner"), found("Outer")), (inner, around));
    }
}
