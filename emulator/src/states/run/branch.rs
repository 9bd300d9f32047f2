//! A branch: one line of states that are run one after the other.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Run;
use super::item::Item;
use super::items_left::{Batching, ItemsLeft};
use super::order::MapRunOrder;
use crate::budget::Budget;
use crate::jsonata::Allowance;
use crate::states::asl::{StateId, Variables};
use crate::states::data::Data;

/// Where one line of states stands.
#[derive(Debug)]
pub(super) struct Branch {
    /// The wait that it is in; 0 for none.
    pub(super) serial: u32,
    /// The branch that waits for this one, and as which of its children.
    pub(super) parent: Option<(u32, usize)>,
    /// The state that it is in.
    pub(super) state: StateId,
    /// The input of that state.
    pub(super) input: Data,
    /// Its last event.
    pub(super) previous: u32,
    /// The event that entered the state.
    pub(super) entered: u32,
    /// The event before that.
    pub(super) before: u32,
    /// When the state was entered.
    pub(super) entered_at: Duration,
    /// The variables that it sees.
    pub(super) variables: Variables,
    /// Failures of the state, by entry of its `Retry`.
    pub(super) failures: Vec<u32>,
    /// `$$.Map.Item`
    pub(super) item: Option<Arc<Item>>,
    /// What it is doing.
    pub(super) activity: Activity,
}

/// What a branch is doing.
#[derive(Debug)]
pub(super) enum Activity {
    /// About to enter its state.
    Ready,
    /// In a Wait state.
    Waiting,
    /// Between two attempts.
    Retrying,
    /// Waiting for a function, or for a task token to come back.
    Task {
        /// When its time is over.
        deadline: Option<Duration>,
        /// When a heartbeat is due at the latest.
        heartbeat: Option<(Duration, Duration)>,
        /// Whether the function has answered and the token is still out.
        submitted: bool,
    },
    /// Waiting for its children.
    Joining(Join),
    /// Waiting for the items or for the executions of a map run.
    MapRun(Box<MapRunWait>),
}

impl Activity {
    /// The error of a task whose time is over.
    pub(super) fn overdue(&self, now: Duration) -> Option<&'static str> {
        match self {
            Self::Task { deadline: Some(deadline), .. } if *deadline <= now => Some("States.Timeout"),
            Self::Task { heartbeat: Some((_, due)), .. } if *due <= now => Some("States.HeartbeatTimeout"),
            _ => None,
        }
    }
}

/// The children of a Parallel or Map state.
#[derive(Debug)]
pub(super) struct Join {
    /// The child under way for each output.
    pub(super) children: Vec<Option<u32>>,
    /// What has been put out, in order.
    pub(super) outputs: Vec<Option<Data>>,
    /// How many outputs are missing.
    pub(super) open: usize,
    /// Items that have not been begun (Map).
    pub(super) waiting: VecDeque<Value>,
    /// Items that are begun together, in turns of the run (Map).
    pub(super) beginning: Option<Box<Beginning>>,
    /// Whether they run one after the other (Map).
    pub(super) in_turn: bool,
    /// The state's input after `InputPath`, which item selectors see (Map).
    pub(super) input: Data,
}

impl Join {
    /// Nothing begun and nothing put out.
    pub(super) fn new(children: usize, waiting: VecDeque<Value>, input: Data) -> Self {
        Self {
            children: vec![None; children],
            outputs: vec![None; children],
            open: children,
            waiting,
            beginning: None,
            in_turn: false,
            input,
        }
    }
}

/// Items of a Map state that are begun together, and what the state may still spend on them.
#[derive(Debug)]
pub(super) struct Beginning {
    /// How many have not been begun.
    pub(super) left: usize,
    pub(super) budget: Budget,
    pub(super) allowance: Allowance,
}

/// What is kept of a map run while others work for it.
#[derive(Debug)]
pub(super) struct MapRunWait {
    /// The event of its start.
    pub(super) started: u32,
    /// The state's input after `InputPath`, which item selectors see.
    pub(super) input: Data,
    /// How its items are put into batches.
    pub(super) batches: Option<Batching>,
    /// What is to be begun when the items are there.
    pub(super) order: Option<Box<MapRunOrder>>,
    /// The items of which no input has been made yet.
    pub(super) left: Option<ItemsLeft>,
}

/// What a branch takes over from the one that begins it.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    pub(super) variables: Variables,
    pub(super) item: Option<Arc<Item>>,
}

impl Run {
    /// A new branch before its first state.
    pub(super) fn spawn(
        &mut self,
        parent: Option<(u32, usize)>,
        state: StateId,
        input: Data,
        previous: u32,
        around: Surroundings,
    ) -> u32 {
        let branch = Branch {
            serial: 0,
            parent,
            state,
            input,
            previous,
            entered: 0,
            before: previous,
            entered_at: self.now,
            variables: around.variables,
            failures: Vec::new(),
            item: around.item,
            activity: Activity::Ready,
        };
        // A place may be taken again: the serials of a run are never repeated.
        u32::try_from(self.branches.insert(branch)).expect("a history ends long before it has started 2^32 branches")
    }

    /// Takes a branch out; a cursor on it is good no longer.
    pub(super) fn drop_branch(&mut self, index: u32) -> Branch {
        self.branches.try_remove(index as usize).expect("only branches under way are dropped, and each once")
    }
}
