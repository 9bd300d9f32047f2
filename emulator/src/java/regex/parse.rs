//! Text to tree.

use super::class::{Class, TERMINATORS};
use super::quote::unquoted;
use super::tree::{Assertion, Greed, Regex};
use crate::budget::Budget;

/// Groups and classes nest at most this deep.
const DEPTH: usize = 64;
/// The largest number of a counted repetition.
const MOST: u32 = 1 << 20;

/// Units of work that a range of characters costs each time that it is sorted, merged or copied.
const RANGE: usize = 20;

/// Whose regular expressions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// `java.util.regex`
    Java,
    /// ECMAScript 3 as Rhino reads it, which the validator of models asks.
    Ecma,
}

/// The flags that a pattern can set.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of Java's patterns")]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) fold: bool,
    pub(super) unicode: bool,
    multiline: bool,
    dot_all: bool,
    pub(super) unix_lines: bool,
    comments: bool,
}

/// A tree and its groups.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) node: Regex,
    /// Groups without the whole match.
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
    /// Ranges of characters in its classes, which is what they cost.
    pub(super) ranges: usize,
}

pub(super) type Read<T> = Result<T, String>;

/// Reads a pattern; every set of characters in it is charged before it is made.
pub(super) fn parse(pattern: &str, syntax: Syntax, budget: &Budget) -> Read<Parsed> {
    let characters = if syntax == Syntax::Java { unquoted(pattern) } else { pattern.chars().collect() };
    let mut parser = Parser {
        characters: &characters,
        at: 0,
        ecma: syntax == Syntax::Ecma,
        flags: Flags::default(),
        depth: 0,
        groups: 0,
        names: Vec::new(),
        ranges: 0,
        budget,
    };
    let node = parser.alternatives()?;
    if parser.peek().is_some() {
        return Err("unmatched closing `)`".to_owned());
    }
    Ok(Parsed { node, groups: parser.groups, names: parser.names, ranges: parser.ranges })
}

pub(super) struct Parser<'p> {
    pub(super) characters: &'p [char],
    pub(super) at: usize,
    pub(super) ecma: bool,
    pub(super) flags: Flags,
    pub(super) depth: usize,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
    pub(super) ranges: usize,
    pub(super) budget: &'p Budget,
}

impl Parser<'_> {
    pub(super) fn raw(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    /// The next character; with the flag `x`, blanks and comments before it are skipped.
    pub(super) fn peek(&mut self) -> Option<char> {
        while self.flags.comments {
            match self.raw() {
                Some(' ' | '\t'..='\r') => self.at += 1,
                Some('#') => {
                    while self.raw().is_some_and(|character| character != '\n' && character != '\r') {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        self.raw()
    }

    pub(super) fn take(&mut self, wanted: char) -> bool {
        let follows = self.peek() == Some(wanted);
        self.at += usize::from(follows);
        follows
    }

    pub(super) fn starts(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(offset, character)| self.characters.get(self.at + offset) == Some(&character))
    }

    pub(super) fn enter(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > DEPTH { Err(format!("nested deeper than {DEPTH}")) } else { Ok(()) }
    }

    pub(super) fn alternatives(&mut self) -> Read<Regex> {
        self.enter()?;
        let mut branches = vec![self.sequence()?];
        while self.take('|') {
            branches.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(match branches.pop() {
            Some(only) if branches.is_empty() => only,
            last => Regex::Alternatives(branches.into_iter().chain(last).collect()),
        })
    }

    pub(super) fn sequence(&mut self) -> Read<Regex> {
        let mut nodes = Vec::new();
        while let Some(character) = self.peek() {
            if matches!(character, '|' | ')') {
                break;
            }
            let node = self.atom(character)?;
            let node = self.repeated(node)?;
            nodes.push(node);
        }
        Ok(Regex::Sequence(nodes))
    }

    pub(super) fn literal(&mut self, character: char) -> Read<Regex> {
        if !self.flags.fold {
            return Ok(Regex::Literal(character));
        }
        self.set(Class::of(&[(character, character)]))
    }

    pub(super) fn set(&mut self, class: Class) -> Read<Regex> {
        let class = self.folded(class)?;
        self.ranges += class.len();
        Ok(Regex::Set(class))
    }

    pub(super) fn folded(&self, class: Class) -> Read<Class> {
        if !self.flags.fold {
            return Ok(class);
        }
        // Unicode's folding goes through the characters.
        let characters = if self.flags.unicode { class.characters() } else { 0 };
        self.budget.work(4 * characters)?;
        self.pay(2 * class.len())?;
        Ok(class.folded(self.flags.unicode))
    }

    /// Charges ranges that are sorted, merged or copied.
    pub(super) fn pay(&self, ranges: usize) -> Read<()> {
        Ok(self.budget.work(ranges * RANGE)?)
    }

    pub(super) fn atom(&mut self, character: char) -> Read<Regex> {
        let unix = self.flags.unix_lines;
        match character {
            '(' => self.group(),
            '[' => {
                let class = self.class()?;
                self.ranges += class.len();
                Ok(Regex::Set(class))
            }
            '\\' => self.escape(),
            '*' | '+' | '?' => Err(format!("dangling meta character `{character}`")),
            // Java repeats nothing then.
            '{' if !self.ecma => Ok(Regex::Empty),
            '.' => {
                self.at += 1;
                Ok(match (self.flags.dot_all, unix) {
                    (true, _) => Regex::Set(Class::of(&[('\0', char::MAX)])),
                    (_, true) => Regex::Set(Class::without(&[('\n', '\n')])),
                    _ if self.ecma => {
                        Regex::Set(Class::without(&[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')]))
                    }
                    _ => Regex::Set(Class::without(&TERMINATORS)),
                })
            }
            '^' => {
                self.at += 1;
                Ok(Regex::Assertion(if self.flags.multiline {
                    Assertion::LineStart { unix }
                } else {
                    Assertion::Start
                }))
            }
            '$' => {
                self.at += 1;
                Ok(Regex::Assertion(match (self.ecma, self.flags.multiline) {
                    (true, _) => Assertion::End,
                    (_, true) => Assertion::LineEnd { unix },
                    _ => Assertion::LastLineEnd { unix },
                }))
            }
            _ => {
                self.at += 1;
                self.literal(character)
            }
        }
    }

    pub(super) fn repeated(&mut self, node: Regex) -> Read<Regex> {
        let (least, most) = match self.peek() {
            Some('*') => (0, u32::MAX),
            Some('+') => (1, u32::MAX),
            Some('?') => (0, 1),
            Some('{') => match self.counts()? {
                Some(counts) => counts,
                None => return Ok(node),
            },
            _ => return Ok(node),
        };
        self.at += 1;
        let greed = if self.raw() == Some('?') {
            Greed::Lazy
        } else if self.raw() == Some('+') && !self.ecma {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        self.at += usize::from(greed != Greed::Greedy);
        Ok(Regex::Repeat { node: Box::new(node), least, most, greed })
    }

    /// `{2}`, `{2,}`, `{2,3}`, up to the brace that closes it. ECMAScript takes anything else for text.
    pub(super) fn counts(&mut self) -> Read<Option<(u32, u32)>> {
        let start = self.at;
        self.at += 1;
        let counts = self.bounds();
        match counts {
            Some((least, most)) if self.raw() == Some('}') => {
                if least > most || least > MOST || most != u32::MAX && most > MOST {
                    return Err(format!("illegal repetition range {{{least},{most}}}"));
                }
                Ok(Some((least, most)))
            }
            _ if self.ecma => {
                self.at = start;
                Ok(None)
            }
            _ => Err("illegal repetition".to_owned()),
        }
    }

    pub(super) fn bounds(&mut self) -> Option<(u32, u32)> {
        let least = self.number()?;
        if self.raw() != Some(',') {
            return Some((least, least));
        }
        self.at += 1;
        if self.raw() == Some('}') {
            return Some((least, u32::MAX));
        }
        Some((least, self.number()?))
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.raw().is_some_and(|character| character.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.characters[start..self.at].iter().collect();
        if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(u32::MAX - 1)) }
    }

    pub(super) fn group(&mut self) -> Read<Regex> {
        self.at += 1;
        let outer = self.flags;
        if self.raw() != Some('?') {
            self.groups += 1;
            let number = self.groups;
            let node = self.closed(outer)?;
            return Ok(Regex::Capture(number, Box::new(node)));
        }
        self.at += 1;
        let after: (Option<char>, Option<char>) = (self.raw(), self.characters.get(self.at + 1).copied());
        let look = |behind: bool, negative: bool, node: Regex| Regex::Look { behind, negative, node: Box::new(node) };
        match after {
            (Some(':'), _) => {
                self.at += 1;
                self.closed(outer)
            }
            (Some(kind @ ('=' | '!')), _) => {
                self.at += 1;
                Ok(look(false, kind == '!', self.closed(outer)?))
            }
            _ if self.ecma => Err("unknown group".to_owned()),
            (Some('>'), _) => {
                self.at += 1;
                Ok(Regex::Atomic(Box::new(self.closed(outer)?)))
            }
            (Some('<'), Some(kind @ ('=' | '!'))) => {
                self.at += 2;
                let node = self.closed(outer)?;
                if node.width().1.is_none() {
                    return Err("look-behind group does not have an obvious maximum length".to_owned());
                }
                Ok(look(true, kind == '!', node))
            }
            (Some('<'), Some(first)) if first.is_ascii_alphabetic() => {
                self.at += 1;
                let name = self.name('>')?;
                if self.names.iter().any(|(known, _)| *known == name) {
                    return Err(format!("named capturing group <{name}> is already defined"));
                }
                self.groups += 1;
                let number = self.groups;
                self.names.push((name, number));
                Ok(Regex::Capture(number, Box::new(self.closed(outer)?)))
            }
            _ => self.flag_group(outer),
        }
    }

    /// The rest of a group, with the flags of what is around it afterwards.
    pub(super) fn closed(&mut self, outer: Flags) -> Read<Regex> {
        let node = self.alternatives()?;
        if self.peek() != Some(')') {
            return Err("unclosed group".to_owned());
        }
        self.at += 1;
        self.flags = outer;
        Ok(node)
    }

    /// `(?i)` holds up to the end of the group around it, `(?i:…)` for its own.
    pub(super) fn flag_group(&mut self, outer: Flags) -> Read<Regex> {
        let mut on = true;
        loop {
            let flag = self.raw();
            self.at += 1;
            match flag {
                Some('-') => on = false,
                Some('i') => self.flags.fold = on,
                Some('m') => self.flags.multiline = on,
                Some('s') => self.flags.dot_all = on,
                Some('d') => self.flags.unix_lines = on,
                Some('u') => self.flags.unicode = on,
                Some('x') => self.flags.comments = on,
                Some(')') => return self.no_repetition(),
                Some(':') => return self.closed(outer),
                _ => return Err("unknown inline modifier or group".to_owned()),
            }
        }
    }

    /// Flags alone are nothing that can be repeated.
    fn no_repetition(&mut self) -> Read<Regex> {
        match self.peek() {
            Some(character @ ('*' | '+' | '?')) => Err(format!("dangling meta character `{character}`")),
            _ => Ok(Regex::Empty),
        }
    }

    pub(super) fn name(&mut self, end: char) -> Read<String> {
        let start = self.at;
        while self.raw().is_some_and(|character| character.is_ascii_alphanumeric()) {
            self.at += 1;
        }
        let name: String = self.characters[start..self.at].iter().collect();
        if self.raw() != Some(end) || name.is_empty() {
            return Err(format!("a named group is missing `{end}`"));
        }
        self.at += 1;
        Ok(name)
    }
}
