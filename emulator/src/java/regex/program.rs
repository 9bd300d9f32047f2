//! A regular expression as the machine runs it.

use super::class::Class;
use super::tree::Assertion;

/// One instruction.
#[derive(Debug)]
pub(super) enum Instruction {
    Literal(char),
    Set(Class),
    /// As many as there are from `least` to `most`; gives back one by one unless `possessive`.
    Span {
        set: Class,
        least: u32,
        most: u32,
        possessive: bool,
    },
    /// Goes on at `first`, and at `second` when that fails.
    Split {
        first: usize,
        second: usize,
    },
    Jump(usize),
    /// Notes the place in a slot.
    Save(usize),
    /// Begins a loop: no iteration yet, none begun anywhere.
    LoopStart {
        count: usize,
        place: usize,
    },
    /// Decides between another iteration, which follows, and `exit`.
    LoopTest {
        count: usize,
        place: usize,
        least: u32,
        most: u32,
        lazy: bool,
        exit: usize,
    },
    /// Begins an iteration.
    LoopEnter {
        count: usize,
        place: usize,
    },
    Assertion(Assertion),
    Backreference {
        group: usize,
        fold: bool,
    },
    /// Runs what follows up to its end on its own, then goes on at `next`.
    Look {
        negative: bool,
        next: usize,
    },
    /// The same, ending where this begins: from `least` to `most` characters before.
    LookBehind {
        negative: bool,
        least: u32,
        most: u32,
        slot: usize,
        next: usize,
    },
    Atomic {
        next: usize,
    },
    /// Ends what a look-around or an atomic group runs.
    Done,
    /// Ends what a look-behind runs, in the right place.
    DoneAt(usize),
    /// The whole has matched.
    Accept,
    /// Never matches.
    Fail,
}

/// Instructions and the slots that they use.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    /// Groups with the whole match, each of two slots, which come first.
    pub(super) groups: usize,
    pub(super) slots: usize,
    pub(super) names: Vec<(String, usize)>,
}
