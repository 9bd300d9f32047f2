//! Which variables the states of a scope assign: an inner scope may set none that one around it sets (developer guide,
//! "Passing data between states with variables").

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::{ToldOfMistake, is_state_name};
use crate::document::{Entry, LoadError, Node};

/// Tells of every variable of a Map's or a Parallel's own states that is set around it as well.
pub(super) fn assigned_twice(definition: &Node, told: &mut ToldOfMistake<'_>) -> ControlFlow<()> {
    within(definition, &mut HashSet::new(), told)
}

/// `around` has the variables of the scopes around this one, and has them again in the end.
fn within<'n>(scope: &'n Node, around: &mut HashSet<&'n str>, told: &mut ToldOfMistake<'_>) -> ControlFlow<()> {
    let states = scope.get("States").and_then(Node::as_map).unwrap_or_default().iter();
    let states = states.filter(|state| is_state_name(&state.key));
    let mut own = HashSet::new();
    for state in states.clone() {
        for entry in assigned(&state.value) {
            let name = variable(entry);
            if around.contains(name) {
                let message = format!(
                    "`Assign` of state `{}`: variable `{name}` is assigned around the state that it stands in; choose \
                     another name",
                    state.key
                );
                told(LoadError::at(&entry.position, message))?;
            } else {
                own.insert(name);
            }
        }
    }
    around.extend(&own);
    for state in states {
        for inner in ["ItemProcessor", "Iterator", "Branches"].into_iter().filter_map(|field| state.value.get(field)) {
            for scope in inner.as_list().unwrap_or(std::slice::from_ref(inner)) {
                within(scope, around, told)?;
            }
        }
    }
    for name in own {
        around.remove(name);
    }
    ControlFlow::Continue(())
}

/// What a state sets: by itself, by its rules, by its catchers.
fn assigned(state: &Node) -> impl Iterator<Item = &Entry> {
    let lists = ["Choices", "Catch"].into_iter().filter_map(|field| state.get(field)?.as_list()).flatten();
    std::iter::once(state).chain(lists).filter_map(|node| node.get("Assign")?.as_map()).flatten()
}

fn variable(entry: &Entry) -> &str {
    entry.key.strip_suffix(".$").unwrap_or(&entry.key)
}
