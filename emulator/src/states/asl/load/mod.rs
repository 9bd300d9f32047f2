//! From a document to a machine: what Step Functions would refuse is refused here, with its place and its state.

mod choice;
mod distributed;
mod ends;
mod errors;
mod fields;
mod language;
mod maps;
mod scopes;
mod states;
mod tasks;

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use ends::never_ends;
pub(crate) use states::timestamp_since_epoch;

use super::{Expressions, Machine, Paths, State, StateId};
use crate::document::{LoadError, Node};
use language::Language;

/// Longest state name, in characters (States Language).
const MAX_NAME: usize = 80;

/// Told of a mistake; whether it wants to hear of more.
pub(crate) type ToldOfMistake<'t> = dyn FnMut(LoadError) -> ControlFlow<()> + 't;

/// Whether a state may be called that.
pub(crate) fn is_state_name(name: &str) -> bool {
    !name.is_empty() && name.chars().nth(MAX_NAME).is_none()
}

/// Checks and flattens a definition; nothing if there is a mistake. `told` hears of every one, of each state one mostly, until
/// it has heard enough.
pub(crate) fn load(definition: &Node, told: &mut ToldOfMistake<'_>) -> Option<Machine> {
    let mut loader = Loader {
        states: Vec::new(),
        names: HashSet::new(),
        language: Language::JsonPath,
        never_ends: ends::never_ends(definition),
        no_paths: Arc::default(),
        no_expressions: Arc::default(),
        told,
        mistakes: 0,
        is_over: false,
    };
    let machine = loader.machine(definition);
    loader.found(machine).filter(|_| loader.mistakes == 0)
}

struct Loader<'t> {
    /// Every place is filled when its scope has been read without a mistake.
    states: Vec<Option<State>>,
    names: HashSet<String>,
    /// The language of the whole machine.
    language: Language,
    /// Whether no state ends the machine: what comes to which state is then not looked into.
    never_ends: bool,
    /// What states share that have no field of their language.
    no_paths: Arc<Paths>,
    no_expressions: Arc<Expressions>,
    told: &'t mut ToldOfMistake<'t>,
    /// How many mistakes there were.
    mistakes: usize,
    /// Whether nobody wants to hear of another.
    is_over: bool,
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

impl Loader<'_> {
    fn machine(&mut self, definition: &Node) -> Result<Machine, LoadError> {
        const KEYS: &[&str] = &["Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"];
        let what = "the state machine";
        self.language = Language::of(what, definition, Language::JsonPath)?;
        definition.expect_keys(what, KEYS)?;
        if let Some(version) = definition.get("Version")
            && version.expect_str("`Version`")? != "1.0"
        {
            return Err(version.unexpected("`Version`", "\"1.0\""));
        }
        let timeout = fields::seconds(what, definition, "TimeoutSeconds", 1)?.map(Duration::from_secs);
        let start = self.scope(what, definition)?;
        if self.never_ends && !self.is_over {
            let message = format!("no state ends {what}: give one `\"End\": true`, or add a Succeed or Fail state");
            self.mistake(LoadError::at(&definition.require(what, "States")?.position, message));
        }
        if !self.is_over {
            // Whether it is over is known here.
            let _ = scopes::assigned_twice(definition, &mut |mistake| {
                self.mistake(mistake);
                if self.is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        }
        // They stay where they are. If a place is not filled there was a mistake, and nobody sees this machine.
        let states: Option<Vec<State>> = std::mem::take(&mut self.states).into_iter().collect();
        Ok(Machine { start, states: states.unwrap_or_default(), timeout })
    }

    fn mistake(&mut self, mistake: LoadError) {
        self.mistakes += 1;
        self.is_over |= (self.told)(mistake).is_break();
    }

    /// Tells of a mistake, so that those of other states are found too.
    fn found<T>(&mut self, read: Result<T, LoadError>) -> Option<T> {
        read.map_err(|mistake| self.mistake(mistake)).ok()
    }

    /// Reads `StartAt` and `States` of a machine, a branch or a processor. Where it tells of mistakes, the start means nothing.
    fn scope(&mut self, what: &str, node: &Node) -> Result<StateId, LoadError> {
        let start = node.require(what, "StartAt")?;
        let states = node.require(what, "States")?;
        let entries = states.expect_map(&format!("`States` of {what}"))?;
        if entries.is_empty() {
            return Err(LoadError::at(&states.position, format!("`States` of {what} must not be empty")));
        }
        let mut targets = Targets { what: what.to_owned(), ids: HashMap::with_capacity(entries.len()) };
        let (first, known) = (self.states.len(), self.mistakes);
        for (offset, entry) in entries.iter().enumerate() {
            if !is_state_name(&entry.key) {
                let length = entry.key.chars().count();
                let message = format!("state name `{}` must have 1 to {MAX_NAME} characters, not {length}", entry.key);
                self.mistake(LoadError::at(&entry.position, message));
            } else if !self.names.insert(entry.key.clone()) {
                let message = format!("state `{}` is there twice: names are unique in the whole machine", entry.key);
                self.mistake(LoadError::at(&entry.position, message));
            }
            let id = u32::try_from(first + offset).unwrap_or(u32::MAX);
            targets.ids.insert(&entry.key, StateId(id));
        }
        self.states.resize_with(first + entries.len(), || None);
        for (offset, entry) in entries.iter().enumerate() {
            if self.is_over {
                return Ok(StateId::default());
            }
            // Whatever is said of what is in it names it: a long name would be said as often as there are entries in it.
            if !is_state_name(&entry.key) {
                continue;
            }
            let state = self.state(&entry.key, &entry.value, &targets);
            self.states[first + offset] = self.found(state);
        }
        let start = self.found(targets.find("`StartAt`", start)).unwrap_or_default();
        if self.mistakes > known || self.never_ends {
            return Ok(start);
        }
        let reachable = self.reachable(start);
        for entry in entries {
            if !targets.ids.get(entry.key.as_str()).is_some_and(|id| reachable.contains(&id.0)) {
                let message = format!("state `{}` is not reachable from `StartAt`", entry.key);
                self.mistake(LoadError::at(&entry.position, message));
            }
        }
        Ok(start)
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
