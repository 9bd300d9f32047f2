//! The Amazon States Language: a definition, checked and flattened.
//!
//! Every state of a machine, those of Parallel branches and Map processors included, stands in one list, so that a
//! place in a run is a number.

mod amount;
mod choice;
mod distributed;
mod formula;
mod integration_pattern;
mod integrations;
mod intrinsic;
mod load;
mod path;
mod place;
mod resource;
mod sdk_services;
mod state;
mod template;
mod unfilled;
mod variable_references;
mod variables;

use std::time::Duration;

pub(crate) use amount::Amount;
pub(crate) use choice::{Choice, Undecided};
pub(crate) use distributed::{
    Contents, Csv, Distributed, ItemBatcher, ItemFormat, ItemReader, ReaderAction, ResultShape, ResultWriter,
    Transformation,
};
pub(crate) use formula::{Formula, Reach};
pub(crate) use integration_pattern::IntegrationPattern;
pub(crate) use intrinsic::Randomness;
pub(crate) use load::{ToldOfMistake, is_state_name, load, never_ends, timestamp_since_epoch};
pub(crate) use path::{ContextObject, Query, ReferencePath, Scope, StatePath};
pub(crate) use resource::{Resource, Target};
pub(crate) use state::{
    Backoff, CatchOutput, Catcher, ChoiceRule, Condition, Expressions, Flow, Items, Map, Next, Paths, Processor,
    Retrier, Seconds, State, StateKind, Task, Wait, WaitUntil, Words,
};
pub(crate) use template::PayloadTemplate;
pub(crate) use unfilled::Unfilled;
pub(crate) use variable_references::{VariableReferences, variable_references};
pub(crate) use variables::{Assigned, MAX_ASSIGNED, MAX_KEPT, VariableBytes, Variables, check_name};

/// The place of a state in [`Machine::states`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct StateId(pub(crate) u32);

/// A checked definition.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Where it starts.
    pub(crate) start: StateId,
    /// All states.
    pub(crate) states: Vec<State>,
    /// How long a run may take; AWS's own limit is a year.
    pub(crate) timeout: Option<Duration>,
}

impl Machine {
    /// The state at `id`, which came from this machine.
    pub(crate) fn state(&self, id: StateId) -> &State {
        &self.states[id.0 as usize]
    }
}
