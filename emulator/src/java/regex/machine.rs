//! Program and text to a match: backtracking as Java does it, with its own stack in place of Java's.

use super::program::{Instruction, Program};
use super::tree::Assertion;
use crate::budget::{Budget, Exhausted};

/// A slot that notes no place.
const NOWHERE: usize = usize::MAX;
/// Units of work that one instruction costs.
const STEP: usize = 6;
/// Instructions after which the budget is asked.
const CHUNK: usize = 64;

/// What is undone or tried next when something does not match.
#[derive(Debug, Clone, Copy)]
enum Backtrack {
    /// Go on there.
    Branch { pc: usize, at: usize },
    /// Give one character of a span back, not below `low`.
    Span { pc: usize, low: usize, at: usize },
    /// A slot's value before.
    Slot { slot: usize, before: usize },
}

/// Where a match and its groups begin and end, in bytes.
pub(super) type Places = Vec<Option<(usize, usize)>>;

/// One search in one text.
pub(super) struct Machine<'m> {
    program: &'m Program,
    text: &'m str,
    budget: &'m Budget,
    stack: Vec<Backtrack>,
    /// Bytes of the stack that are held.
    held: usize,
    slots: Vec<usize>,
    steps: usize,
    /// Whether only a match up to the end of the text counts.
    whole: bool,
    /// Where the last match ended.
    last: usize,
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        self.budget.release(self.held);
    }
}

impl<'m> Machine<'m> {
    pub(super) fn new(program: &'m Program, text: &'m str, budget: &'m Budget) -> Self {
        let slots = vec![NOWHERE; program.slots];
        Self { program, text, budget, stack: Vec::new(), held: 0, slots, steps: 0, whole: false, last: 0 }
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&mut self) -> Result<bool, Exhausted> {
        self.whole = true;
        Ok(self.attempt(0)?.is_some())
    }

    /// The first match that begins at `from` or behind, the one before having ended at `last`: where its groups begin and end.
    pub(super) fn find(&mut self, from: usize, last: usize) -> Result<Option<Places>, Exhausted> {
        let first = match self.program.instructions.first() {
            Some(Instruction::Literal(character)) => Some(*character),
            _ => None,
        };
        let anchored = matches!(self.program.instructions.first(), Some(Instruction::Assertion(Assertion::Start)));
        self.last = last;
        let mut start = from;
        while start <= self.text.len() && !(anchored && start > 0) {
            if let Some(first) = first {
                let found = self.text[start..].find(first);
                let searched = found.unwrap_or(self.text.len() - start);
                // What is looked for by vectors of bytes is the last byte of the character.
                self.budget.work(if first.is_ascii() { searched / 8 } else { 2 * searched })?;
                let Some(offset) = found else { return Ok(None) };
                start += offset;
            }
            if let Some(end) = self.attempt(start)? {
                self.budget.work(2 * self.program.groups)?;
                let places = self.slots[2..2 * self.program.groups].chunks_exact(2).map(|place| match place {
                    [from, to] if *from != NOWHERE && *to != NOWHERE => Some((*from, *to)),
                    _ => None,
                });
                return Ok(Some([Some((start, end))].into_iter().chain(places).collect()));
            }
            start += self.text[start..].chars().next().map_or(1, char::len_utf8);
        }
        Ok(None)
    }

    /// Bytes that a match takes, beginning at `start`.
    fn attempt(&mut self, start: usize) -> Result<Option<usize>, Exhausted> {
        self.stack.clear();
        self.slots.fill(NOWHERE);
        self.budget.work(STEP + self.slots.len() / 4)?;
        let end = self.run(0, start);
        self.budget.work(self.steps * STEP)?;
        self.steps = 0;
        end
    }

    fn step(&mut self) -> Result<(), Exhausted> {
        self.steps += 1;
        if self.steps >= CHUNK {
            self.budget.work(self.steps * STEP)?;
            self.steps = 0;
        }
        Ok(())
    }

    fn push(&mut self, entry: Backtrack) -> Result<(), Exhausted> {
        if self.stack.len() == self.stack.capacity() {
            let more = self.stack.capacity().max(32);
            let bytes = more * size_of::<Backtrack>();
            self.budget.hold(bytes)?;
            self.held += bytes;
            self.stack.reserve_exact(more);
        }
        self.stack.push(entry);
        Ok(())
    }

    fn set(&mut self, slot: usize, value: usize) -> Result<(), Exhausted> {
        self.push(Backtrack::Slot { slot, before: self.slots[slot] })?;
        self.slots[slot] = value;
        Ok(())
    }

    /// Undoes up to the last choice above `base` and takes its other branch; `None` when there is none.
    fn backtrack(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.stack.len() > base {
            match self.stack.pop()? {
                Backtrack::Branch { pc, at } => return Some((pc, at)),
                Backtrack::Span { pc, low, at } => {
                    let at = at - self.text[..at].chars().next_back().map_or(0, char::len_utf8);
                    if at > low {
                        self.stack.push(Backtrack::Span { pc, low, at });
                    }
                    return Some((pc, at));
                }
                Backtrack::Slot { slot, before } => self.slots[slot] = before,
            }
        }
        None
    }

    /// Forgets the choices above `mark`, and keeps what has to be undone.
    fn commit(&mut self, mark: usize) {
        let mut kept = mark;
        for at in mark..self.stack.len() {
            if matches!(self.stack[at], Backtrack::Slot { .. }) {
                self.stack[kept] = self.stack[at];
                kept += 1;
            }
        }
        self.stack.truncate(kept);
    }

    /// Runs from `pc` at `at`, to the end of the match or of the look-around. The depth of calls is that of
    /// look-arounds in the pattern.
    fn run(&mut self, mut pc: usize, mut at: usize) -> Result<Option<usize>, Exhausted> {
        let base = self.stack.len();
        let program = self.program;
        loop {
            self.step()?;
            let next = match &program.instructions[pc] {
                Instruction::Literal(wanted) => self.character(at, |found| found == *wanted).map(|at| (pc + 1, at)),
                Instruction::Set(class) => self.character(at, |found| class.contains(found)).map(|at| (pc + 1, at)),
                Instruction::Span { set, least, most, possessive } => {
                    let (mut count, mut end, mut low) = (0, at, at);
                    while let Some(next) = (count < *most).then(|| self.character(end, |it| set.contains(it))).flatten()
                    {
                        count += 1;
                        end = next;
                        if count == *least {
                            low = end;
                        }
                    }
                    // A character beyond ASCII is looked for among the ranges.
                    self.steps += (end - at) / 4 + 2 * (end - at - count as usize);
                    if !*possessive && end > low && count > *least {
                        self.push(Backtrack::Span { pc: pc + 1, low, at: end })?;
                    }
                    (count >= *least).then_some((pc + 1, end))
                }
                Instruction::Split { first, second } => {
                    self.push(Backtrack::Branch { pc: *second, at })?;
                    Some((*first, at))
                }
                Instruction::Jump(target) => Some((*target, at)),
                Instruction::Save(slot) => {
                    self.set(*slot, at)?;
                    Some((pc + 1, at))
                }
                Instruction::LoopStart { count, place } => {
                    self.set(*count, 0)?;
                    self.set(*place, NOWHERE)?;
                    Some((pc + 1, at))
                }
                Instruction::LoopTest { count, place, least, most, lazy, exit } => {
                    let done = self.slots[*count];
                    // An iteration that took nothing is the last one, as it is in Java.
                    if self.slots[*place] == at || done >= *most as usize {
                        Some((*exit, at))
                    } else if done < *least as usize {
                        Some((pc + 1, at))
                    } else if *lazy {
                        self.push(Backtrack::Branch { pc: pc + 1, at })?;
                        Some((*exit, at))
                    } else {
                        self.push(Backtrack::Branch { pc: *exit, at })?;
                        Some((pc + 1, at))
                    }
                }
                Instruction::LoopEnter { count, place } => {
                    self.set(*count, self.slots[*count] + 1)?;
                    self.set(*place, at)?;
                    Some((pc + 1, at))
                }
                Instruction::Assertion(assertion) => self.holds(*assertion, at).then_some((pc + 1, at)),
                Instruction::Backreference { group, fold } => self.again(*group, *fold, at).map(|at| (pc + 1, at)),
                Instruction::Look { negative, next } => {
                    let mark = self.stack.len();
                    let found = self.run(pc + 1, at)?.is_some();
                    self.leave(mark, found && !*negative);
                    (found != *negative).then_some((*next, at))
                }
                Instruction::LookBehind { negative, least, most, slot, next } => {
                    let found = self.behind(pc + 1, at, *slot, (*least, *most), *negative)?;
                    (found != *negative).then_some((*next, at))
                }
                Instruction::Atomic { next } => {
                    let mark = self.stack.len();
                    let end = self.run(pc + 1, at)?;
                    self.leave(mark, end.is_some());
                    end.map(|end| (*next, end))
                }
                Instruction::Done => return Ok(Some(at)),
                Instruction::DoneAt(slot) if self.slots[*slot] == at => return Ok(Some(at)),
                Instruction::Accept if !self.whole || at == self.text.len() => return Ok(Some(at)),
                Instruction::DoneAt(_) | Instruction::Accept | Instruction::Fail => None,
            };
            match next.or_else(|| self.backtrack(base)) {
                Some(next) => (pc, at) = next,
                None => return Ok(None),
            }
        }
    }

    /// Leaves a look-around or atomic group: its choices are forgotten, its groups stay when `keep`.
    fn leave(&mut self, mark: usize, keep: bool) {
        self.commit(mark);
        if !keep {
            // Only slots are left, so that this undoes all of them.
            let undone = self.backtrack(mark);
            debug_assert!(undone.is_none());
        }
    }

    fn behind(
        &mut self,
        pc: usize,
        at: usize,
        slot: usize,
        (least, most): (u32, u32),
        negative: bool,
    ) -> Result<bool, Exhausted> {
        self.set(slot, at)?;
        let mut start = at;
        for distance in 0..=most {
            if distance >= least {
                let mark = self.stack.len();
                let found = self.run(pc, start)?.is_some();
                self.leave(mark, found && !negative);
                if found {
                    return Ok(true);
                }
            }
            self.step()?;
            let Some(before) = self.text[..start].chars().next_back() else { break };
            start -= before.len_utf8();
        }
        Ok(false)
    }

    /// The place behind the character at `at`, when it is one of those wanted.
    fn character(&self, at: usize, wanted: impl Fn(char) -> bool) -> Option<usize> {
        let byte = *self.text.as_bytes().get(at)?;
        if byte.is_ascii() {
            return wanted(char::from(byte)).then_some(at + 1);
        }
        let found = self.text[at..].chars().next()?;
        wanted(found).then(|| at + found.len_utf8())
    }

    fn again(&mut self, group: usize, fold: bool, at: usize) -> Option<usize> {
        // A group that does not exist or has matched nothing never matches again.
        let (from, to) = (self.slots.get(2 * group).copied()?, self.slots.get(2 * group + 1).copied()?);
        if group >= self.program.groups || from == NOWHERE || to == NOWHERE {
            return None;
        }
        self.steps += (to - from) / if fold { 4 } else { 16 };
        let wanted = &self.text[from..to];
        if !fold {
            return self.text[at..].starts_with(wanted).then(|| at + wanted.len());
        }
        let found = self.text.get(at..at + wanted.len())?;
        found.eq_ignore_ascii_case(wanted).then(|| at + wanted.len())
    }

    fn holds(&self, assertion: Assertion, at: usize) -> bool {
        let (before, after) = self.text.split_at(at);
        let terminator = |character: char, unix: bool| {
            character == '\n' || !unix && matches!(character, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
        };
        let within_pair = before.ends_with('\r') && after.starts_with('\n');
        match assertion {
            Assertion::Start => at == 0,
            Assertion::End => after.is_empty(),
            Assertion::LastMatch => at == self.last,
            Assertion::LineStart { unix } => {
                !after.is_empty()
                    && (before.is_empty() || before.ends_with(|it| terminator(it, unix)) && (unix || !within_pair))
            }
            Assertion::LineEnd { unix } => {
                after.is_empty() || after.starts_with(|it| terminator(it, unix)) && (unix || !within_pair)
            }
            Assertion::LastLineEnd { unix } => {
                let mut rest = after.chars();
                match (rest.next(), rest.next(), rest.next()) {
                    (None, ..) => true,
                    (Some('\r'), Some('\n'), None) => !unix,
                    (Some(last), None, None) => terminator(last, unix) && (unix || !within_pair),
                    _ => false,
                }
            }
            Assertion::WordBoundary { negated, ascii } => {
                let word = |character: char| {
                    character == '_'
                        || if ascii { character.is_ascii_alphanumeric() } else { character.is_alphanumeric() }
                };
                (before.ends_with(word) != after.starts_with(word)) != negated
            }
        }
    }
}
