//! A part of the executions that are known, behind a lock of its own.

use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::states::execution::{Execution, Running, Stage};

#[derive(Debug, Default)]
pub(super) struct Shard {
    /// In the order of their ids; forgotten ones leave a gap until gaps outweigh the rest.
    pub(super) executions: VecDeque<(u64, Option<Box<Execution>>)>,
    gaps: usize,
    /// Hash of machine and name, and the id.
    pub(super) names: HashTable<(u64, u64)>,
    /// Ids in the order of their ends.
    pub(super) ended: VecDeque<u64>,
    /// How many of these, from the first on, have no log any more.
    faded: usize,
    /// Executions of map runs that have ended, and the bytes of their logs, as long as these are kept.
    ended_in_map_runs: VecDeque<(u64, usize)>,
    /// All of these bytes.
    bytes_of_map_runs: usize,
    /// Threads that wait for a run to come back.
    pub(super) waiting: usize,
    /// Those of them that were called and have not looked yet.
    pub(super) called: usize,
    /// How many executions took how many milliseconds, told apart to three digits.
    pub(super) durations: BTreeMap<u64, u64>,
}

impl Shard {
    pub(super) fn place(&self, id: u64) -> Option<usize> {
        // Mostly the newest, which has just been started, or the oldest, which is to be forgotten.
        let last = self.executions.len().checked_sub(1)?;
        if let Some(place) = [last, 0].into_iter().find(|place| self.executions[*place].0 == id) {
            return Some(place);
        }
        self.executions.binary_search_by_key(&id, |(id, _)| *id).ok()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Execution> {
        self.executions[self.place(id)?].1.as_deref()
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Execution> {
        let place = self.place(id)?;
        self.executions[place].1.as_deref_mut()
    }

    /// What is kept of an execution under way.
    pub(super) fn running(&mut self, id: u64) -> Option<&mut Running> {
        match &mut self.get_mut(id)?.stage {
            Stage::Running(running) => Some(running),
            Stage::Ended { .. } => None,
        }
    }

    pub(super) fn find(&self, hash: u64, machine: usize, name: &str) -> Option<&Execution> {
        let same = |(other, id): &(u64, u64)| {
            *other == hash && self.get(*id).is_some_and(|found| found.machine == machine && &*found.name == name)
        };
        self.names.find(hash, same).and_then(|(_, id)| self.get(*id))
    }

    /// When the oldest execution ended whose log is kept; of those of one millisecond, the one that began first.
    pub(super) fn oldest_log(&self) -> Option<(u64, u64)> {
        let oldest = self.get(*self.ended.get(self.faded)?)?;
        Some((oldest.stop()?, oldest.id))
    }

    /// Forgets the log of the execution that ended first of those that have one; how many bytes that were.
    pub(super) fn fade_one(&mut self) -> usize {
        let Some(id) = self.ended.get(self.faded).copied() else { return 0 };
        self.faded += 1;
        self.get_mut(id).map_or(0, Execution::fade)
    }

    /// An execution of a map run has ended, with a log of so many bytes. Those of older ones are forgotten until there are at
    /// most `most`, or that one alone; how many bytes that were.
    pub(super) fn ended_in_map_run(&mut self, id: u64, bytes: usize, most: usize) -> usize {
        self.ended_in_map_runs.push_back((id, bytes));
        self.bytes_of_map_runs += bytes;
        let mut forgotten = 0;
        while self.bytes_of_map_runs > most
            && self.ended_in_map_runs.len() > 1
            && let Some((id, bytes)) = self.ended_in_map_runs.pop_front()
        {
            self.bytes_of_map_runs -= bytes;
            forgotten += self.get_mut(id).map_or(0, Execution::fade);
        }
        forgotten
    }

    /// Forgets the execution that ended first; how many bytes its log had.
    pub(super) fn forget_one(&mut self, hasher: &FixedState) -> usize {
        let id = self.ended.pop_front().expect("the caller has counted more of them than are kept");
        self.faded = self.faded.saturating_sub(1);
        let place = self.place(id).expect("an execution keeps its place until it is forgotten");
        let mut forgotten = self.executions[place].1.take().expect("an execution ends once and is forgotten once");
        if forgotten.express.is_none()
            && let Ok(entry) =
                self.names.find_entry(hash(hasher, forgotten.machine, &forgotten.name), |(_, other)| *other == id)
        {
            entry.remove();
        }
        self.gaps += 1;
        while self.executions.front().is_some_and(|(_, execution)| execution.is_none()) {
            self.executions.pop_front();
            self.gaps -= 1;
        }
        if self.gaps > 1_024 && self.gaps > self.executions.len() / 2 {
            self.executions.retain(|(_, execution)| execution.is_some());
            self.gaps = 0;
        }
        forgotten.fade()
    }
}

pub(super) fn hash(hasher: &FixedState, machine: usize, name: &str) -> u64 {
    hasher.hash_one((machine, name))
}
