//! From a document to a machine: what Step Functions would refuse is refused here, with its place and its state.

mod choice;
mod distributed;
mod errors;
mod fields;
mod language;
mod maps;
mod states;
mod tasks;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

pub(crate) use states::timestamp_since_epoch;

use super::{Machine, State, StateId};
use crate::document::{LoadError, Node};
use language::Language;

/// Longest state name, in characters (States Language).
const MAX_NAME: usize = 80;

/// Checks and flattens a definition.
pub(crate) fn load(definition: &Node) -> Result<Machine, LoadError> {
    const KEYS: &[&str] = &["Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"];
    let what = "the state machine";
    let language = Language::of(what, definition, Language::JsonPath, Language::JsonPath)?;
    definition.expect_keys(what, KEYS)?;
    if let Some(version) = definition.get("Version")
        && version.expect_str("`Version`")? != "1.0"
    {
        return Err(version.unexpected("`Version`", "\"1.0\""));
    }
    let timeout = fields::seconds(what, definition, "TimeoutSeconds", 1)?.map(Duration::from_secs);
    let mut loader = Loader { states: Vec::new(), names: HashSet::new(), language };
    let start = loader.scope(what, definition, language)?;
    let states = loader.states.into_iter().flatten().collect();
    Ok(Machine { start, states, timeout })
}

struct Loader {
    /// Every place is filled when its scope has been read.
    states: Vec<Option<State>>,
    names: HashSet<String>,
    /// The language of the whole machine.
    language: Language,
}

/// The states among which `Next` may choose.
struct Targets<'n> {
    what: String,
    ids: HashMap<&'n str, StateId>,
}

impl Targets<'_> {
    /// The state that a `Next` names.
    fn find(&self, field: &str, node: &Node) -> Result<StateId, LoadError> {
        let name = node.expect_str(field)?;
        self.ids.get(name).copied().ok_or_else(|| {
            LoadError::at(&node.position, format!("{field} names `{name}`, which is not a state of {}", self.what))
        })
    }
}

impl Loader {
    /// Reads `StartAt` and `States` of a machine, a branch or a processor.
    fn scope(&mut self, what: &str, node: &Node, language: Language) -> Result<StateId, LoadError> {
        let start = node.require(what, "StartAt")?;
        let states = node.require(what, "States")?;
        let entries = states.expect_map(&format!("`States` of {what}"))?;
        if entries.is_empty() {
            return Err(LoadError::at(&states.position, format!("`States` of {what} must not be empty")));
        }
        let mut targets = Targets { what: what.to_owned(), ids: HashMap::with_capacity(entries.len()) };
        let first = self.states.len();
        for (offset, entry) in entries.iter().enumerate() {
            let length = entry.key.chars().count();
            if length == 0 || length > MAX_NAME {
                let message = format!("state name `{}` must have 1 to {MAX_NAME} characters, not {length}", entry.key);
                return Err(LoadError::at(&entry.position, message));
            }
            if !self.names.insert(entry.key.clone()) {
                let message = format!("state `{}` is there twice: names are unique in the whole machine", entry.key);
                return Err(LoadError::at(&entry.position, message));
            }
            let id = u32::try_from(first + offset).unwrap_or(u32::MAX);
            targets.ids.insert(&entry.key, StateId(id));
        }
        self.states.resize_with(first + entries.len(), || None);
        for (offset, entry) in entries.iter().enumerate() {
            let state = self.state(&entry.key, &entry.value, &targets, language)?;
            self.states[first + offset] = Some(state);
        }
        let start = targets.find("`StartAt`", start)?;
        let reachable = self.reachable(start);
        match entries
            .iter()
            .find(|entry| !targets.ids.get(entry.key.as_str()).is_some_and(|id| reachable.contains(&id.0)))
        {
            Some(entry) => {
                Err(LoadError::at(&entry.position, format!("state `{}` is not reachable from `StartAt`", entry.key)))
            }
            None => Ok(start),
        }
    }

    /// The states of one scope that a run can come to.
    fn reachable(&self, start: StateId) -> HashSet<u32> {
        let mut seen = HashSet::from([start.0]);
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            let Some(state) = self.states.get(id.0 as usize).and_then(Option::as_ref) else { continue };
            for target in state.targets() {
                if seen.insert(target.0) {
                    open.push(target);
                }
            }
        }
        seen
    }
}
