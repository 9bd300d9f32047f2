//! Tree to program.

use super::class::Class;
use super::parse::Parsed;
use super::program::{Instruction, Program};
use super::tree::{Greed, Regex};

/// Compiles a tree.
pub(super) fn compile(parsed: Parsed) -> Program {
    let groups = parsed.groups + 1;
    let mut compiler = Compiler { instructions: Vec::new(), slots: 2 * groups };
    compiler.node(&parsed.node);
    compiler.push(Instruction::Accept);
    Program { instructions: compiler.instructions, groups, slots: compiler.slots, names: parsed.names }
}

struct Compiler {
    instructions: Vec<Instruction>,
    slots: usize,
}

impl Compiler {
    fn push(&mut self, instruction: Instruction) -> usize {
        self.instructions.push(instruction);
        self.instructions.len() - 1
    }

    fn here(&self) -> usize {
        self.instructions.len()
    }

    fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    fn node(&mut self, node: &Regex) {
        match node {
            Regex::Empty => {}
            Regex::Literal(character) => {
                self.push(Instruction::Literal(*character));
            }
            Regex::Set(class) => {
                self.push(Instruction::Set(class.clone()));
            }
            Regex::Sequence(nodes) => nodes.iter().for_each(|node| self.node(node)),
            Regex::Alternatives(nodes) => self.alternatives(nodes),
            Regex::Capture(number, node) => {
                self.push(Instruction::Save(2 * number));
                self.node(node);
                self.push(Instruction::Save(2 * number + 1));
            }
            Regex::Repeat { node, least, most, greed } => self.repeat(node, *least, *most, *greed),
            Regex::Assertion(assertion) => {
                self.push(Instruction::Assertion(*assertion));
            }
            Regex::Backreference { group, fold } => {
                self.push(Instruction::Backreference { group: *group, fold: *fold });
            }
            Regex::Look { behind, negative, node } => self.look(*behind, *negative, node),
            Regex::Atomic(node) => self.atomic(node),
        }
    }

    fn alternatives(&mut self, nodes: &[Regex]) {
        let mut ends = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            if at + 1 == nodes.len() {
                self.node(node);
                break;
            }
            let split = self.push(Instruction::Fail);
            self.node(node);
            ends.push(self.push(Instruction::Fail));
            self.instructions[split] = Instruction::Split { first: split + 1, second: self.here() };
        }
        let after = self.here();
        for end in ends {
            self.instructions[end] = Instruction::Jump(after);
        }
    }

    fn repeat(&mut self, node: &Regex, least: u32, most: u32, greed: Greed) {
        let single = match node {
            Regex::Literal(character) => Some(Class::of(&[(*character, *character)])),
            Regex::Set(class) => Some(class.clone()),
            _ => None,
        };
        match (single, greed, (least, most)) {
            (Some(set), Greed::Greedy | Greed::Possessive, _) => {
                self.push(Instruction::Span { set, least, most, possessive: greed == Greed::Possessive });
            }
            (_, Greed::Possessive, _) => {
                let next = self.push(Instruction::Fail);
                self.general(node, least, most, false);
                self.push(Instruction::Done);
                self.instructions[next] = Instruction::Atomic { next: self.here() };
            }
            (_, _, (0, 1)) => {
                let split = self.push(Instruction::Fail);
                self.node(node);
                let after = self.here();
                self.instructions[split] = if greed == Greed::Lazy {
                    Instruction::Split { first: after, second: split + 1 }
                } else {
                    Instruction::Split { first: split + 1, second: after }
                };
            }
            _ => self.general(node, least, most, greed == Greed::Lazy),
        }
    }

    fn general(&mut self, node: &Regex, least: u32, most: u32, lazy: bool) {
        let (count, place) = (self.slot(), self.slot());
        self.push(Instruction::LoopStart { count, place });
        let test = self.push(Instruction::Fail);
        self.push(Instruction::LoopEnter { count, place });
        self.node(node);
        self.push(Instruction::Jump(test));
        let exit = self.here();
        self.instructions[test] = Instruction::LoopTest { count, place, least, most, lazy, exit };
    }

    fn look(&mut self, behind: bool, negative: bool, node: &Regex) {
        let look = self.push(Instruction::Fail);
        let slot = if behind { self.slot() } else { 0 };
        self.node(node);
        self.push(if behind { Instruction::DoneAt(slot) } else { Instruction::Done });
        let next = self.here();
        let (least, most) = node.width();
        self.instructions[look] = if behind {
            // A look-behind without a bound is refused when it is read.
            Instruction::LookBehind { negative, least, most: most.unwrap_or(least), slot, next }
        } else {
            Instruction::Look { negative, next }
        };
    }

    fn atomic(&mut self, node: &Regex) {
        let atomic = self.push(Instruction::Fail);
        self.node(node);
        self.push(Instruction::Done);
        self.instructions[atomic] = Instruction::Atomic { next: self.here() };
    }
}
