//! The cursor: one branch of a run and the plan that it follows. Everything that a state does is done through it.

use super::branch::{Activity, Branch};
use super::{Key, Plan, Run};
use crate::states::asl::State;
use crate::states::history::Note;

/// A place in a run. It is good until its branch comes to its end.
pub(super) struct At<'r, 'p> {
    pub(super) run: &'r mut Run,
    pub(super) plan: &'p Plan,
    pub(super) branch: u32,
}

impl<'p> At<'_, 'p> {
    /// The branch.
    pub(super) fn here(&self) -> &Branch {
        self.run.branch(self.branch).expect("a cursor is made for a branch under way and not used after its end")
    }

    /// The branch, to be changed.
    pub(super) fn here_mut(&mut self) -> &mut Branch {
        let branch = self.run.branches.get_mut(self.branch as usize);
        branch.expect("a cursor is made for a branch under way and not used after its end")
    }

    /// The state that the branch is in.
    pub(super) fn state(&self) -> &'p State {
        self.plan.machine.state(self.here().state)
    }

    /// A cursor on another branch of the same run.
    pub(super) fn over(&mut self, branch: u32) -> At<'_, 'p> {
        At { run: self.run, plan: self.plan, branch }
    }

    /// Writes down what happened in this state, after the last event of the branch; the id of the new event.
    pub(super) fn note(&mut self, note: Note<'_>) -> u32 {
        let here = self.here();
        let (state, previous) = (here.state, here.previous);
        let id = self.run.record(note.of(state), previous);
        self.here_mut().previous = id;
        id
    }

    /// Makes the branch wait: the key that it waits by is good until it goes on.
    pub(super) fn arm(&mut self, activity: Activity) -> Key {
        self.run.serial += 1;
        let key = Key { branch: self.branch, serial: self.run.serial };
        let here = self.here_mut();
        here.serial = key.serial;
        here.activity = activity;
        key
    }
}
