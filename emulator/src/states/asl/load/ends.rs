//! Machines that cannot end.

use crate::document::Node;

/// Whether every state of a machine, those of its branches and processors aside, goes on to another one. A state that
/// neither goes on nor ends is a mistake of its own.
pub(crate) fn never_ends(machine: &Node) -> bool {
    let states = machine.get("States").and_then(Node::as_map).unwrap_or_default();
    !states.is_empty() && states.iter().all(|state| goes_on(&state.value))
}

fn goes_on(state: &Node) -> bool {
    let ends = state.get("End").and_then(Node::as_bool) == Some(true);
    match state.get("Type").and_then(Node::as_str) {
        Some("Succeed" | "Fail") => false,
        Some("Choice") => !ends,
        _ => !ends && state.get("Next").is_some(),
    }
}
